"""Scheduled exports: list, create, change and trigger."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from exports_app import tracing
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    NotFound,
    VersionConflict,
)
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import Trigger
from exports_app.domain.schedules.slugs import is_valid
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import (
    keep_schedule,
    of_schedules,
    own_tenant,
    require,
    schedule_of,
    sorting,
)
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import check_page, check_search
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.optimistic import rounds
from exports_app.services.core.records import Action, Page, Run, Schedule, Tenant, new_id
from exports_app.services.schedules import chosen_destinations, last_run, slugs
from exports_app.services.schedules import validation as rules
from exports_app.services.schedules.batches import Batches
from exports_app.services.schedules.deleted import Deletion
from exports_app.services.schedules.draft_values import changed, columns, draft_of, next_run
from exports_app.services.schedules.edits import RESET_NEXT_RUN, edit_of
from exports_app.services.schedules.filters import Filters, check_campaigns
from exports_app.services.schedules.new_run import (
    RunOrder,
    check_order,
    new_run,
    ordered,
    sent_to,
)
from exports_app.services.schedules.tagging import folded_tags, require_room, with_folded_tags
from exports_app.services.schedules.validation import Draft
from exports_app.services.tenants import recipient_domains
from exports_app.services.tenants.quotas import Quotas

SORTS = {
    "name": "name",
    "createdAt": "created_at",
    "nextRunAt": "next_run_at",
    "lastRunAt": "last_run_at",
    "owner": "owner",
}
"""owner: by the names of the owners, for each by the schedules' names; of one tenant."""
OF_A_TENANT = "the order by owner is of one tenant: choose one with tenantId, or another order"
NEWEST = "-createdAt"
"""The order where none is asked for."""
OWNER = "owner"
AS_SCHEDULED = RunOrder()


def place_in(sort: str) -> Callable[[Schedule], tuple[Any, str]]:
    """Of an order of `Schedules.find`: what a row is sorted by, and its id, for the page behind
    it."""
    column = sorting(sort or NEWEST, SORTS).removeprefix("-")
    if column == OWNER:
        return lambda schedule: ((schedule.owner_id, schedule.name), schedule.id)
    return attrgetter(column, "id")


class Schedules:
    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Clock,
        quotas: Quotas,
        minimum_seconds: int,
        default_zone: str,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._quotas = quotas
        self._minimum = minimum_seconds
        self._zone = default_zone
        self._batches = Batches(store, changes, clock)

    def get(
        self, who: Principal, schedule_id: str, permission: Permission = Permission.READ
    ) -> Schedule:
        """Raises NotFound (also for another tenant's), then Forbidden."""
        with self._store.read() as tx:
            return schedule_of(tx, who, schedule_id, permission)

    def find(
        self, who: Principal, tenant_id: str | None, where: Mapping[str, Any], q: str, page: Page
    ) -> tuple[list[Schedule], int]:
        """where: column -> value. ``stopped``: whether it was paused automatically. ``failing``:
        whether it is active and its latest scheduled run failed, in whole or in part. ``tags``:
        those that it has, all of them. ``ownerless``: whether it is active and its owner may not
        export there any more; of one tenant. page.sort: a key of SORTS, - before it for
        descending; empty: the newest first. Also returns the number of all."""
        within = of_schedules(who, tenant_id)
        check_search({"q": q})
        check_page(page)
        page = replace(page, sort=sorting(page.sort or NEWEST, SORTS))
        if page.sort.removeprefix("-") == OWNER and len(within or ()) != 1:
            raise Invalid([FieldError("/sort", OF_A_TENANT)])
        where = with_folded_tags(where)
        if not is_valid(where.get("slug", "a")):
            where = {**where, "slug": ""}  # which none has; PostgreSQL refuses NUL in text
        if who.schedules is not None:
            where = {**where, "ids": who.schedules}
        with self._store.read() as tx:
            if tenant_id is not None and tx.tenants.get(tenant_id) is None:
                raise NotFound
            return tx.schedules.find(within, where, q, page)

    def zone_of_new(self, who: Principal, tenant_id: str) -> str:
        """The time zone of a new one for which none is chosen. Raises NotFound, Forbidden."""
        require(who, Permission.WRITE, tenant_id)
        with self._store.read() as tx:
            tenant = tx.tenants.get(tenant_id)
        if tenant is None:
            raise NotFound
        return tenant.timezone or self._zone

    def create(self, who: Principal, tenant_id: str | None, values: Mapping[str, Any]) -> Schedule:
        """values: the fields of a Draft. Without a time zone the tenant's is used, else the
        installation's. Raises Invalid."""
        tenant_id = own_tenant(who, Permission.WRITE, tenant_id)
        now = self._clock()
        with self._store.read() as tx:
            tenant = tx.tenants.get(tenant_id)
        if tenant is None:
            raise NotFound
        # What needs no database is checked before the transaction, which blocks other writers on
        # SQLite
        draft = rules.check(
            Draft(**{"timezone": tenant.timezone or self._zone} | dict(values)), now, self._minimum
        )
        _check_domains(tenant, draft)
        schedule = Schedule(
            id=new_id(),
            tenant_id=tenant_id,
            **columns(draft),
            created_by=who.user_id,
            owner_id=who.user_id,
            created_at=now,
            updated_at=now,
            next_run_at=next_run(draft, now),
        )
        with write_as(self._store, who) as (tx, who):
            require(who, Permission.WRITE, tenant_id)
            tx.tenants.get(tenant_id, lock=True)  # one at a time counts and adds
            _same_domains(tx, tenant)
            self._check_campaigns(tx, tenant_id, draft.filters)
            chosen_destinations.require_known(tx, tenant_id, draft.destination_ids)
            self._quotas.require_schedule(tx, tenant)
            require_room(folded_tags(tx, tenant_id), draft.tags)
            if draft.slug is not None:
                slugs.require_free(tx, tenant_id, draft.slug)
            slug = draft.slug or slugs.made(tx, tenant_id, draft.name)
            now = self._clock()
            schedule = replace(schedule, slug=slug, created_at=now, updated_at=now)
            tx.schedules.add(schedule)
            audit_log.note_schedule(tx, who, Action.SCHEDULE_CREATED, schedule, now)
        self._publish(Topic.SCHEDULES, tenant_id)
        return schedule

    def update(
        self,
        who: Principal,
        schedule_id: str,
        values: Mapping[str, Any],
        version: int | None = None,
    ) -> Schedule:
        """values: the fields to change; filters may be Partial. version: the one that the caller
        saw. Raises Invalid, and VersionConflict when the version is stale, and where others keep
        changing it."""
        now = self._clock()
        with self._store.read() as tx:
            seen = schedule_of(tx, who, schedule_id, Permission.WRITE)
            tenant = tx.tenants.get(seen.tenant_id)
        for _ in rounds():
            # Checked before the transaction, as in `create`
            draft, fields = changed(draft_of(seen), values)
            draft = rules.check(draft, now, self._minimum, fields)
            if tenant and "recipients" in fields:
                _check_domains(tenant, draft)
            next_run_at = next_run(draft, now) if RESET_NEXT_RUN & fields else None
            with write_as(self._store, who) as (tx, who):
                old = schedule_of(tx, who, schedule_id, Permission.WRITE)
                if draft_of(old) == draft_of(seen):
                    if tenant and "recipients" in fields:
                        _same_domains(tx, tenant)
                    if {"filters", "export_type"} & fields:
                        self._check_campaigns(tx, old.tenant_id, draft.filters)
                    _check_of_tenant(tx, old, draft, fields)
                    if version is not None and version != old.version:
                        raise VersionConflict
                    updated = _change(tx, who, old, draft, next_run_at, self._clock())
                    break
            # changed by someone else meanwhile: check both changes together
            seen = old
        if updated is not old:
            self._publish(Topic.SCHEDULES, old.tenant_id)
        return updated

    def delete(self, who: Principal, schedule_id: str, version: int | None = None) -> int:
        """It can be restored: see `DeletedSchedules`. Its pending runs are cancelled; a run that is
        processing finishes. version: the one that may be deleted; None: any. Returns the number of
        cancelled ones. Raises NotFound, Forbidden, VersionConflict."""
        return self._batches.one(who, schedule_id, Deletion(who, self._clock, version)).others

    def trigger(
        self,
        who: Principal,
        schedule_id: str,
        to: SendTo = SendTo.RECIPIENTS,
        order: RunOrder = AS_SCHEDULED,
    ) -> Run:
        """Queue a run now, also of an inactive schedule. next_run_at does not change. to the
        caller: a test. Raises NotFound, Forbidden, QuotaExceeded, Invalid; Conflict where the
        tenant does not send to the caller's domain."""
        order = check_order(order)
        with write_as(self._store, who) as (tx, who):
            schedule = schedule_of(tx, who, schedule_id, Permission.WRITE)
            schedule, trigger = ordered(tx, who, schedule, to, order)
            self._quotas.require_run(tx, schedule.tenant_id, messages=len(schedule.recipients))
            keep_schedule(tx, schedule_id)
            now = self._clock()
            run = new_run(schedule, trigger, now, triggered_by=who.user_id, created_at=now)
            if order.window:
                start, end = order.window.start, order.window.end
                earlier = last_run.ends_earlier(last_run.of_schedule(tx, schedule_id), end)
                run = replace(run, window_start=start, window_end=end, of_earlier_date=earlier)
            tx.runs.add(run)
            did = Action.RUN_TESTED if trigger is Trigger.TEST else Action.RUN_TRIGGERED
            others = {} if order.recipients is None else {"recipients": list(order.recipients)}
            audit_log.note_run(tx, who, did, run, now, **sent_to(to), **others)
        tracing.run_created(run.id, run.tenant_id, run.scheduled_export_id)
        self._publish(Topic.RUNS, schedule.tenant_id)
        return run

    def _check_campaigns(self, tx: Transaction, tenant_id: str, filters: Filters) -> None:
        if missing := check_campaigns(
            filters, tx.campaigns.existing(tenant_id, filters.campaign_ids)
        ):
            raise Invalid(missing)

    def _publish(self, topic: Topic, tenant_id: str) -> None:
        self._changes.publish(Change(topic, tenant_id))


def _check_domains(tenant: Tenant, draft: Draft) -> None:
    if errors := recipient_domains.check(tenant, draft.recipients):
        raise Invalid(errors)


def _same_domains(tx: Transaction, seen: Tenant) -> None:
    """Raises Conflict where the tenant's allowed domains changed since the recipients were
    checked."""
    tenant = tx.tenants.get(seen.id)
    if tenant is None:
        raise NotFound
    if tenant.recipient_domains != seen.recipient_domains:
        raise VersionConflict


def _check_of_tenant(tx: Transaction, old: Schedule, draft: Draft, fields: Collection[str]) -> None:
    """What depends on the tenant's other scheduled exports. Raises Invalid."""
    if {"tags", "slug"} & set(fields):
        tx.tenants.get(old.tenant_id, lock=True)  # one at a time counts and adds
    if "destination_ids" in fields:
        chosen_destinations.require_known(tx, old.tenant_id, draft.destination_ids)
    if "tags" in fields:
        require_room(folded_tags(tx, old.tenant_id), draft.tags)
    if draft.slug is not None and draft.slug != old.slug:
        slugs.require_free(tx, old.tenant_id, draft.slug)


def _change(
    tx: Transaction,
    who: Principal,
    old: Schedule,
    draft: Draft,
    next_run_at: datetime | None,
    now: datetime,
) -> Schedule:
    """Write what differs. Returns the old schedule itself where nothing does."""
    edit = edit_of(old, draft, next_run_at, who.user_id)
    if edit is None:
        return old
    values = edit.of(old, now)
    if not tx.schedules.update(old.id, old.version, values):
        raise VersionConflict
    updated = replace(old, **values)
    audit_log.note_schedule(tx, who, edit.action, updated, now, **edit.detail)
    return updated
