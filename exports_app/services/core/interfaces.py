"""What the services need from below. The real adapters are in db/ and storage/; wiring puts them
together."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from exports_app.domain.access import Role
from exports_app.domain.runs.states import AttemptOutcome, RunStatus
from exports_app.services.core.records import (
    AccountMessage,
    Attempt,
    AuditEntry,
    Campaign,
    ChainedEntry,
    Checkpoint,
    Code,
    Delivery,
    FileDownload,
    Invitation,
    LatestRun,
    Member,
    Membership,
    Metric,
    Notification,
    Page,
    PasswordReset,
    Run,
    Sample,
    Schedule,
    Seal,
    SecondFactor,
    Session,
    Summary,
    Tenant,
    User,
    Waiting,
)

Clock = Callable[[], datetime]
"""Now, as an aware UTC instant. Injected, so that tests set it."""

Tenants = frozenset[str] | None
"""A limit to some tenants; None: every tenant."""


class TenantStore(Protocol):
    def get(self, tenant_id: str, *, lock: bool = False) -> Tenant | None:
        """lock: nobody else changes it until the transaction ends, here and below."""

    def by_slug(self, slug: str) -> Tenant | None: ...
    def within(self, limit: Tenants) -> list[Tenant]: ...
    def update(self, tenant_id: str, values: Mapping[str, Any]) -> None: ...
    def add(self, tenant: Tenant) -> None: ...


class UserStore(Protocol):
    def get(self, user_id: str, *, lock: bool = False, share: bool = False) -> User | None:
        """share: nobody changes the user until the transaction ends, but others may share it."""

    def by_email(self, email: str, *, lock: bool = False) -> User | None: ...
    def demo_password_emails(self) -> list[str]:
        """Of active users who have the public password of the demo, in alphabetical order."""

    def unproven_emails(self) -> list[str]:
        """Of active users of whom nothing shows that they read their mailbox, in alphabetical
        order."""

    def is_empty(self) -> bool: ...
    def ids(self) -> set[str]:
        """Of all users, the inactive ones too."""

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """By id; unknown ids are left out."""

    def find(self, q: str, page: Page) -> tuple[list[User], int]:
        """Of all users, by name. q: part of the name or of the address."""

    def roles_of(self, user_ids: Collection[str]) -> dict[str, dict[Tenant, Role]]:
        """By user id; who belongs to no tenant is left out."""

    def add(self, user: User) -> None: ...
    def add_new(self, user: User) -> bool:
        """False, with nothing added, where there is an account with this email address already,
        also one that another transaction is just adding."""

    def admins(self, tenant_id: str) -> list[User]:
        """The active ones who are admins of the tenant."""

    def roles(self, user_id: str) -> dict[str, Role]:
        """tenant id -> role."""

    def roles_that_need_a_second_factor(self, user_id: str) -> frozenset[str]:
        """Ids of the tenants that the user belongs to and that require one."""

    def join(self, membership: Membership) -> None:
        """Add the membership or change its role."""

    def leave(self, user_id: str, tenant_id: str) -> None: ...
    def members(self, tenant_id: str) -> list[Member]:
        """By name."""

    def update(self, user_id: str, values: Mapping[str, Any]) -> None: ...
    def use_one_time(self, user: User, now: datetime) -> bool:
        """Note that its one-time password was used. False where it was before, has expired, or is
        another one now."""


class InvitationStore(Protocol):
    def get(self, invitation_id: str, *, lock: bool = False) -> Invitation | None: ...
    def open_in(self, tenant_id: str) -> list[Invitation]:
        """Those that were neither accepted nor revoked, the newest first."""

    def open_for(self, tenant_id: str, email: str) -> Invitation | None: ...
    def open_from(self, user_id: str) -> list[Invitation]: ...
    def add(self, invitation: Invitation) -> None: ...
    def update(self, invitation_id: str, values: Mapping[str, Any]) -> None: ...
    def revoke(self, invitation_id: str, at: datetime) -> bool:
        """False where it is not open any more."""

    def forget(self, expired_before: datetime, limit: int) -> None:
        """Remove so many of those that expired before the instant."""


class SecondFactorStore(Protocol):
    def get(self, user_id: str) -> SecondFactor | None: ...
    def put(self, factor: SecondFactor) -> None:
        """In place of the one that was there."""

    def confirm(self, user_id: str) -> None: ...
    def remove(self, user_id: str) -> bool:
        """With its recovery codes. False where there was none."""

    def use_step(self, user_id: str, step: int) -> bool:
        """Note it as used. False where it, or a later one, was used already: of two at once, one
        wins."""

    def set_recovery_codes(self, user_id: str, hashes: Collection[str]) -> None:
        """In place of those that were there."""

    def use_recovery_code(self, user_id: str, code_hash: str) -> bool:
        """Remove it. False where there is no such code: of two at once, one wins."""

    def recovery_codes_left(self, user_id: str) -> int: ...
    def secrets(self, after: str, limit: int) -> list[tuple[str, str]]:
        """User ids and encrypted secrets, by id, of the ids behind `after`."""

    def replace_secret(self, user_id: str, old: str, new: str) -> bool:
        """False where it is not the old one any more."""


class CampaignStore(Protocol):
    def get(self, campaign_id: str) -> Campaign | None: ...
    def find(
        self, within: Tenants, where: Mapping[str, str], q: str, page: Page
    ) -> tuple[list[Campaign], int]:
        """where: column -> wanted value. q: part of the name. Returns the page's rows and the
        number of all."""

    def add(self, campaigns: Iterable[Campaign]) -> None: ...
    def update(self, campaign_id: str, values: Mapping[str, Any]) -> None: ...
    def delete(self, campaign_id: str) -> None:
        """With its metrics."""

    def existing(self, tenant_id: str, campaign_ids: Collection[str]) -> set[str]:
        """Those of the ids that are campaigns of the tenant."""

    def names(self, tenant_id: str, campaign_ids: Collection[str]) -> dict[str, str]:
        """id -> name, likewise."""

    def by_name(self, tenant_id: str, names: Collection[str]) -> list[Campaign]: ...
    def count_metrics(self) -> int: ...
    def add_metrics(self, metrics: Sequence[Metric]) -> None:
        """Days that are not there yet."""

    def upsert_metrics(self, metrics: Sequence[Metric]) -> None:
        """Insert, or replace the day that is there. No day may come twice in one call."""


class ScheduleStore(Protocol):
    """Deleted schedules are not found."""

    def get(self, schedule_id: str, *, lock: bool = False) -> Schedule | None:
        """lock: nobody else changes it until the transaction ends."""

    def find(
        self, within: Tenants, where: Mapping[str, Any], q: str, page: Page
    ) -> tuple[list[Schedule], int]: ...
    def add(self, schedule: Schedule) -> None: ...
    def update(self, schedule_id: str, version: int, values: Mapping[str, Any]) -> bool:
        """False when the schedule has another version by now."""

    def due(self, now: datetime, limit: int) -> list[Schedule]:
        """Active ones whose next_run_at has come, the earliest first."""

    def due_since(self, now: datetime) -> datetime | None:
        """The earliest next_run_at that has come."""

    def reserve(self, seen: Sequence[Schedule]) -> set[str]:
        """The ids of those that are still due as they were seen, and that no other engine is at,
        until the transaction ends."""

    def advance(self, to: Mapping[str, datetime | None]) -> None:
        """Move next_run_at on, by id, of those that are reserved."""

    def note_result(self, run: Run, status: str, at: datetime) -> bool:
        """last_run_at and last_status; False where a later run has been noted already."""

    def change(self, schedule_id: str, values: Mapping[str, Any]) -> None:
        """What the engine notes: no edit of a person's, so that the version stays."""

    def active_of(self, owner_id: str) -> list[Schedule]:
        """What a user owns in any tenant and what is not paused. Nobody else changes them until the
        transaction ends."""

    def transfer_ownership(
        self, tenant_id: str, owner_id: str, heir_id: str, at: datetime
    ) -> list[Schedule]:
        """Give all that a user owns in the tenant to another. Returns them as they were."""

    def addressed_to(self, tenant_id: str, address: str, *, lock: bool = False) -> list[Schedule]:
        """The tenant's that have the address among their recipients, in any case.
        lock: nobody else changes them until the transaction ends."""

    def set_recipients(self, recipients: Mapping[str, list[str]], at: datetime) -> None:
        """By schedule's id; their versions are raised. They must be locked."""

    def summary(self, within: Tenants) -> Summary: ...


@dataclass(frozen=True)
class UnderWay:
    """Runs of a schedule's ticks. processing: whether one is; waiting: whether one waits to begin
    for the first time."""

    processing: bool
    waiting: bool


class RunStore(Protocol):
    def get(self, run_id: str) -> Run | None: ...
    def of_schedule(self, schedule_id: str, limit: int) -> tuple[list[Run], int]:
        """Newest first, and the number of all."""

    def latest(self, schedule_ids: Collection[str]) -> list[LatestRun]:
        """The newest run of each schedule that has one."""

    def add(self, run: Run) -> bool:
        """False when this schedule already has a run for this tick."""

    def add_all(self, runs: Sequence[Run]) -> set[str]:
        """The ids of those that were added, as of `add`."""

    def lock_claims(self) -> None:
        """Nobody else claims a run until the transaction ends: two that claim at once could begin
        two runs of one schedule."""

    def waiting(self, now: datetime) -> list[Waiting]:
        """Of each tenant the pending run whose turn is next: what was asked for, then the oldest;
        none of a schedule that has one processing, and none that is taken up alone."""

    def suspect(self, now: datetime) -> str | None:
        """The oldest that could begin, and is taken up alone: SUSPECT_DEATHS workers died during
        it."""

    def waiting_since(self, now: datetime) -> datetime | None:
        """Since when the longest waiting of the runs waits that could begin and never did. One that
        was taken up before is as old as its first try, and left out."""

    def by_status(self) -> dict[str, int]:
        """How many there are."""

    def under_way(self, schedule_ids: Collection[str], now: datetime) -> dict[str, UnderWay]:
        """Schedules without any are left out, and runs that shall begin later: they keep their
        distance to the next one."""

    def ticks(self, schedule_id: str, instants: Collection[datetime]) -> dict[datetime, Run]:
        """The schedule's runs of these ticks."""

    def replace_skipped(self, seen: Run, run: Run) -> bool:
        """Put the new run in the place of a skipped one; False when it is not in the state seen any
        more."""

    def changed(self, seen: Run, values: Mapping[str, Any]) -> bool:
        """Change one that no worker has; False when it is not in the state, and at the attempt,
        seen any more."""

    def claim(self, run_id: str, token: str, now: datetime, expires: datetime) -> bool:
        """False when it may not begin now, or not any more."""

    def held(
        self,
        run_id: str,
        token: str,
        values: Mapping[str, Any],
        expired_before: datetime | None = None,
    ) -> bool:
        """Change a processing run; False when the token is no longer the run's.

        expired_before: only if its lease ended before this instant.
        """

    def begin_message(self, run_id: str, token: str) -> bool:
        """Like `held`: one of its reserved messages is begun, or is not to be sent."""

    def extend(self, run_id: str, token: str, expires: datetime) -> bool: ...
    def abandoned(self, expired_before: datetime | None) -> list[Run]:
        """Processing runs whose lease ended before the instant (None: all of them)."""

    def unfinished_of(self, user_id: str) -> list[Run]:
        """Those that wait or are under way, of schedules that the user owns or started by the user.
        Nobody else changes them until the transaction ends."""

    def cancel_pending(self, schedule_id: str, at: datetime) -> int: ...
    def cancel(self, seen: Run, values: Mapping[str, Any]) -> bool:
        """End it, and take it from its worker; False when it is not in the state seen any more."""

    def revoke_links(self, run_id: str, at: datetime) -> None: ...
    def reopen(self, seen: Run) -> bool:
        """Back to pending, as if it had not begun, but with its file; False when it is not in the
        state seen any more."""

    def outdated(
        self, tenant_id: str, completed_before: datetime, now: datetime, limit: int
    ) -> list[Run]:
        """Finished ones whose file is still there, and promised to nobody by a link, the oldest
        first."""

    def note_removed(self, run_id: str, at: datetime) -> bool:
        """Its file is to be removed; False where it is not finished (any more), or that was said
        already."""

    def keys_in_use(self, keys: Collection[str]) -> set[str]:
        """Those of the file keys that a run has, and that are not to be removed."""


class DeliveryStore(Protocol):
    def get(self, delivery_id: str) -> Delivery | None: ...
    def of_runs(self, run_ids: Collection[str]) -> dict[str, list[Delivery]]:
        """By run id; runs without deliveries are left out."""

    def add(self, deliveries: Iterable[Delivery]) -> None: ...
    def change(self, delivery: Delivery, values: Mapping[str, Any]) -> None:
        """By a worker that holds the delivery's run in this transaction."""

    def mark_sending_unknown(self, run_id: str) -> None:
        """What was on the wire when the worker died becomes unknown."""

    def end_pending(self, run_id: str, reason: str) -> None:
        """The run ended: what was tried in vain has failed, with its own error; what was not begun
        is skipped for the reason."""

    def accept_unknown(self, run_id: str, told: str) -> int:
        """A person says that they have arrived. told: who. Returns their number."""

    def by_status(self) -> dict[str, int]:
        """How many there are."""

    def reopen(self, run_id: str) -> int:
        """What ended without being accepted is pending again. Returns their number."""


class FileDownloadStore(Protocol):
    def of_run(self, run_id: str, limit: int) -> tuple[list[FileDownload], int]:
        """The newest first, and the number of all."""

    def since(self, like: FileDownload, instant: datetime) -> bool:
        """Whether the same person or link downloaded the same file from the same address after the
        instant."""

    def add(self, download: FileDownload) -> None: ...


class AttemptStore(Protocol):
    def of_runs(self, run_ids: Collection[str]) -> dict[str, list[Attempt]]:
        """By run id, the oldest first; runs without attempts are left out."""

    def add(self, attempt: Attempt) -> None: ...
    def end(
        self,
        run_id: str,
        outcome: AttemptOutcome,
        at: datetime,
        error: str | None,
        code: str | None,
    ) -> None:
        """The one that is under way, if there is one."""


class NotificationStore(Protocol):
    def of_schedule(self, schedule_id: str, limit: int) -> list[Notification]:
        """The newest first."""

    def add(self, notices: Iterable[Notification]) -> None: ...
    def due(self, now: datetime, limit: int) -> list[Notification]: ...
    def change(self, seen: Notification, values: Mapping[str, Any]) -> bool:
        """False when somebody else has changed it since it was seen."""


class AccountMessageStore(Protocol):
    def add(self, message: AccountMessage) -> None: ...
    def due(self, now: datetime, limit: int) -> list[AccountMessage]: ...
    def of_subject(self, subject_id: str) -> list[AccountMessage]:
        """The newest first."""

    def change(self, seen: AccountMessage, values: Mapping[str, Any]) -> bool:
        """False when another process changed it since it was seen."""

    def remove(self, message_id: str) -> None: ...
    def forget(self, created_before: datetime, limit: int) -> None:
        """Remove so many of those that were written before the instant and are not to be sent any
        more."""


class PasswordResetStore(Protocol):
    def get(self, reset_id: str) -> PasswordReset | None: ...
    def of_user(self, user_id: str) -> list[PasswordReset]:
        """The newest first, also those that have expired."""

    def add(self, reset: PasswordReset) -> None: ...
    def remove(self, reset_ids: Collection[str]) -> None: ...


@dataclass(frozen=True)
class AuditFilter:
    """area: the first part of an action, e.g. ``member``. since, before: instants. q: part of a
    name, the actor's or that of what they did it to; or an address, or the beginning of the id of a
    session or a request. Empty: whatever it is. installation: only what concerns no tenant."""

    area: str = ""
    since: datetime | None = None
    before: datetime | None = None
    q: str = ""
    installation: bool = False


class AuditStore(Protocol):
    """Entries are only ever added."""

    def add(self, entry: AuditEntry) -> None: ...
    def find(self, within: Tenants, where: AuditFilter, page: Page) -> tuple[list[AuditEntry], int]:
        """The newest first, and the number of all."""


class AuditChainStore(Protocol):
    """The places of audit entries in their chains. Here fields are those of the database, in
    whatever state they are."""

    def take_turn(self) -> bool:
        """Whether nobody else seals; then nobody else does until the transaction ends."""

    def waiting(self, limit: int) -> list[dict[str, Any]]:
        """The fields of entries without a place, the oldest first."""

    def waiting_since(self) -> datetime | None:
        """The oldest of them was made then."""

    def last_link(self, chain: str) -> ChainedEntry | None: ...
    def add_links(self, chain: str, links: Sequence[ChainedEntry]) -> None:
        """They wait no longer."""

    def last_seal(self) -> Seal | None: ...
    def add_seal(self, seal: Seal) -> None: ...
    def seals(self, after: int, limit: int) -> list[Seal]:
        """By number, here and below."""

    def chains(self) -> list[str]:
        """All that anything is known of."""

    def links(self, chain: str, after: int, limit: int) -> list[ChainedEntry]:
        """Those after a position, in order, with the fields of their entries."""

    def count_links(self, chain: str | None) -> int:
        """None: of all chains."""

    def first_without_link(self, chain: str, after: int) -> Seal | None:
        """A seal of a place after this one at which there is no link."""

    def loose(self) -> str | None:
        """The id of an entry that has no place and does not wait for one."""

    def lost(self) -> str | None:
        """The id of an entry that waits for its place, and is not there."""

    def checkpoint(self, chain: str) -> Checkpoint | None:
        """The furthest."""

    def add_checkpoint(self, checkpoint: Checkpoint) -> None: ...
    def remove(self, chain: str, up_to: int, before: datetime, limit: int) -> int:
        """Remove the first entries of a chain, up to a position, as far as they were made before
        the instant. The link of the last one stays. Returns their number."""

    def unneeded_seals(self, count: int) -> int | None:
        """The number of the last of the first so many seals, if the entries of all of these were
        removed."""

    def remove_seals(self, up_to: int) -> None:
        """Those with this number and lower ones."""


@dataclass(frozen=True)
class Spread:
    """Of durations in seconds. p95: 95 of 100 took no longer (nearest rank)."""

    count: int
    mean: float
    p95: float


@dataclass(frozen=True)
class Backlog:
    """Runs of a tenant that have not ended. later: those that wait for an instant, e.g. of another
    attempt. oldest: since when the longest waiting of those waits that could begin."""

    processing: int
    waiting: int
    later: int
    oldest: datetime | None


class AnalyticsStore(Protocol):
    """How a tenant's exports do. Days are given by their beginnings, ascending: a day ends where
    the next one begins, the last one never; runs belong to the day on which they were made."""

    def counts(self, tenant_id: str, days: Sequence[datetime]) -> dict[tuple[int, RunStatus], int]:
        """How many runs by the day's place and status."""

    def durations(self, tenant_id: str, days: Sequence[datetime]) -> dict[int | None, Spread]:
        """Of the runs that were completed, in whole or in part, from the first attempt's begin to
        the end; by the day's place, and under None of all days."""

    def backlog(self, tenant_id: str, now: datetime) -> Backlog: ...
    def upcoming(self, tenant_id: str, until: datetime) -> list[Schedule]:
        """Those that are due until then, by name."""

    def failing(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Active ones whose runs do not go well, the longest row of failures first; and the number
        of all, here and below."""

    def paused(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Those that were paused by themselves first."""

    def ownerless(self, tenant_id: str, limit: int) -> tuple[list[Schedule], int]:
        """Active ones whose owner may not export here any more, by name."""


class UsageStore(Protocol):
    """What a tenant takes of its quotas."""

    def schedules(self, tenant_id: str) -> int:
        """Without deleted ones."""

    def pending_runs(self, tenant_id: str) -> int: ...
    def file_bytes(self, tenant_id: str) -> int:
        """Of the files that are kept."""

    def messages(self, tenant_id: str, day: date) -> int:
        """Begun on the day, in UTC."""

    def reserved_messages(self, tenant_id: str, alive_at: datetime | None = None) -> int:
        """Those that its runs at work may still begin. alive_at: of those whose lease holds at the
        instant. None: also of the others, whose worker may be alive all the same until they are
        recovered."""

    def reserve_messages(self, run_id: str, count: int) -> None:
        """For a run at work. Void as soon as it is not at work any more, however that comes."""

    def add_message(self, tenant_id: str, day: date) -> None: ...
    def forget_messages(self, before: date) -> None: ...


class SessionStore(Protocol):
    def live(self, id_hash: str, now: datetime) -> tuple[Session, User] | None:
        """The session and its user, unless it is over: expired, revoked, of another token version
        or of an inactive user."""

    def add(self, session: Session) -> None: ...
    def choose(self, id_hash: str, tenant_id: str) -> None: ...
    def revoke(self, id_hash: str, at: datetime) -> None:
        """One that is revoked already, or not there, stays so."""

    def of_user(self, user: User, now: datetime) -> list[Session]:
        """Those that are not over, the one used last first."""

    def keep(self, id_hash: str, user_id: str, token_version: int) -> None:
        """Let the user's session go on under another token version."""

    def used(self, id_hash: str, at: datetime, expires_at: datetime) -> None:
        """Note its use, and when it ends now. One that is over already stays so."""

    def any_expired(self, now: datetime) -> bool:
        """Whether `expire` would end one."""

    def expire(self, now: datetime, limit: int) -> list[tuple[Session, User | None]]:
        """End so many of those that have expired, so that they are not returned again, with their
        users. None: it ended before that, with a new password, everywhere at once, or with its
        account."""

    def forget(self, expired_before: datetime, limit: int) -> None:
        """Remove so many of those that expired before the instant."""


class CodeStore(Protocol):
    def add(self, code: Code) -> None: ...
    def find(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        """It stays."""

    def take(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        """Find the code and remove it; only one caller gets it. None, with nothing removed, for
        another holder or purpose."""

    def forget(self, expired_before: datetime, limit: int) -> None:
        """Remove so many of those that expired before the instant."""


@dataclass(frozen=True)
class Ranking:
    """Which rows of a query come first: by a column, or by the quotient of two (the smallest where
    it has none). By their places among the query's columns. only: a column and the value that it
    must have."""

    column: int
    divided_by: int | None = None
    descending: bool = True
    only: tuple[int, str] | None = None


class Transaction(Protocol):
    """The stores within one transaction."""

    def sample(
        self, query: Any, limit: int, seconds: float, ranking: Ranking | None = None
    ) -> Sample:
        """The first rows of an export type's query and how many it has, as far as the database gets
        in that time. Where it was up the transaction is of no further use. ranking: None: in the
        query's own order."""

    @property
    def tenants(self) -> TenantStore: ...
    @property
    def second_factors(self) -> SecondFactorStore: ...
    @property
    def users(self) -> UserStore: ...
    @property
    def invitations(self) -> InvitationStore: ...
    @property
    def campaigns(self) -> CampaignStore: ...
    @property
    def schedules(self) -> ScheduleStore: ...
    @property
    def runs(self) -> RunStore: ...
    @property
    def deliveries(self) -> DeliveryStore: ...
    @property
    def attempts(self) -> AttemptStore: ...
    @property
    def downloads(self) -> FileDownloadStore: ...
    @property
    def notices(self) -> NotificationStore: ...
    @property
    def account_messages(self) -> AccountMessageStore: ...
    @property
    def password_resets(self) -> PasswordResetStore: ...
    @property
    def audit(self) -> AuditStore: ...
    @property
    def audit_chain(self) -> AuditChainStore: ...
    @property
    def usage(self) -> UsageStore: ...
    @property
    def analytics(self) -> AnalyticsStore: ...
    @property
    def sessions(self) -> SessionStore: ...
    @property
    def codes(self) -> CodeStore: ...


@dataclass(frozen=True)
class Statement:
    """A query, compiled. database: the SQLite file, or PostgreSQL's URL, with its password; there
    the SQL holds its values."""

    database: str = field(repr=False)
    sql: str
    parameters: list[Any]


class Store(Protocol):
    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view. Raises Unavailable."""

    def write(self) -> AbstractContextManager[Transaction]:
        """Commits at the end, rolls back on an error. Short: nothing slow inside. Raises
        Unavailable."""

    def rows(self, query: Any, chunk: int) -> AbstractContextManager[Iterator[Sequence[Any]]]:
        """Execute an export type's query and stream its rows from one snapshot, `chunk` rows at a
        time."""

    def statement(self, query: Any) -> "Statement":
        """An export type's query as another process can execute it."""

    def count(self, query: Any, limit: int, seconds: float) -> int | None:
        """The number of an export type's rows, or `limit` where there are more; None when the time
        was up."""

    def settle(self) -> None:
        """After a long reading: bring what was written meanwhile where it belongs."""

    def ping(self) -> None:
        """Raises Unavailable."""


@dataclass(frozen=True)
class Usage:
    """Of the disk. free: bytes; None where nobody can say."""

    count: int
    bytes: int
    free: int | None


class FileStore(Protocol):
    """Where finished files lie. Keys are relative paths made by the engine, never input.

    One that is far away raises StoreAway.
    """

    def prepare(self) -> None:
        """Once before a server works: make the place, remove drafts that a killed process left."""

    def ping(self) -> None:
        """Raises StoreAway."""

    def draft(self) -> AbstractContextManager[Path]:
        """A path for a file in the making; what is left there at the end is removed."""

    def keep(self, draft: Path, key: str) -> None:
        """Make it durable and visible at once (fsync, then rename)."""

    def has(self, key: str) -> bool: ...
    def find(self, key: str) -> Path | None:
        """The whole file on this machine, to be opened at once."""

    def remove(self, key: str) -> None: ...
    def older_than(self, instant: datetime) -> Iterator[str]:
        """The keys of files that were made before."""

    def copies(self) -> Iterator[str]:
        """The keys of files elsewhere of which this machine has a copy."""

    def forget(self, key: str) -> None:
        """Remove this machine's copy."""

    def usage(self) -> Usage: ...
