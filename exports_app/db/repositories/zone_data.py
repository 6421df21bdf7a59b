"""The time zone data that was seen last."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from exports_app.db import models
from exports_app.db.repositories.base import table


class ZoneDataRepository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._table = table(models.ZoneDataRow)

    def fingerprints(self) -> dict[str, str]:
        c = self._table.c
        rows = self._connection.execute(select(c.zone, c.fingerprint))
        return {row.zone: row.fingerprint for row in rows}

    def note(self, zone: str, fingerprint: str, at: datetime) -> None:
        row = {"zone": zone, "fingerprint": fingerprint, "seen_at": at}
        self._connection.execute(delete(self._table).where(self._table.c.zone == zone))
        self._connection.execute(insert(self._table), [row])
