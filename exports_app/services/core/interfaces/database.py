"""Transactions over all stores, and queries."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from exports_app.services.core.interfaces.accounts import (
    AccountMessageStore,
    PasswordResetStore,
    SecondFactorStore,
    UserStore,
)
from exports_app.services.core.interfaces.analytics import AnalyticsStore
from exports_app.services.core.interfaces.api_keys import ApiKeyStore
from exports_app.services.core.interfaces.audit import AuditChainStore, AuditStore
from exports_app.services.core.interfaces.campaigns import CampaignStore
from exports_app.services.core.interfaces.deleted_schedules import DeletedScheduleStore
from exports_app.services.core.interfaces.delivery import DeliveryStore, NotificationStore
from exports_app.services.core.interfaces.destinations import DestinationStore
from exports_app.services.core.interfaces.feeds import FeedStore
from exports_app.services.core.interfaces.files import FileDownloadStore
from exports_app.services.core.interfaces.idempotency import IdempotencyKeyStore
from exports_app.services.core.interfaces.installation import InstallationStore
from exports_app.services.core.interfaces.kept_counts import KeptCountStore, StatusCountStore
from exports_app.services.core.interfaces.old_runs import OldRunStore
from exports_app.services.core.interfaces.quotas import UsageStore
from exports_app.services.core.interfaces.runs import (
    AttemptStore,
    RunEndStore,
    RunListStore,
    RunQueueStore,
    RunStore,
    SnapshotStore,
)
from exports_app.services.core.interfaces.schedules import ScheduleStore, ZoneDataStore
from exports_app.services.core.interfaces.sessions import CodeStore, SessionStore
from exports_app.services.core.interfaces.tenants import InvitationStore, TenantStore
from exports_app.services.core.interfaces.views import ViewStore
from exports_app.services.core.interfaces.webhooks import WebhookDeliveryStore, WebhookStore
from exports_app.services.core.records import Sample


@dataclass(frozen=True)
class Ranking:
    """The order of a query's rows: by a column, or by the quotient of two (rows without a quotient
    count as the smallest). Columns are given by their index. only: a column and its required
    value."""

    column: int
    divided_by: int | None = None
    descending: bool = True
    only: tuple[int, str] | None = None


class Transaction(Protocol):
    """The stores within one transaction."""

    def sample(
        self, query: Any, limit: int, seconds: float, ranking: Ranking | None = None
    ) -> Sample:
        """The first rows of an export type's query and the number of all, as far as the database
        gets within `seconds`. After a timeout the transaction cannot be used any more. ranking:
        None: the query's own order."""

    @property
    def tenants(self) -> TenantStore: ...
    @property
    def second_factors(self) -> SecondFactorStore: ...
    @property
    def api_keys(self) -> ApiKeyStore: ...
    @property
    def feeds(self) -> FeedStore: ...
    @property
    def idempotency_keys(self) -> IdempotencyKeyStore: ...
    @property
    def users(self) -> UserStore: ...
    @property
    def invitations(self) -> InvitationStore: ...
    @property
    def campaigns(self) -> CampaignStore: ...
    @property
    def schedules(self) -> ScheduleStore: ...
    @property
    def deleted_schedules(self) -> DeletedScheduleStore: ...
    @property
    def views(self) -> ViewStore: ...
    @property
    def zone_data(self) -> ZoneDataStore: ...
    @property
    def run_queue(self) -> RunQueueStore: ...
    @property
    def runs(self) -> RunStore: ...
    @property
    def run_list(self) -> RunListStore: ...
    @property
    def run_ends(self) -> RunEndStore: ...
    @property
    def snapshots(self) -> SnapshotStore: ...
    @property
    def old_runs(self) -> OldRunStore: ...
    @property
    def deliveries(self) -> DeliveryStore: ...
    @property
    def destinations(self) -> DestinationStore: ...
    @property
    def attempts(self) -> AttemptStore: ...
    @property
    def downloads(self) -> FileDownloadStore: ...
    @property
    def notifications(self) -> NotificationStore: ...
    @property
    def account_messages(self) -> AccountMessageStore: ...
    @property
    def password_resets(self) -> PasswordResetStore: ...
    @property
    def audit(self) -> AuditStore: ...
    @property
    def audit_counts(self) -> KeptCountStore: ...
    @property
    def audit_chain(self) -> AuditChainStore: ...
    @property
    def usage(self) -> UsageStore: ...
    @property
    def installation(self) -> InstallationStore: ...
    @property
    def status_counts(self) -> StatusCountStore: ...
    @property
    def analytics(self) -> AnalyticsStore: ...
    @property
    def webhooks(self) -> WebhookStore: ...
    @property
    def webhook_deliveries(self) -> WebhookDeliveryStore: ...
    @property
    def sessions(self) -> SessionStore: ...
    @property
    def codes(self) -> CodeStore: ...


@dataclass(frozen=True)
class Statement:
    """A compiled query. database: the SQLite file, or PostgreSQL's URL with its password. For
    PostgreSQL the SQL contains its values."""

    database: str = field(repr=False)
    sql: str
    parameters: list[Any]


class Store(Protocol):
    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view. Raises Unavailable, and ReadTooLong after the caller's limit
        (`read_limits`)."""

    def write(self) -> AbstractContextManager[Transaction]:
        """Commits at the end, rolls back on an error. Do nothing slow inside. Raises
        Unavailable."""

    def rows(self, query: Any, chunk: int) -> AbstractContextManager[Iterator[Sequence[Any]]]:
        """Stream the rows of an export type's query from one snapshot, `chunk` rows at a time."""

    def statement(self, query: Any) -> "Statement":
        """An export type's query as another process can execute it."""

    def count(self, query: Any, limit: int, seconds: float) -> int | None:
        """The number of the query's rows, at most `limit`; None after a timeout."""

    def checkpoint(self) -> None:
        """After a long read on SQLite: move what was written meanwhile into the database file."""

    def ping(self) -> None:
        """Raises Unavailable."""

    def check_writable(self) -> None:
        """Write something small that changes nothing. Raises Unavailable within a few seconds."""
