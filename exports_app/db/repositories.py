"""The stores over SQL. They run inside the caller's transaction and never commit."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import Connection, Select, Table, Text, and_, case, cast, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from exports_app.db import models
from exports_app.db.types import like_ascii
from exports_app.domain.access import Role
from exports_app.domain.run import (
    BY_CLOCK,
    FAILING,
    FINISHED,
    UNDELIVERED,
    AttemptOutcome,
    DeliveryStatus,
    RunStatus,
    Trigger,
    move_run,
)
from exports_app.services.ports import Tenants, UnderWay
from exports_app.services.records import (
    Attempt,
    Campaign,
    Code,
    Delivery,
    LatestRun,
    Membership,
    Metric,
    Notice,
    NoticeKind,
    Page,
    Run,
    Schedule,
    Session,
    Summary,
    Tenant,
    User,
    Waiting,
)

R = TypeVar("R")


def table(model: type[SQLModel]) -> Table:
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


def upsert(connection: Connection, into: Table) -> Any:
    """An INSERT that knows ON CONFLICT, which SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(into)


def contains(column: Any, text: str) -> Any:
    """Whether the column contains the text, in any case; % and _ in the text are only themselves."""
    if text.isascii():
        pattern = text.lower().replace("/", "//").replace("%", "/%").replace("_", "/_")
        return like_ascii(column, f"%{pattern}%")
    return func.lower(column).contains(text.lower(), autoescape=True)


def by_status(connection: Connection, of: Table) -> dict[str, int]:
    """How many rows of the table have each status."""
    rows = connection.execute(select(of.c.status, func.count()).group_by(of.c.status))
    return {row[0]: row[1] for row in rows}


def forget(connection: Connection, of: Table, key: Any, expired_before: datetime, limit: int) -> None:
    """Remove so many of the rows that expired before the instant."""
    old = select(key).where(of.c.expires_at < expired_before).limit(limit)
    connection.execute(delete(of).where(key.in_(old)))


class Repository(Generic[R]):
    model: ClassVar[type[SQLModel]]
    record: type[R]
    enums: ClassVar[Mapping[str, type]] = {}
    """Columns whose text is one of the domain's enumerations."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._table = table(self.model)
        self._columns = [self._table.c[f.name] for f in fields(self.record)]  # type: ignore[arg-type]

    def _make(self, row: Mapping[str, Any]) -> R:
        return self.record(**{k: self.enums[k](v) if k in self.enums and v is not None else v for k, v in row.items()})

    def _select(self) -> Select[Any]:
        return select(*self._columns)

    def _all(self, query: Select[Any]) -> list[R]:
        return [self._make(dict(row)) for row in self._connection.execute(query).mappings()]

    def _one(self, *where: Any) -> R | None:
        row = self._connection.execute(self._select().where(*where)).mappings().one_or_none()
        return None if row is None else self._make(dict(row))

    def _insert(self, records: Iterable[Any]) -> None:
        rows = [asdict(r) for r in records]
        if rows:
            self._connection.execute(insert(self._table), rows)

    def _update(self, *where: Any, values: Mapping[str, Any]) -> int:
        return self._connection.execute(update(self._table).where(*where).values(dict(values))).rowcount

    def _page(self, query: Select[Any], page: Page) -> tuple[list[R], int]:
        count = select(func.count()).select_from(query.with_only_columns(self._table.c.id).subquery())
        name = page.sort.removeprefix("-")
        column = self._table.c[name]
        order = column.desc() if page.sort.startswith("-") else column.asc()
        # The nulls stand last in either direction and either database; the id makes the order total
        order = order.nulls_last() if column.nullable else order
        found = self._all(query.order_by(order, self._table.c.id).limit(page.size).offset(page.offset))
        if page.offset == 0 and len(found) < page.size:
            return found, len(found)
        return found, self._connection.execute(count).scalar_one()

    def _within(self, query: Select[Any], within: Tenants) -> Select[Any]:
        return query if within is None else query.where(self._table.c.tenant_id.in_(within))


class TenantRepository(Repository[Tenant]):
    model, record = models.TenantRow, Tenant

    def get(self, tenant_id: str) -> Tenant | None:
        return self._one(self._table.c.id == tenant_id)

    def by_slug(self, slug: str) -> Tenant | None:
        return self._one(self._table.c.slug == slug)

    def within(self, limit: Tenants) -> list[Tenant]:
        query = self._select().order_by(self._table.c.slug)
        return self._all(query if limit is None else query.where(self._table.c.id.in_(limit)))

    def add(self, tenant: Tenant) -> None:
        self._insert([tenant])


class UserRepository(Repository[User]):
    model, record = models.UserRow, User

    def get(self, user_id: str) -> User | None:
        return self._one(self._table.c.id == user_id)

    def by_email(self, email: str) -> User | None:
        return self._one(self._table.c.email == email)

    def active(self) -> list[User]:
        return self._all(self._select().where(self._table.c.is_active))

    def is_empty(self) -> bool:
        return self._connection.execute(select(self._table.c.id).limit(1)).first() is None

    def ids(self) -> set[str]:
        return set(self._connection.execute(select(self._table.c.id)).scalars())

    def add(self, user: User) -> None:
        self._insert([user])

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        query = select(self._table.c.id, self._table.c.name).where(self._table.c.id.in_(user_ids))
        return {row.id: row.name for row in self._connection.execute(query)}

    def admins(self, tenant_id: str) -> list[User]:
        c, members = self._table.c, table(models.MembershipRow)
        query = self._select().join(members, members.c.user_id == c.id)
        return self._all(
            query.where(members.c.tenant_id == tenant_id, members.c.role == Role.ADMIN, c.is_active).order_by(c.email)
        )

    def roles(self, user_id: str) -> dict[str, Role]:
        members = table(models.MembershipRow)
        rows = self._connection.execute(select(members.c.tenant_id, members.c.role).where(members.c.user_id == user_id))
        return {tenant: Role(role) for tenant, role in rows}

    def join(self, membership: Membership) -> None:
        query = upsert(self._connection, table(models.MembershipRow)).values(asdict(membership))
        self._connection.execute(
            query.on_conflict_do_update(index_elements=["user_id", "tenant_id"], set_={"role": query.excluded.role})
        )


class CampaignRepository(Repository[Campaign]):
    model, record = models.CampaignRow, Campaign

    def get(self, campaign_id: str) -> Campaign | None:
        return self._one(self._table.c.id == campaign_id)

    def find(self, within: Tenants, where: Mapping[str, str], q: str, page: Page) -> tuple[list[Campaign], int]:
        query = self._within(self._select(), within).where(*(self._table.c[k] == v for k, v in where.items()))
        if q:
            query = query.where(contains(self._table.c.name, q))
        return self._page(query, page)

    def add(self, campaigns: Iterable[Campaign]) -> None:
        self._insert(campaigns)

    def update(self, campaign_id: str, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == campaign_id, values=values)

    def delete(self, campaign_id: str) -> None:
        metrics = table(models.MetricRow)
        self._connection.execute(delete(metrics).where(metrics.c.campaign_id == campaign_id))
        self._connection.execute(delete(self._table).where(self._table.c.id == campaign_id))

    def existing(self, tenant_id: str, campaign_ids: Collection[str]) -> set[str]:
        query = select(self._table.c.id).where(self._table.c.tenant_id == tenant_id, self._table.c.id.in_(campaign_ids))
        return set(self._connection.execute(query).scalars())

    def names(self, tenant_id: str, campaign_ids: Collection[str]) -> dict[str, str]:
        c = self._table.c
        query = select(c.id, c.name).where(c.tenant_id == tenant_id, c.id.in_(campaign_ids))
        return {row.id: row.name for row in self._connection.execute(query)}

    def by_name(self, tenant_id: str, names: Collection[str]) -> list[Campaign]:
        return self._all(self._select().where(self._table.c.tenant_id == tenant_id, self._table.c.name.in_(names)))

    def count_metrics(self) -> int:
        total: int = self._connection.execute(select(func.count()).select_from(table(models.MetricRow))).scalar_one()
        return total

    def add_metrics(self, metrics: Sequence[Metric]) -> None:
        if metrics:
            self._connection.execute(insert(table(models.MetricRow)), [vars(m) for m in metrics])

    def upsert_metrics(self, metrics: Sequence[Metric]) -> None:
        if not metrics:
            return
        into = table(models.MetricRow)
        query = upsert(self._connection, into)
        changed = {c.name: query.excluded[c.name] for c in into.columns if not c.primary_key}
        # One short statement for many rows: a long one with all the values is ten times as slow to build
        self._connection.execute(
            query.on_conflict_do_update(index_elements=["campaign_id", "date"], set_=changed), [vars(m) for m in metrics]
        )


class ScheduleRepository(Repository[Schedule]):
    model, record = models.ScheduleRow, Schedule
    enums: ClassVar[Mapping[str, type]] = {"last_status": RunStatus}

    def _live(self) -> Any:
        return self._table.c.deleted_at.is_(None)

    def get(self, schedule_id: str) -> Schedule | None:
        return self._one(self._table.c.id == schedule_id, self._live())

    def find(self, within: Tenants, where: Mapping[str, Any], q: str, page: Page) -> tuple[list[Schedule], int]:
        query = self._within(self._select(), within).where(self._live(), *(self._table.c[k] == v for k, v in where.items()))
        if q:
            query = query.where(self._mentions(q))
        return self._page(query, page)

    def _mentions(self, q: str) -> Any:
        c = self._table.c
        found = contains(c.name, q) | contains(func.coalesce(c.description, ""), q)
        if set(q) & set('[]", '):  # JSON's own marks, which no address has
            return found
        # The list is searched as the JSON text it is stored as, in which a letter that is not ASCII is an escape
        return found | contains(cast(c.recipients, Text), json.dumps(q.lower())[1:-1])

    def add(self, schedule: Schedule) -> None:
        self._insert([schedule])

    def update(self, schedule_id: str, version: int, values: Mapping[str, Any]) -> bool:
        where = (self._table.c.id == schedule_id, self._table.c.version == version, self._live())
        return self._update(*where, values=values) == 1

    def due(self, now: datetime, limit: int) -> list[Schedule]:
        c = self._table.c
        query = self._select().where(c.is_active, self._live(), c.next_run_at <= now)
        return self._all(query.order_by(c.next_run_at, c.id).limit(limit))

    def due_since(self, now: datetime) -> datetime | None:
        c = self._table.c
        query = select(func.min(c.next_run_at, type_=c.next_run_at.type)).where(c.is_active, self._live(), c.next_run_at <= now)
        found: datetime | None = self._connection.execute(query).scalar_one()
        return found

    def advance(self, seen: Schedule, next_run_at: datetime | None) -> bool:
        c = self._table.c
        where = (c.id == seen.id, c.version == seen.version, c.next_run_at == seen.next_run_at, c.is_active, self._live())
        return self._update(*where, values={"next_run_at": next_run_at}) == 1

    def note_result(self, run: Run, status: str, at: datetime) -> None:
        # "Latest" is by the moment a run was made, so that a long one that ends late does not hide its successor
        runs = table(models.RunRow)
        later = exists().where(
            runs.c.scheduled_export_id == run.scheduled_export_id,
            runs.c.created_at > run.created_at,
            runs.c.completed_at.is_not(None),
            runs.c.started_at.is_not(None),
        )
        values = {"last_run_at": at, "last_status": status}
        self._update(self._table.c.id == run.scheduled_export_id, ~later, values=values)

    def change(self, schedule_id: str, values: Mapping[str, Any]) -> None:
        self._update(self._table.c.id == schedule_id, self._live(), values=values)

    def summary(self, within: Tenants) -> Summary:
        c = self._table.c
        counts = (
            func.count(),
            func.count().filter(c.is_active),
            func.count().filter(c.is_active, c.last_status.in_(FAILING)),
            func.min(c.next_run_at).filter(c.is_active),
        )
        query: Any = select(*counts).select_from(self._table).where(self._live())
        return Summary(*self._connection.execute(self._within(query, within)).one())


class RunRepository(Repository[Run]):
    model, record = models.RunRow, Run
    enums: ClassVar[Mapping[str, type]] = {"status": RunStatus, "trigger": Trigger}

    def get(self, run_id: str) -> Run | None:
        return self._one(self._table.c.id == run_id)

    def of_schedule(self, schedule_id: str, limit: int) -> tuple[list[Run], int]:
        c = self._table.c
        of = c.scheduled_export_id == schedule_id
        total = self._connection.execute(select(func.count()).select_from(self._table).where(of)).scalar_one()
        return self._all(self._select().where(of).order_by(c.created_at.desc(), c.id).limit(limit)), total

    def latest(self, schedule_ids: Collection[str]) -> list[LatestRun]:
        c, schedules, sent = self._table.c, table(models.ScheduleRow), table(models.DeliveryRow)
        # Schedule by schedule through the index: one step into it each, however long their histories are
        other = self._table.alias("other")
        newest = select(other.c.id).where(other.c.scheduled_export_id == schedules.c.id)
        newest = newest.order_by(other.c.created_at.desc(), other.c.id).limit(1)
        query = self._select().select_from(schedules).join(self._table, c.id == newest.correlate(schedules).scalar_subquery())
        found = self._all(query.where(schedules.c.id.in_(schedule_ids)))
        accepted = func.count().filter(sent.c.status == DeliveryStatus.ACCEPTED)
        counted = select(sent.c.history_id, accepted, func.count()).group_by(sent.c.history_id)
        rows = self._connection.execute(counted.where(sent.c.history_id.in_([run.id for run in found])))
        counts = {run_id: (good, total) for run_id, good, total in rows}
        return [LatestRun(run, *counts.get(run.id, (0, 0))) for run in found]

    def add(self, run: Run) -> bool:
        query = upsert(self._connection, self._table).values(asdict(run)).on_conflict_do_nothing()
        return bool(self._connection.execute(query).rowcount == 1)

    def waiting(self, now: datetime) -> list[Waiting]:
        c = self._table.c
        scheduled = case((c.trigger.in_(BY_CLOCK), 1), else_=0)
        place = func.row_number().over(partition_by=c.tenant_id, order_by=(scheduled, c.created_at, c.id))
        held = select(c.id, c.tenant_id, scheduled.label("scheduled"), c.created_at, place.label("place"))
        queue = held.where(*self._may_begin(now)).subquery()
        heads = select(queue).where(queue.c.place == 1).order_by(queue.c.created_at, queue.c.id)
        return [Waiting(r.id, r.tenant_id, not r.scheduled) for r in self._connection.execute(heads)]

    def has_waiting(self, now: datetime) -> bool:
        return self._connection.execute(select(self._table.c.id).where(*self._may_begin(now)).limit(1)).first() is not None

    def waiting_since(self, now: datetime) -> datetime | None:
        c = self._table.c
        since = func.min(func.coalesce(c.next_attempt_at, c.created_at), type_=c.created_at.type)
        query: Select[Any] = select(since).where(*self._may_begin(now), c.file_key.is_(None), c.started_at.is_(None))
        found: datetime | None = self._connection.execute(query).scalar_one()
        return found

    def _may_begin(self, now: datetime) -> tuple[Any, ...]:
        c, other = self._table.c, self._table.alias("other")
        busy = exists().where(other.c.scheduled_export_id == c.scheduled_export_id, other.c.status == RunStatus.PROCESSING)
        waits = and_(c.next_attempt_at.is_not(None), c.next_attempt_at > now)
        return c.status == RunStatus.PENDING, ~waits, c.overlaps | ~busy

    def under_way(self, schedule_ids: Collection[str]) -> dict[str, UnderWay]:
        c = self._table.c
        new = and_(c.status == RunStatus.PENDING, c.attempt == 0)
        of = (c.scheduled_export_id.in_(schedule_ids), c.trigger == Trigger.SCHEDULE)
        counts = (func.count().filter(c.status == RunStatus.PROCESSING), func.count().filter(new))
        query = select(c.scheduled_export_id, *counts).where(*of, c.status.in_((RunStatus.PENDING, RunStatus.PROCESSING)))
        rows = self._connection.execute(query.group_by(c.scheduled_export_id))
        return {schedule_id: UnderWay(processing > 0, waiting > 0) for schedule_id, processing, waiting in rows}

    def ticks(self, schedule_id: str, instants: Collection[datetime]) -> dict[datetime, Run]:
        c = self._table.c
        found = self._all(self._select().where(c.scheduled_export_id == schedule_id, c.scheduled_for.in_(instants)))
        return {run.scheduled_for: run for run in found if run.scheduled_for is not None}

    def make_up(self, seen: Run, run: Run) -> bool:
        # The row stays: there is one for each tick. All that the new run brings along replaces what was skipped
        c = self._table.c
        move_run(seen.status, RunStatus.PENDING)
        values = asdict(run)
        del values["id"]
        return self._update(c.id == seen.id, c.status == seen.status, values=values) == 1

    def changed(self, seen: Run, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        return self._update(c.id == seen.id, c.status == seen.status, c.attempt == seen.attempt, values=values) == 1

    def by_status(self) -> dict[str, int]:
        return by_status(self._connection, self._table)

    def claim(self, run_id: str, token: str, now: datetime, expires: datetime) -> bool:
        c = self._table.c
        values = {
            "status": RunStatus.PROCESSING,
            "attempt": c.attempt + 1,
            "lease_token": token,
            "lease_expires_at": expires,
            "started_at": func.coalesce(c.started_at, now),
            "next_attempt_at": None,
        }
        return self._update(c.id == run_id, c.status == RunStatus.PENDING, values=values) == 1

    def held(self, run_id: str, token: str, values: Mapping[str, Any], expired_before: datetime | None = None) -> bool:
        c = self._table.c
        where = [c.id == run_id, c.lease_token == token, c.status == RunStatus.PROCESSING]
        if expired_before is not None:
            where.append(c.lease_expires_at < expired_before)
        return self._update(*where, values=values) == 1

    def extend(self, run_id: str, token: str, expires: datetime) -> bool:
        return self.held(run_id, token, {"lease_expires_at": expires})

    def abandoned(self, expired_before: datetime | None) -> list[Run]:
        c = self._table.c
        query = self._select().where(c.status == RunStatus.PROCESSING)
        return self._all(query if expired_before is None else query.where(c.lease_expires_at < expired_before))

    def cancel_pending(self, schedule_id: str, at: datetime) -> int:
        c = self._table.c
        return self._update(
            c.scheduled_export_id == schedule_id,
            c.status == RunStatus.PENDING,
            values={
                "status": RunStatus.CANCELLED,
                "completed_at": at,
                "error_code": "schedule_deleted",
                "error": "Its scheduled export was deleted before the run began",
            },
        )

    def cancel(self, seen: Run, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        ended = {"status": move_run(seen.status, RunStatus.CANCELLED), "lease_token": None, "lease_expires_at": None}
        return self._update(c.id == seen.id, c.status == seen.status, values=dict(values) | ended) == 1

    def reopen(self, seen: Run) -> bool:
        c = self._table.c
        fresh = dict.fromkeys(
            ("error", "error_code", "started_at", "completed_at", "lease_token", "lease_expires_at", "next_attempt_at")
        )
        values = fresh | {"status": move_run(seen.status, RunStatus.PENDING), "attempt": 0, "deaths": 0}
        return self._update(c.id == seen.id, c.status == seen.status, c.file_removed_at.is_(None), values=values) == 1

    def outdated(self, tenant_id: str, completed_before: datetime, now: datetime, limit: int) -> list[Run]:
        c = self._table.c
        promised = and_(c.link_expires_at.is_not(None), c.link_expires_at > now)
        old = (c.tenant_id == tenant_id, *self._has_file(), c.completed_at < completed_before, ~promised)
        return self._all(self._select().where(*old).order_by(c.completed_at, c.id).limit(limit))

    def note_removed(self, run_id: str, at: datetime) -> bool:
        return self._update(self._table.c.id == run_id, *self._has_file(), values={"file_removed_at": at}) == 1

    def _has_file(self) -> tuple[Any, ...]:
        c = self._table.c
        return c.status.in_(FINISHED), c.file_key.is_not(None), c.file_removed_at.is_(None)

    def keys_in_use(self, keys: Collection[str]) -> set[str]:
        c = self._table.c
        query = select(c.file_key).where(c.file_key.in_(keys), c.file_removed_at.is_(None))
        return set(self._connection.execute(query).scalars())


class DeliveryRepository(Repository[Delivery]):
    model, record = models.DeliveryRow, Delivery
    enums: ClassVar[Mapping[str, type]] = {"status": DeliveryStatus}

    def get(self, delivery_id: str) -> Delivery | None:
        return self._one(self._table.c.id == delivery_id)

    def of_runs(self, run_ids: Collection[str]) -> dict[str, list[Delivery]]:
        c = self._table.c
        found: dict[str, list[Delivery]] = {}
        for one in self._all(self._select().where(c.history_id.in_(run_ids)).order_by(c.channel, c.target)):
            found.setdefault(one.history_id, []).append(one)
        return found

    def add(self, deliveries: Iterable[Delivery]) -> None:
        self._insert(deliveries)

    def held(self, delivery: Delivery, token: str, values: Mapping[str, Any]) -> bool:
        runs = table(models.RunRow)
        holds = exists().where(
            runs.c.id == delivery.history_id, runs.c.lease_token == token, runs.c.status == RunStatus.PROCESSING
        )
        return self._update(self._table.c.id == delivery.id, holds, values=values) == 1

    def lose_sending(self, run_id: str) -> None:
        c = self._table.c
        where = (c.history_id == run_id, c.status == DeliveryStatus.SENDING)
        self._update(*where, values={"status": DeliveryStatus.UNKNOWN})

    def end_pending(self, run_id: str, reason: str) -> None:
        c = self._table.c
        pending = (c.history_id == run_id, c.status == DeliveryStatus.PENDING)
        self._update(*pending, c.attempts > 0, c.error.is_not(None), values={"status": DeliveryStatus.FAILED})
        self._update(*pending, values={"status": DeliveryStatus.SKIPPED, "error": reason})

    def accept_unknown(self, run_id: str, told: str) -> int:
        c = self._table.c
        values = {"status": DeliveryStatus.ACCEPTED, "error": told}
        return self._update(c.history_id == run_id, c.status == DeliveryStatus.UNKNOWN, values=values)

    def by_status(self) -> dict[str, int]:
        return by_status(self._connection, self._table)

    def reopen(self, run_id: str) -> int:
        c = self._table.c
        where = (c.history_id == run_id, c.status.in_(UNDELIVERED))
        return self._update(*where, values={"status": DeliveryStatus.PENDING, "error": None})


class AttemptRepository(Repository[Attempt]):
    model, record = models.AttemptRow, Attempt
    enums: ClassVar[Mapping[str, type]] = {"outcome": AttemptOutcome}

    def of_runs(self, run_ids: Collection[str]) -> dict[str, list[Attempt]]:
        c = self._table.c
        found: dict[str, list[Attempt]] = {}
        for one in self._all(self._select().where(c.history_id.in_(run_ids)).order_by(c.started_at, c.number)):
            found.setdefault(one.history_id, []).append(one)
        return found

    def add(self, attempt: Attempt) -> None:
        self._insert([attempt])

    def end(self, run_id: str, outcome: AttemptOutcome, at: datetime, error: str | None, code: str | None) -> None:
        c = self._table.c
        values = {"ended_at": at, "outcome": outcome, "error": error, "error_code": code}
        self._update(c.history_id == run_id, c.ended_at.is_(None), values=values)


class NoticeRepository(Repository[Notice]):
    model, record = models.NoticeRow, Notice
    enums: ClassVar[Mapping[str, type]] = {"status": DeliveryStatus, "kind": NoticeKind}

    def of_schedule(self, schedule_id: str, limit: int) -> list[Notice]:
        c = self._table.c
        return self._all(
            self._select().where(c.scheduled_export_id == schedule_id).order_by(c.created_at.desc(), c.id).limit(limit)
        )

    def add(self, notices: Iterable[Notice]) -> None:
        self._insert(notices)

    def due(self, now: datetime, limit: int) -> list[Notice]:
        c = self._table.c
        return self._all(self._select().where(c.next_attempt_at <= now).order_by(c.next_attempt_at, c.id).limit(limit))

    def change(self, seen: Notice, values: Mapping[str, Any]) -> bool:
        c = self._table.c
        return self._update(c.id == seen.id, c.attempts == seen.attempts, c.status == seen.status, values=values) == 1


class SessionRepository(Repository[Session]):
    model, record = models.SessionRow, Session

    def live(self, id_hash: str, now: datetime) -> tuple[Session, User] | None:
        c, users = self._table.c, table(models.UserRow)
        held = [users.c[f.name].label(f"user_{f.name}") for f in fields(User)]
        query = select(*self._columns, *held).join(users, users.c.id == c.user_id)
        live = (c.id_hash == id_hash, c.expires_at > now, c.revoked_at.is_(None), users.c.is_active)
        row = self._connection.execute(query.where(*live, users.c.token_version == c.token_version)).one_or_none()
        if row is None:
            return None
        return Session(*row[: len(self._columns)]), User(*row[len(self._columns) :])

    def add(self, session: Session) -> None:
        self._insert([session])

    def choose(self, id_hash: str, tenant_id: str) -> None:
        self._update(self._table.c.id_hash == id_hash, values={"tenant_id": tenant_id})

    def revoke(self, id_hash: str, at: datetime) -> None:
        self._update(self._table.c.id_hash == id_hash, self._table.c.revoked_at.is_(None), values={"revoked_at": at})

    def forget(self, expired_before: datetime, limit: int) -> None:
        forget(self._connection, self._table, self._table.c.id_hash, expired_before, limit)


class CodeRepository(Repository[Code]):
    model, record = models.CodeRow, Code

    def add(self, code: Code) -> None:
        self._insert([code])

    def take(self, code_hash: str, purpose: str, holder_hash: str, now: datetime) -> Code | None:
        c = self._table.c
        found = self._one(c.code_hash == code_hash, c.purpose == purpose, c.holder_hash == holder_hash, c.expires_at > now)
        # Of two that found it, one removes it
        gone = delete(self._table).where(c.code_hash == code_hash)
        return found if found is not None and self._connection.execute(gone).rowcount == 1 else None

    def forget(self, expired_before: datetime, limit: int) -> None:
        forget(self._connection, self._table, self._table.c.code_hash, expired_before, limit)
