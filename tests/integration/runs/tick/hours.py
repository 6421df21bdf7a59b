"""Schedules of each hour, and a store in which something happens in the middle of a tick."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from exports_app.db import models
from exports_app.db.repositories import table
from exports_app.domain.access import Principal
from exports_app.services.core.interfaces import Store, Transaction
from exports_app.services.core.records import Schedule
from exports_app.wiring import Services
from tests.world import make_schedule

HOUR = timedelta(hours=1)
ELEVEN = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)


def hourly(services: Services, who: Principal, **changes: Any) -> Schedule:
    return make_schedule(services, who, **{"schedule": "@hourly", "timezone": "UTC"} | changes)


def write_directly(services: Services, schedule: Schedule, **values: Any) -> None:
    with services.database.write() as connection:
        rows = table(models.ScheduleRow)
        connection.execute(update(rows).where(rows.c.id == schedule.id).values(**values))


@dataclass
class MeanwhileStore:
    """The real store; before the next write someone else does something."""

    store: Store
    meanwhile: Callable[[], None]

    def read(self) -> Any:
        return self.store.read()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        self.meanwhile()
        with self.store.write() as tx:
            yield tx

    def rows(self, query: Any, chunk: int) -> Any:
        return self.store.rows(query, chunk)

    def ping(self) -> None:
        self.store.ping()
