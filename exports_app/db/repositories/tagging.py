"""Which schedules have which tags."""

from collections.abc import Sequence
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


def put(connection: Connection, schedule_id: str, tenant_id: str, given: Sequence[str]) -> None:
    """Of a schedule without tags."""
    if given:
        of = {"scheduled_export_id": schedule_id, "tenant_id": tenant_id}
        rows = [{**of, "folded": tags.folded(tag), "name": tag} for tag in given]
        connection.execute(insert(TAGS), rows)


def replace(connection: Connection, schedule_id: str, given: Sequence[str]) -> None:
    tenant = select(SCHEDULES.c.tenant_id).where(SCHEDULES.c.id == schedule_id)
    tenant_id = connection.execute(tenant).scalar_one()
    connection.execute(delete(TAGS).where(TAGS.c.scheduled_export_id == schedule_id))
    put(connection, schedule_id, tenant_id, given)
