"""Audit entries, their chains, seals and checkpoints."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from exports_app.domain.open_enum import OpenEnum


class Action(OpenEnum):
    """What was done, by subject."""

    SCHEDULE_CREATED = "schedule.created"
    SCHEDULE_UPDATED = "schedule.updated"
    SCHEDULE_PAUSED = "schedule.paused"
    SCHEDULE_DELETED = "schedule.deleted"
    SCHEDULE_RESTORED = "schedule.restored"
    SCHEDULE_REMOVED = "schedule.removed"
    VIEW_SHARED = "view.shared"
    VIEW_UPDATED = "view.updated"
    VIEW_DELETED = "view.deleted"
    DESTINATION_CREATED = "destination.created"
    DESTINATION_UPDATED = "destination.updated"
    DESTINATION_DELETED = "destination.deleted"
    DESTINATION_TESTED = "destination.tested"
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
    CAMPAIGNS_IMPORTED = "campaign.imported"
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
    KEY_CREATED = "key.created"
    KEY_RENAMED = "key.renamed"
    KEY_REVOKED = "key.revoked"
    FEED_CREATED = "feed.created"
    FEED_REVOKED = "feed.revoked"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_UPDATED = "webhook.updated"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105  (a name)
    WEBHOOK_TESTED = "webhook.tested"
    WEBHOOK_REDELIVERED = "webhook.redelivered"
    WEBHOOK_REPLAYED = "webhook.replayed"
    WEBHOOK_DISABLED = "webhook.disabled"
    EMAIL_TESTED = "email.tested"
    AUDIT_DOWNLOADED = "audit.downloaded"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_REMOVED = "audit.removed"
    RESTORED = "installation.restored"
    SETTINGS_ACCEPTED = "installation.settings_accepted"
    KEYS_ROTATED = "installation.keys_rotated"
    MAINTENANCE_BEGUN = "installation.maintenance_begun"
    MAINTENANCE_ENDED = "installation.maintenance_ended"
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
    """tenant_id: None where it concerns the installation or an account. actor_id: None for the app
    and the command line. Names are those at the time. detail: what changed, by field; nothing
    secret."""

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
    """Where the request came from. Below: the public id of the browser's session, and the id of the
    request."""
    session: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class ChainedEntry:
    """An audit entry at its position in a chain, as it is in the database, also if it was tampered
    with.

    fields: by name, the instant as text; None where there is no such entry. seal: the hash and the
    number of entries of the seal at this position, if there is one.
    """

    position: int
    hash: str
    entry_id: str
    fields: dict[str, Any] | None = None
    seal: tuple[str, int] | None = None


@dataclass(frozen=True)
class Seal:
    """A signature over new links of a chain. number: from 1, over all chains. entries: the number
    of new links. hash: of the link at the position. begins_anew: whether the seal before was signed
    with a key that this server does not have. previous: the signature of the seal before. chain:
    empty where nothing is sealed, because the key changed, or seals up to the number in `position`
    were removed."""

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
    """Entries up to this position of a chain are in a file. entries: their number in the file."""

    id: str
    chain: str
    position: int
    hash: str
    entries: int
    at: datetime
    file_sha256: str
    signature: str = ""
