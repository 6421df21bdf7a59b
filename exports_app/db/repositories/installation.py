"""What all processes of an installation share beside the database."""

from dataclasses import asdict

from sqlalchemy import Connection, Insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from exports_app.db import models
from exports_app.db.repositories.base import table
from exports_app.services.core.records import InstallationRecord, Maintenance

ONLY = 1
"""The id of the row."""


class InstallationRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._table = table(models.InstallationRow)

    def noted(self) -> InstallationRecord | None:
        c = self._table.c
        columns = (c.salt, c.signing_key, c.encryption_key, c.file_store, c.time_zone)
        row = self._connection.execute(select(*columns).where(c.id == ONLY)).one_or_none()
        return None if row is None else InstallationRecord(*row)

    def add(self, record: InstallationRecord) -> None:
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        added: Insert = dialect.insert(self._table).on_conflict_do_nothing(index_elements=["id"])
        self._connection.execute(added, [{"id": ONLY} | asdict(record)])

    def replace(self, old: InstallationRecord, new: InstallationRecord) -> bool:
        unchanged = [self._table.c[name] == value for name, value in asdict(old).items()]
        statement = update(self._table).where(*unchanged).values(asdict(new))
        return self._connection.execute(statement).rowcount == 1

    def maintenance(self) -> Maintenance:
        c = self._table.c
        columns = (c.maintenance_since, c.maintenance_reason, c.maintenance_ended_at)
        row = self._connection.execute(select(*columns).where(c.id == ONLY)).one_or_none()
        if row is None:
            return Maintenance()
        since, reason, ended_at = row
        return Maintenance(since, reason or "", ended_at)

    def set_maintenance(self, new: Maintenance) -> None:
        values = {f"maintenance_{name}": value for name, value in asdict(new).items()}
        self._connection.execute(update(self._table).values(values))
