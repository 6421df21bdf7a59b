"""The Store: transactions with their repositories, and the row stream of an export."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from psycopg import ClientCursor
from sqlalchemy import Connection, event

from exports_app.db import repositories as r
from exports_app.db.engine import Database
from exports_app.db.query_preview import count, sample
from exports_app.db.write_probe import WriteProbe
from exports_app.services.core.interfaces import Ranking, Statement
from exports_app.services.core.records import Sample


class SqlTransaction:
    """Implements Transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.signed_out: set[str] = set()
        """Ids of users of whom this transaction ends a session."""

    def sample(
        self, query: Any, limit: int, seconds: float, ranking: Ranking | None = None
    ) -> Sample:
        return sample(self.connection, query, limit, seconds, ranking)

    @cached_property
    def tenants(self) -> r.TenantRepository:
        return r.TenantRepository(self.connection)

    @cached_property
    def users(self) -> r.UserRepository:
        return r.UserRepository(self.connection, self.signed_out)

    @cached_property
    def api_keys(self) -> r.ApiKeyRepository:
        return r.ApiKeyRepository(self.connection)

    @cached_property
    def webhooks(self) -> r.WebhookRepository:
        return r.WebhookRepository(self.connection)

    @cached_property
    def webhook_deliveries(self) -> r.WebhookDeliveryRepository:
        return r.WebhookDeliveryRepository(self.connection)

    @cached_property
    def feeds(self) -> r.FeedRepository:
        return r.FeedRepository(self.connection)

    @cached_property
    def idempotency_keys(self) -> r.IdempotencyKeyRepository:
        return r.IdempotencyKeyRepository(self.connection)

    @cached_property
    def invitations(self) -> r.InvitationRepository:
        return r.InvitationRepository(self.connection)

    @cached_property
    def second_factors(self) -> r.SecondFactorRepository:
        return r.SecondFactorRepository(self.connection)

    @cached_property
    def campaigns(self) -> r.CampaignRepository:
        return r.CampaignRepository(self.connection)

    @cached_property
    def schedules(self) -> r.ScheduleRepository:
        return r.ScheduleRepository(self.connection)

    @cached_property
    def views(self) -> r.ViewRepository:
        return r.ViewRepository(self.connection)

    @cached_property
    def run_queue(self) -> r.RunQueueRepository:
        return r.RunQueueRepository(self.connection)

    @cached_property
    def runs(self) -> r.RunRepository:
        return r.RunRepository(self.connection)

    @cached_property
    def run_list(self) -> r.RunListRepository:
        return r.RunListRepository(self.connection)

    @cached_property
    def run_ends(self) -> r.RunEndRepository:
        return r.RunEndRepository(self.connection)

    @cached_property
    def snapshots(self) -> r.SnapshotRepository:
        return r.SnapshotRepository(self.connection)

    @cached_property
    def old_runs(self) -> r.OldRunRepository:
        return r.OldRunRepository(self.connection)

    @cached_property
    def deleted_schedules(self) -> r.DeletedScheduleRepository:
        return r.DeletedScheduleRepository(self.connection)

    @cached_property
    def zone_data(self) -> r.ZoneDataRepository:
        return r.ZoneDataRepository(self.connection)

    @cached_property
    def deliveries(self) -> r.DeliveryRepository:
        return r.DeliveryRepository(self.connection)

    @cached_property
    def destinations(self) -> r.DestinationRepository:
        return r.DestinationRepository(self.connection)

    @cached_property
    def attempts(self) -> r.AttemptRepository:
        return r.AttemptRepository(self.connection)

    @cached_property
    def downloads(self) -> r.FileDownloadRepository:
        return r.FileDownloadRepository(self.connection)

    @cached_property
    def notifications(self) -> r.NotificationRepository:
        return r.NotificationRepository(self.connection)

    @cached_property
    def account_messages(self) -> r.AccountMessageRepository:
        return r.AccountMessageRepository(self.connection)

    @cached_property
    def password_resets(self) -> r.PasswordResetRepository:
        return r.PasswordResetRepository(self.connection)

    @cached_property
    def audit(self) -> r.AuditRepository:
        return r.AuditRepository(self.connection)

    @cached_property
    def audit_counts(self) -> r.AuditCountRepository:
        return r.AuditCountRepository(self.connection)

    @cached_property
    def audit_chain(self) -> r.AuditChainRepository:
        return r.AuditChainRepository(self.connection)

    @cached_property
    def usage(self) -> r.UsageRepository:
        return r.UsageRepository(self.connection)

    @cached_property
    def installation(self) -> r.InstallationRepository:
        return r.InstallationRepository(self.connection)

    @cached_property
    def status_counts(self) -> r.StatusCountRepository:
        return r.StatusCountRepository(self.connection)

    @cached_property
    def analytics(self) -> r.AnalyticsRepository:
        return r.AnalyticsRepository(self.connection)

    @cached_property
    def sessions(self) -> r.SessionRepository:
        return r.SessionRepository(self.connection, self.signed_out)

    @cached_property
    def codes(self) -> r.CodeRepository:
        return r.CodeRepository(self.connection)


class SqlStore:
    """Implements Store. signed_out: called after a commit with the id of each user of whom a
    session ended with it."""

    def __init__(
        self, database: Database, signed_out: Callable[[str], None] = lambda _: None
    ) -> None:
        self.database = database
        self._signed_out = signed_out
        self._probe = WriteProbe(database)

    @contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        with self.database.read() as connection:
            yield SqlTransaction(connection)

    @contextmanager
    def write(self) -> Iterator[SqlTransaction]:
        with self.database.write() as connection:
            transaction = SqlTransaction(connection)
            yield transaction
        for user_id in transaction.signed_out:
            self._signed_out(user_id)

    @contextmanager
    def rows(self, query: Any, chunk: int) -> Iterator[Iterator[Sequence[Any]]]:
        with self.database.read() as connection:
            result = connection.execution_options(stream_results=True, yield_per=chunk).execute(
                query
            )
            try:
                yield result.partitions(chunk)
            finally:
                result.close()

    def statement(self, query: Any) -> Statement:
        with self.database.read() as connection:
            sql, parameters = _as_sent(connection, query)
            if self.database.file is not None:
                return Statement(str(self.database.file.absolute()), sql, list(parameters))
            # COPY takes no parameters: the driver writes them into the text, quoted
            driver: Any = connection.connection.driver_connection
            return Statement(
                self.database.libpq_url, ClientCursor(driver).mogrify(sql, parameters), []
            )

    def count(self, query: Any, limit: int, seconds: float) -> int | None:
        with self.database.read() as connection:
            return count(connection, query, limit, seconds)

    def checkpoint(self) -> None:
        self.database.checkpoint()

    def ping(self) -> None:
        self.database.ping()

    def check_writable(self) -> None:
        self._probe.check()


def _as_sent(connection: Connection, query: Any) -> tuple[str, Any]:
    """The SQL and its parameters as the driver gets them: lists expanded, types converted."""
    sent: list[tuple[str, Any]] = []

    def capture(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        sent.append((sql, parameters))
        raise _Captured

    event.listen(connection, "before_cursor_execute", capture)
    with suppress(_Captured):
        connection.execute(query)
    return sent[0]


class _Captured(Exception):
    """Stops a statement before the driver executes it."""
