"""What the stores hold, as plain values. Field names are the columns' names; instants are aware
UTC, money integer hundredths."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from exports_app.domain.access import Role
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus, RunStatus, Trigger
from exports_app.domain.table import Row


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Tenant:
    id: str
    name: str
    slug: str
    brand_color: str
    logo_url: str | None = None
    timezone: str | None = None
    max_rows: int | None = None
    """Of one file; None, here and below: as the settings say."""
    max_mb: int | None = None
    keep_days: int | None = None
    """How long files are kept."""
    recipient_domains: tuple[str, ...] = ()
    """That files may be sent to, see `recipient_domains`; empty: to all."""
    quota_pending_runs: int | None = None
    """See `services.quotas`, here and below."""
    quota_messages_per_day: int | None = None
    quota_file_bytes: int | None = None
    quota_schedules: int | None = None
    second_factor_required: bool = False
    """Members without a second factor have no rights in it."""


@dataclass(frozen=True)
class User:
    id: str
    email: str
    name: str
    password_hash: str = field(repr=False)
    is_active: bool = True
    is_super_admin: bool = False
    token_version: int = 0
    must_change_password: bool = False
    """It was given to them: until then they may do nothing else."""
    email_proven_at: datetime | None = None
    """When the account's owner showed that they read its mailbox; None: never."""
    has_demo_password: bool = False
    """The public one. Every later write of a password clears this."""
    one_time_expires_at: datetime | None = None
    """With must_change_password: until when the one-time password may be used; the instant of its
    use, once it was."""
    second_factor_at: datetime | None = None
    """Since when they have a second factor; None: they have none."""


@dataclass(frozen=True)
class SecondFactor:
    """Of a user: what their authenticator app knows too (RFC 6238). It counts once its first code
    was given.

    secret: encrypted. last_step: the newest period of 30 seconds whose code was used; no code of it
    or before counts again.
    """

    user_id: str
    secret: str = field(repr=False)
    created_at: datetime
    last_step: int | None = None
    is_confirmed: bool = False


@dataclass(frozen=True)
class Member:
    """A user as a member of a tenant. schedules: how many there they own."""

    user: User
    role: Role
    schedules: int


@dataclass(frozen=True)
class Membership:
    user_id: str
    tenant_id: str
    role: Role


@dataclass(frozen=True)
class Invitation:
    """A person invited to a tenant, by email address. It gives no right before its link was used.

    invited_by: the user who had the latest link made and answers for it. mailed: that link went to
    the mailbox; else it was shown to that user. generation: of that link; older links no longer
    work.
    """

    id: str
    tenant_id: str
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime
    mailed: bool
    generation: int = 1
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Neither accepted nor revoked; its time may be over."""
        return self.accepted_at is None and self.revoked_at is None


@dataclass(frozen=True)
class Campaign:
    id: str
    tenant_id: str
    name: str
    channel: str
    status: str
    currency: str
    budget: int | None = None
    start_date: date | None = None
    end_date: date | None = None


@dataclass(frozen=True)
class Metric:
    """One campaign's day."""

    campaign_id: str
    date: date
    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    spend: int = 0
    revenue: int = 0


@dataclass(frozen=True)
class Schedule:
    id: str
    tenant_id: str
    name: str
    description: str | None
    export_type: str
    format: str
    schedule: str
    timezone: str
    recipients: list[str]
    filters: dict[str, Any]
    when_empty: str
    is_active: bool
    created_by: str
    owner_id: str
    created_at: datetime
    updated_at: datetime
    last_run_at: datetime | None = None
    last_status: RunStatus | None = None
    next_run_at: datetime | None = None
    version: int = 1
    deleted_at: datetime | None = None
    delivery: str = "auto"
    """How the file goes to its recipients: a `Way`."""
    link_days: int = 7
    """How long a link to it can be used."""
    time_limit: int = 3600
    """Seconds that making the file may take."""
    overlap: str = "skip"
    catch_up: str = "latest"
    on_unknown: str = "resend"
    """As `domain.policy` says."""
    catch_up_hours: int = 168
    """How old a missed tick may be that the policy `all` makes up."""
    jitter_seconds: int = 0
    """How much later than its tick a run may start, at most."""
    pause_after: int = 5
    """Failed runs of ticks in a row; 0: never."""
    retry_attempts: int | None = None
    retry_base_seconds: int | None = None
    """None, here and above: as the settings say."""
    failures: int = 0
    """Runs of ticks that failed in a row."""
    failing_since: datetime | None = None
    """When the first of a row of runs ended that failed, in whole or in part; None: all is well."""
    paused_at: datetime | None = None
    paused_reason: str | None = None
    """Why it was paused by itself."""


@dataclass(frozen=True)
class Run:
    """A row of the history."""

    id: str
    scheduled_export_id: str
    tenant_id: str
    trigger: Trigger
    spec: dict[str, Any]
    format: str
    status: RunStatus
    recipients: list[str]
    created_at: datetime
    triggered_by: str | None = None
    scheduled_for: datetime | None = None
    missed_ticks: int = 0
    window_start: date | None = None
    window_end: date | None = None
    file_name: str | None = None
    file_key: str | None = None
    file_size: int | None = None
    sha256: str | None = None
    record_count: int | None = None
    removed_characters: int | None = None
    """Of texts that the format cannot hold."""
    sent_as: str | None = None
    """attach, zip or link: which step of the ladder was taken."""
    sent_size: int | None = None
    """Bytes of the attachment; None for a link."""
    link_expires_at: datetime | None = None
    links_revoked_at: datetime | None = None
    """When all download links that were sent before became useless."""
    file_removed_at: datetime | None = None
    error: str | None = None
    error_code: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    attempt: int = 0
    """How often a worker took it up; counted anew when it is sent again."""
    deaths: int = 0
    """How many of them ended with the death of the worker, or of the process that made the file."""
    overlaps: bool = False
    """Whether it may run beside another one of its schedule."""
    lease_token: str | None = field(default=None, repr=False)
    lease_expires_at: datetime | None = None
    next_attempt_at: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """A pending run whose turn may be now. asked: by a person or a program, rather than by its
    schedule."""

    run_id: str
    tenant_id: str
    asked: bool


@dataclass(frozen=True)
class Delivery:
    id: str
    history_id: str
    channel: str
    target: str
    status: DeliveryStatus
    message_id: str
    attempts: int = 0
    error: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt at a run."""

    id: str
    history_id: str
    number: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: AttemptOutcome | None = None
    error: str | None = None
    error_code: str | None = None


class DownloadWay(StrEnum):
    """How a file was downloaded: by the link in a message, from the pages, by a program."""

    LINK = "link"
    PAGE = "page"
    API = "api"


@dataclass(frozen=True)
class FileDownload:
    """A download of a run's file. user_id: None by link. target: the recipient whose link it was;
    None otherwise.

    address: of the client, as far as trusted proxies tell. device: what the client called itself
    (User-Agent)."""

    id: str
    history_id: str
    way: DownloadWay
    at: datetime
    user_id: str | None = None
    target: str | None = None
    address: str = ""
    device: str = ""


class NotificationKind(StrEnum):
    """FAILING: the first run of a row that failed; GAVE_UP: a run failed for good after several
    attempts; PAUSED: its schedule was paused; RECOVERED: the first good run after a row of
    others."""

    FAILING = "failing"
    GAVE_UP = "gave_up"
    PAUSED = "paused"
    RECOVERED = "recovered"


@dataclass(frozen=True)
class Notification:
    """An email about a schedule to one who looks after it. content: what it tells, by name; its id
    is its Message-ID.

    history_id: None where no run is the reason. next_attempt_at: when it is sent, or sent again;
    None: it has its end.
    """

    id: str
    tenant_id: str
    scheduled_export_id: str
    history_id: str | None
    kind: NotificationKind
    target: str
    content: dict[str, Any]
    status: DeliveryStatus
    created_at: datetime
    attempts: int = 0
    error: str | None = None
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class AccountMessage:
    """An email to a person about their account; its id is its Message-ID. The link is made when it
    is sent.

    kind, subject_id, generation: of the link (`account_links`). content: nothing secret.
    next_attempt_at: when it is sent, or sent again; None: it has its end.
    """

    id: str
    kind: str
    subject_id: str
    generation: int
    target: str
    content: dict[str, Any]
    status: DeliveryStatus
    created_at: datetime
    attempts: int = 0
    error: str | None = None
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class PasswordReset:
    """A link to set a new password. token_version: the user's when it was made; the link ends with
    the next one. sent_by: the super admin who made it; None: it was asked for on the sign-in
    page."""

    id: str
    user_id: str
    token_version: int
    created_at: datetime
    expires_at: datetime
    sent_by: str | None = None


class Action(StrEnum):
    """What somebody did, by what they did it to."""

    SCHEDULE_CREATED = "schedule.created"
    SCHEDULE_UPDATED = "schedule.updated"
    SCHEDULE_PAUSED = "schedule.paused"
    SCHEDULE_DELETED = "schedule.deleted"
    RUN_TRIGGERED = "run.triggered"
    RUN_TESTED = "run.tested"
    RUN_REPEATED = "run.repeated"
    RUN_RESENT = "run.resent"
    RUN_CANCELLED = "run.cancelled"
    RUN_RETRIED = "run.retried"
    RUN_GIVEN_UP = "run.given_up"
    RUN_ACCEPTED = "run.accepted"
    RUN_LINKS_REVOKED = "run.links_revoked"
    RUN_BACKFILLED = "run.backfilled"
    CAMPAIGN_CREATED = "campaign.created"
    CAMPAIGN_UPDATED = "campaign.updated"
    CAMPAIGN_DELETED = "campaign.deleted"
    CAMPAIGN_METRICS = "campaign.metrics_written"
    TENANT_CREATED = "tenant.created"
    TENANT_UPDATED = "tenant.updated"
    QUOTAS_CHANGED = "tenant.quotas_changed"
    MEMBER_ADDED = "member.added"
    MEMBER_INVITED = "member.invited"
    INVITATION_RESENT = "member.invitation_resent"
    INVITATION_REVOKED = "member.invitation_revoked"
    MEMBER_JOINED = "member.joined"
    MEMBER_LEFT = "member.left"
    MEMBER_CHANGED = "member.changed"
    MEMBER_REMOVED = "member.removed"
    USER_CREATED = "user.created"
    USER_ACTIVATED = "user.activated"
    USER_DEACTIVATED = "user.deactivated"
    USER_RESET = "user.password_reset"
    RESET_REQUESTED = "account.reset_requested"
    PASSWORD_RESET = "account.password_reset"  # noqa: S105  (a name)
    ONE_TIME_GIVEN = "user.one_time_password"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105  (a name)
    CURRENT_PASSWORD_WRONG = "account.current_password_wrong"  # noqa: S105  (a name)
    CURRENT_CODE_WRONG = "account.current_code_wrong"
    SECOND_FACTOR_ENABLED = "account.second_factor_enabled"
    SECOND_FACTOR_DISABLED = "account.second_factor_disabled"
    RECOVERY_CODE_USED = "account.recovery_code_used"
    RECOVERY_CODES_RENEWED = "account.recovery_codes_renewed"
    SECOND_FACTOR_RESET = "user.second_factor_reset"
    SIGNED_OUT_EVERYWHERE = "account.signed_out_everywhere"
    MAILBOX_PROVEN = "account.mailbox_proven"
    EMAIL_TESTED = "email.tested"
    AUDIT_DOWNLOADED = "audit.downloaded"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_REMOVED = "audit.removed"
    RUN_DOWNLOADED = "run.downloaded"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_FAILED = "account.sign_in_failed"
    SIGN_IN_SLOWED = "account.sign_in_slowed"
    SIGNED_OUT = "account.signed_out"
    SESSION_ENDED = "account.session_ended"
    SESSION_EXPIRED = "account.session_expired"
    LINK_REFUSED = "account.link_refused"
    ACCESS_REFUSED = "access.refused"


@dataclass(frozen=True)
class AuditEntry:
    """tenant_id: None where it concerns the installation, or somebody's account. actor_id: None
    where no user did it: the app, or the command line. The names are those of that moment. detail:
    what changed, by field; nothing secret."""

    id: str
    tenant_id: str | None
    at: datetime
    actor_id: str | None
    actor_name: str
    action: Action
    subject_id: str | None
    subject_name: str
    detail: dict[str, Any] = field(default_factory=dict)
    address: str | None = None
    """Where it was asked for, and below: the id of the browser's session that may be shown, and of
    the request."""
    session: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class ChainedEntry:
    """An audit entry at its place in a chain, as it stands in the database, whatever somebody did
    to it there.

    fields: by name, the instant as text; None where there is no such entry. seal: the hash and the
    number of entries of the seal at this place, if there is one.
    """

    position: int
    hash: str
    entry_id: str
    fields: dict[str, Any] | None = None
    seal: tuple[str, int] | None = None


@dataclass(frozen=True)
class Seal:
    """A signature over so many new links of a chain. number: among those of all chains, from 1.
    hash: of the link at the position. begins_anew: the seal before was signed with a key that this
    server does not have. previous: the signature of the seal before. chain: empty where nothing new
    is sealed: the key has changed, or seals up to the number in `position` were removed."""

    number: int
    chain: str
    position: int
    entries: int
    hash: str
    at: datetime
    begins_anew: bool
    previous: str
    signature: str = ""


@dataclass(frozen=True)
class Checkpoint:
    """Up to this place of a chain its entries are in a file. entries: how many are in it."""

    id: str
    chain: str
    position: int
    hash: str
    entries: int
    at: datetime
    file_sha256: str
    signature: str = ""


@dataclass(frozen=True)
class Session:
    """A browser's session."""

    id_hash: str = field(repr=False)
    user_id: str
    token_version: int
    """The user's when it began: it ends with the next one."""
    created_at: datetime
    expires_at: datetime
    tenant_id: str | None = None
    """The tenant chosen last."""
    revoked_at: datetime | None = None
    device: str | None = None
    """What the browser called itself."""
    last_used_at: datetime | None = None
    """Not to the minute: see `Sessions.visit`."""


@dataclass(frozen=True)
class Code:
    """Good once, for its purpose, and for its holder alone: a browser or a session."""

    code_hash: str = field(repr=False)
    purpose: str
    holder_hash: str = field(repr=False)
    user_id: str
    content: dict[str, Any]
    expires_at: datetime


@dataclass(frozen=True)
class Summary:
    """Scheduled exports, counted."""

    total: int
    active: int
    failing: int
    """Active ones whose last run failed, in whole or in part."""
    next_run_at: datetime | None
    """When the first of them is due."""
    stopped: int = 0
    """Those that were paused by themselves."""


@dataclass(frozen=True)
class LatestRun:
    """The newest run of a schedule, and how many of its messages were accepted, of how many planned
    (none before it sends)."""

    run: Run
    accepted: int
    total: int


@dataclass(frozen=True)
class Sample:
    """The first rows of a query and how many there are in all; None, and perhaps no rows, when the
    time was up."""

    rows: list[Row]
    total: int | None


@dataclass(frozen=True)
class Page:
    """Which part of a list. number: from 1; size: rows; sort: a key, '-' before it for
    descending."""

    number: int = 1
    size: int = 50
    sort: str = ""

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size
