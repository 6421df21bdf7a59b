"""Slugs of scheduled exports."""

from sqlalchemy import Connection, select

from exports_app.db import models
from exports_app.db.repositories.base import table

SCHEDULES = table(models.ScheduleRow)


def beginning(connection: Connection, tenant_id: str, beginning: str, *, deleted: bool) -> set[str]:
    """Those of a tenant that begin so; also those of deleted schedules, where they are wanted."""
    c = SCHEDULES.c
    # { is behind all characters of a slug
    query = select(c.slug).where(
        c.tenant_id == tenant_id, c.slug >= beginning, c.slug < f"{beginning}{{"
    )
    found = set(connection.execute(query.where(c.deleted_at.is_(None))).scalars())
    if deleted:
        found |= set(connection.execute(query.where(c.deleted_at.is_not(None))).scalars())
    return found
