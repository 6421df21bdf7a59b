"""The Store: transactions with their repositories, and the row stream of an export."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from exports_app.db import repositories as r
from exports_app.db.engine import Database
from exports_app.db.sample import sample
from exports_app.domain.table import Chunk
from exports_app.services.records import Sample


class SqlTransaction:
    """Implements Transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def tenants(self) -> r.TenantRepository:
        return r.TenantRepository(self.connection)

    @cached_property
    def users(self) -> r.UserRepository:
        return r.UserRepository(self.connection)

    @cached_property
    def campaigns(self) -> r.CampaignRepository:
        return r.CampaignRepository(self.connection)

    @cached_property
    def schedules(self) -> r.ScheduleRepository:
        return r.ScheduleRepository(self.connection)

    @cached_property
    def runs(self) -> r.RunRepository:
        return r.RunRepository(self.connection)

    @cached_property
    def deliveries(self) -> r.DeliveryRepository:
        return r.DeliveryRepository(self.connection)

    @cached_property
    def sessions(self) -> r.SessionRepository:
        return r.SessionRepository(self.connection)

    @cached_property
    def codes(self) -> r.CodeRepository:
        return r.CodeRepository(self.connection)


class SqlStore:
    """Implements Store."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        with self.database.read() as connection:
            yield SqlTransaction(connection)

    @contextmanager
    def write(self) -> Iterator[SqlTransaction]:
        with self.database.write() as connection:
            yield SqlTransaction(connection)

    @contextmanager
    def rows(self, query: Any, chunk: int) -> Iterator[Iterator[Chunk]]:
        with self.database.read() as connection:
            result = connection.execution_options(stream_results=True, yield_per=chunk).execute(query)
            try:
                yield ([tuple(row) for row in part] for part in result.partitions(chunk))
            finally:
                result.close()

    def sample(self, query: Any, limit: int, seconds: float) -> Sample:
        with self.database.read() as connection:
            return sample(connection, query, limit, seconds)

    def ping(self) -> None:
        self.database.ping()
