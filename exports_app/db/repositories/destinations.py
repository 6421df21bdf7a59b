"""Destinations of files, and which schedules deliver there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import Connection, delete, insert, select

from exports_app.db import models
from exports_app.db.repositories.base import Repository, table
from exports_app.domain.open_enum import OpenEnum
from exports_app.services.core.records import Destination, DestinationState

USES = table(models.ScheduleDestinationRow)
SCHEDULES = table(models.ScheduleRow)


class DestinationRepository(Repository[Destination]):
    model, record = models.DestinationRow, Destination
    enums: ClassVar[Mapping[str, type[OpenEnum]]] = {"state": DestinationState}

    def _live(self) -> Any:
        return self._table.c.deleted_at.is_(None)

    def get(self, destination_id: str, *, lock: bool = False) -> Destination | None:
        return self._one(self._table.c.id == destination_id, self._live(), lock=lock)

    def of_ids(self, ids: Collection[str]) -> list[Destination]:
        return self._all(self._select().where(self._table.c.id.in_(ids)))

    def of_tenant(self, tenant_id: str, limit: int) -> list[Destination]:
        c = self._table.c
        query = self._select().where(c.tenant_id == tenant_id, self._live())
        return self._all(query.order_by(c.name).limit(limit))

    def used_by(self, destination_id: str, limit: int) -> list[str]:
        query = select(SCHEDULES.c.name).join_from(
            USES, SCHEDULES, SCHEDULES.c.id == USES.c.scheduled_export_id
        )
        query = query.where(
            USES.c.destination_id == destination_id, SCHEDULES.c.deleted_at.is_(None)
        )
        return list(self._connection.execute(query.limit(limit)).scalars())

    def add(self, destination: Destination) -> None:
        self._insert([destination])

    def update(self, destination_id: str, version: int, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        where = (c.id == destination_id, c.version == version, self._live())
        return self._update(*where, values=values) == 1

    def note_state(self, destination_id: str, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == destination_id, self._live(), values=values)

    def secrets(self, after: str, limit: int) -> Sequence[tuple[str, str]]:
        c = self._table.c
        query = select(c.id, c.secrets).where(c.id > after, c.secrets.is_not(None))
        rows = self._connection.execute(query.order_by(c.id).limit(limit))
        return [(row.id, row.secrets) for row in rows]

    def replace_secrets(self, destination_id: str, old: str, new: str) -> bool:
        c = self._table.c
        where = (c.id == destination_id, c.secrets == old)
        return self._update(*where, values={"secrets": new}) == 1


def put(connection: Connection, given: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Of schedules without destinations: the id, and the destinations' ids."""
    rows = [
        {"scheduled_export_id": schedule_id, "destination_id": destination_id}
        for schedule_id, of in given
        for destination_id in of
    ]
    if rows:
        connection.execute(insert(USES), rows)


def replace(connection: Connection, given: Mapping[str, Sequence[str]]) -> None:
    """given: by the schedule's id."""
    if given:
        connection.execute(delete(USES).where(USES.c.scheduled_export_id.in_(given)))
        put(connection, given.items())
