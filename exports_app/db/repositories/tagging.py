"""Which schedules have which tags."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, insert, select

from exports_app.db import models
from exports_app.db.repositories.base import distinct, table
from exports_app.db.repositories.searching import FEW
from exports_app.domain.schedules import tags
from exports_app.services.core.interfaces import Tenants

TAGS = table(models.ScheduleTagRow)
SCHEDULES = table(models.ScheduleRow)


def has_all(connection: Connection, folded: Sequence[str], within: Tenants) -> Any:
    """The condition that a schedule has all of these tags."""
    return and_(*(_has(connection, tag, within) for tag in folded))


def _has(connection: Connection, folded: str, within: Tenants) -> Any:
    """Few schedules are found first, by their ids; of more, each one in the list's order is looked
    at until the page is full."""
    c, tenants = TAGS.c, table(models.TenantRow).c
    # The index begins with the tenant
    of = select(tenants.id) if within is None else within
    query = select(c.scheduled_export_id).where(c.tenant_id.in_(of), c.folded == folded)
    ids = list(connection.execute(query.limit(FEW + 1)).scalars())
    if len(ids) <= FEW:
        return SCHEDULES.c.id.in_(ids)
    return exists().where(c.scheduled_export_id == SCHEDULES.c.id, c.folded == folded)


def of_tenant(connection: Connection, tenant_id: str) -> list[str]:
    """The spellings of the tags of schedules that are not deleted, in order."""
    c, schedules = TAGS.c, SCHEDULES.c
    live = (schedules.id == c.scheduled_export_id, schedules.deleted_at.is_(None))
    return distinct(connection, c.name, c.tenant_id == tenant_id, exists().where(*live))


def put(connection: Connection, given: Iterable[tuple[str, str, Sequence[str]]]) -> None:
    """Of schedules without tags: the id, the tenant's id, and the tags."""
    rows = [
        {
            "scheduled_export_id": schedule_id,
            "tenant_id": tenant_id,
            "folded": tags.folded(tag),
            "name": tag,
        }
        for schedule_id, tenant_id, of in given
        for tag in of
    ]
    if rows:
        connection.execute(insert(TAGS), rows)


def replace(connection: Connection, given: Mapping[str, Sequence[str]]) -> None:
    """given: by the schedule's id."""
    if not given:
        return
    tenants = select(SCHEDULES.c.id, SCHEDULES.c.tenant_id).where(SCHEDULES.c.id.in_(given))
    found = connection.execute(tenants).all()
    connection.execute(delete(TAGS).where(TAGS.c.scheduled_export_id.in_(given)))
    put(connection, [(row.id, row.tenant_id, given[row.id]) for row in found])
