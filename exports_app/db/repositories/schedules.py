"""Scheduled exports."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Text, bindparam, cast, exists, func, select, update

from exports_app.db import models
from exports_app.db.repositories import destinations, owners, slugs, tagging
from exports_app.db.repositories.base import contains, in_order, table
from exports_app.db.repositories.by_owner import OWNER, ByOwner
from exports_app.db.repositories.due_schedules import DueSchedules
from exports_app.db.repositories.paging import Listing, of_tenants
from exports_app.db.search import SCHEDULES
from exports_app.domain.runs.states import EXECUTED, TRIALS
from exports_app.services.core.interfaces import Tenants
from exports_app.services.core.records import Page, Run, Schedule, Summary


@cache
def _set_recipients() -> Any:
    c = table(models.ScheduleRow).c
    values = {
        "recipients": bindparam("left", type_=c.recipients.type),
        "updated_at": bindparam("at", type_=c.updated_at.type),
        "version": c.version + 1,
    }
    return update(table(models.ScheduleRow)).where(c.id == bindparam("dropped_id")).values(values)


class ScheduleRepository(DueSchedules):
    def get(self, schedule_id: str, *, lock: bool = False) -> Schedule | None:
        query = self._select().where(self._table.c.id == schedule_id, self._live())
        # The weakest lock that a change needs: runs of it may be added meanwhile. SQLite has one
        # writer at a time, and no such clause
        schedules = self._all(query.with_for_update(key_share=True) if lock else query)
        return schedules[0] if schedules else None

    def names_of(self, schedule_ids: Collection[str]) -> dict[str, str]:
        c = self._table.c
        query = select(c.id, c.name).where(c.id.in_(schedule_ids))
        return {row.id: row.name for row in self._connection.execute(query)}

    def of_ids(self, ids: Collection[str], *, lock: bool = False) -> list[Schedule]:
        query = self._select().where(self._table.c.id.in_(ids), self._live())
        return self._all(in_order(query, self._table.c.id) if lock else query)

    def find(
        self, within: Tenants, where: Mapping[str, Any], q: str, page: Page
    ) -> tuple[list[Schedule], int]:
        counted = self._counted() if within is None and where else ()
        more = {"counts_all": not where, "counted": counted}
        return self._listed(self._listing(self._columns, within, where, q, page, more))

    def _that(self, where: Mapping[str, Any], within: Tenants) -> list[Any]:
        return [self._live(), *(self._is(k, v, within) for k, v in where.items())]

    def names(
        self, within: Tenants, where: Mapping[str, Any], q: str, page: Page
    ) -> dict[str, str]:
        columns = (self._table.c.id, self._table.c.name)
        rows = self._listing(columns, within, where, q, page, {}).rows()
        return {row["id"]: row["name"] for row in rows}

    def _listing(
        self,
        columns: Sequence[Any],
        within: Tenants,
        where: Mapping[str, Any],
        q: str,
        page: Page,
        more: Mapping[str, Any],
    ) -> Listing:
        kind = ByOwner if page.sort.removeprefix("-") == OWNER else Listing
        return kind(
            *(self._connection, self._table, columns, self._that(where, within), page),
            branches=of_tenants(self._table, within),
            together=() if within is None else (self._table.c.tenant_id.in_(within),),
            search=self._search(SCHEDULES, q, within),
            **more,
        )

    def among(
        self, within: Tenants, where: Mapping[str, Any], q: str, ids: Collection[str]
    ) -> set[str]:
        query = select(self._table.c.id).where(
            self._table.c.id.in_(ids), *self._that(where, within)
        )
        if (search := self._search(SCHEDULES, q, within)) is not None:
            query = query.where(search.of_rows())
        return set(self._connection.execute(self._within(query, within)).scalars())

    def _counted(self) -> tuple[Any, Any]:
        """Of all schedules: they lead to the index that counts, which begins with these columns."""
        c, tenants = self._table.c, table(models.TenantRow).c
        return c.tenant_id.in_(select(tenants.id)), c.is_active.in_([True, False])

    def _is(self, name: str, value: Any, within: Tenants) -> Any:
        if name == "tags":
            return tagging.has_all(self._connection, value, within)
        if name == "ids":
            return self._table.c.id.in_(value)
        if name == "owner_id":
            return owners.owned_by(self._connection, [value], within)
        if name == "ownerless":
            return self._ownerless(within) if value else ~self._ownerless(within)
        ours = {"stopped": self._stopped, "failing": self._failing}
        return ours[name]() == value if name in ours else self._table.c[name] == value

    def _ownerless(self, within: Tenants) -> Any:
        """Active, and its owner may not export there any more."""
        lost = [
            owner
            for tenant_id in sorted(within or ())
            for owner in self._connection.execute(owners.without_right(tenant_id)).scalars()
        ]
        return owners.owned_by(self._connection, lost, within, self._table.c.is_active)

    def _stopped(self) -> Any:
        """Paused automatically."""
        return ~self._table.c.is_active & self._table.c.paused_at.is_not(None)

    def _failing(self) -> Any:
        """Active, and its latest scheduled runs failed."""
        return self._table.c.is_active & self._table.c.failing_since.is_not(None)

    def slugs(self, tenant_id: str, beginning: str, *, deleted: bool = True) -> set[str]:
        return slugs.beginning(self._connection, tenant_id, beginning, deleted=deleted)

    def without_slug(self, limit: int) -> list[Schedule]:
        c = self._table.c
        query = self._select().where(c.slug.is_(None), self._live())
        return self._all(query.order_by(c.id).limit(limit))

    def by_slugs(self, tenant_id: str, slugs: Collection[str]) -> list[Schedule]:
        c = self._table.c
        return self._all(
            self._select().where(c.tenant_id == tenant_id, c.slug.in_(slugs), self._live())
        )

    def of_tenant(self, tenant_id: str, limit: int) -> list[Schedule]:
        c = self._table.c
        query = self._select().where(c.tenant_id == tenant_id, self._live())
        return self._all(query.order_by(c.slug).limit(limit))

    def add(self, schedule: Schedule) -> None:
        self.add_all([schedule])

    def add_all(self, schedules: Sequence[Schedule]) -> None:
        self._insert(schedules)
        tagging.put(self._connection, [(one.id, one.tenant_id, one.tags) for one in schedules])
        destinations.put(self._connection, [(one.id, one.destination_ids) for one in schedules])

    def update(self, schedule_id: str, version: int, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        where = (c.id == schedule_id, c.version == version, self._live())
        done = self._update(*where, values=values) == 1
        if done and "tags" in values:
            tagging.replace(self._connection, {schedule_id: values["tags"]})
        if done and "destination_ids" in values:
            destinations.replace(self._connection, {schedule_id: values["destination_ids"]})
        return done

    def update_all(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        alike = dict[tuple[str, ...], list[dict[str, Any]]]()
        for schedule_id, of in values.items():
            row = {"updated_id": schedule_id, **{f"new_{name}": of[name] for name in of}}
            alike.setdefault(tuple(of), []).append(row)
        c = self._table.c
        for names, rows in alike.items():
            new = {name: bindparam(f"new_{name}", type_=c[name].type) for name in names}
            statement = update(self._table).where(c.id == bindparam("updated_id")).values(new)
            self._connection.execute(statement, rows)
        tagged = {key: of["tags"] for key, of in values.items() if "tags" in of}
        tagging.replace(self._connection, tagged)
        chosen = {
            key: of["destination_ids"] for key, of in values.items() if "destination_ids" in of
        }
        destinations.replace(self._connection, chosen)

    def tags(self, tenant_id: str) -> list[str]:
        return tagging.of_tenant(self._connection, tenant_id)

    def owners(self, tenant_id: str) -> list[str]:
        return list(self._connection.execute(owners.of_tenant(tenant_id)).scalars())

    def note_result(self, run: Run, status: str, at: datetime) -> bool:
        if run.of_earlier_date:
            return False
        # The latest run is the one created last: a long run that ends late must not hide the result
        # of its successor
        runs = table(models.RunRow)
        later = exists().where(
            runs.c.scheduled_export_id == run.scheduled_export_id,
            runs.c.created_at > run.created_at,
            runs.c.status.in_(EXECUTED),
            runs.c.trigger.not_in(TRIALS),
            ~runs.c.of_earlier_date,
            runs.c.completed_at.is_not(None),
            runs.c.started_at.is_not(None),
        )
        values = {"last_run_at": at, "last_status": status}
        return self._update(self._table.c.id == run.scheduled_export_id, ~later, values=values) == 1

    def change(self, schedule_id: str, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == schedule_id, self._live(), values=values)

    def active_of(self, owner_id: str) -> list[Schedule]:
        c = self._table.c
        query = self._select().where(c.owner_id == owner_id, c.is_active, self._live())
        return self._all(query.order_by(c.id).with_for_update(key_share=True))

    def transfer_ownership(
        self, tenant_id: str, owner_id: str, new_owner_id: str, at: datetime
    ) -> list[Schedule]:
        c = self._table.c
        owned = (c.tenant_id == tenant_id, c.owner_id == owner_id, self._live())
        schedules = self._all(
            self._select().where(*owned).order_by(c.id).with_for_update(key_share=True)
        )
        self._update(
            *owned, values={"owner_id": new_owner_id, "updated_at": at, "version": c.version + 1}
        )
        return schedules

    def addressed_to(
        self, tenant_id: str, address: str, *, lock: bool = False, deleted: bool = False
    ) -> list[Schedule]:
        c, wanted = self._table.c, address.lower()
        which = c.deleted_at.is_not(None) if deleted else self._live()
        query = self._select().where(c.tenant_id == tenant_id, which).order_by(c.id)
        if wanted.isascii():
            # In the stored JSON text other letters are escaped, in which case counts
            query = query.where(
                contains(self._connection, cast(c.recipients, Text), json.dumps(wanted)[1:-1])
            )
        schedules = self._all(query.with_for_update(key_share=True) if lock else query)
        return [
            schedule
            for schedule in schedules
            if wanted in {recipient.lower() for recipient in schedule.recipients}
        ]

    def set_recipients(self, recipients: Mapping[str, list[str]], at: datetime) -> None:
        if recipients:
            rows = [{"dropped_id": key, "left": left, "at": at} for key, left in recipients.items()]
            self._connection.execute(_set_recipients(), rows)

    def summary(self, within: Tenants) -> Summary:
        c = self._table.c
        counts = (
            func.count(),
            func.count().filter(c.is_active),
            func.min(c.next_run_at).filter(c.is_active),
        )
        query: Any = select(*counts).select_from(self._table).where(self._live())
        total, active, first = self._connection.execute(self._within(query, within)).one()
        # Each in a query of its own: another index has its column, and only such rows are read
        number: Any = select(func.count()).select_from(self._table).where(self._live())
        failing, stopped = (
            self._connection.execute(self._within(number.where(which), within)).scalar_one()
            for which in (self._failing(), self._stopped())
        )
        return Summary(total, active, failing, first, stopped)
