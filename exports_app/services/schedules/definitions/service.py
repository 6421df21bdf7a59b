"""The scheduled exports of a tenant as code: what a definition would change, and changing it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    NoSlugYet,
    PlanOutdated,
    TooManySchedules,
)
from exports_app.domain.schedules import slugs
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import require, schedule_of
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.optimistic import rounds
from exports_app.services.core.records import Action, Schedule, Tenant, new_id
from exports_app.services.schedules import edits
from exports_app.services.schedules import validation as rules
from exports_app.services.schedules.definitions import plan as plans
from exports_app.services.schedules.definitions.checks import Errors, check_in_tenant
from exports_app.services.schedules.definitions.fields import definition_of
from exports_app.services.schedules.definitions.plan import Entry, Kind, Plan
from exports_app.services.schedules.deleted import Deletion
from exports_app.services.schedules.draft_values import columns, draft_of, next_run
from exports_app.services.schedules.edits import RESET_NEXT_RUN, edit_of
from exports_app.services.schedules.validation import Draft
from exports_app.services.tenants import recipient_domains
from exports_app.services.tenants.quotas import Quotas
from exports_app.services.tenants.tenant_settings import tenant_of

MOST = bounds.BULK
"""Scheduled exports of a definition, and of a tenant that is exported or pruned."""
UNKNOWN_NAME = "no destination of this tenant has this name"
TWICE = "another scheduled export of this definition has this slug: use each once"


@dataclass(frozen=True)
class Definition:
    """schedules: the fields of a Draft of each, with its slug; what is left out has its default,
    and a time zone that is left out or None is the tenant's. tenant: the slug of the tenant that
    it is for; None: any."""

    schedules: Sequence[Mapping[str, Any]]
    tenant: str | None = None


@dataclass(frozen=True)
class _Seen:
    """What a plan depends on. rows: by slug, those that the definition names; with prune all."""

    tenant: Tenant
    rows: Mapping[str, Schedule]
    others: int
    destinations: Mapping[str, str]
    """Names of the tenant's, by id."""

    @property
    def state(self) -> tuple[Any, ...]:
        """Two looks that find the same have the same one."""
        versions = {one.id: one.version for one in self.rows.values()}
        of_tenant = (self.tenant.slug, self.tenant.timezone, self.tenant.recipient_domains)
        return versions, of_tenant, self.destinations


class Definitions:
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

    def export(self, who: Principal, tenant_id: str) -> dict[str, Any]:
        """The definition of all scheduled exports of a tenant. Raises NotFound, Forbidden;
        TooManySchedules for more than MOST; NoSlugYet."""
        with self._store.read() as tx:
            tenant = tenant_of(tx, who, tenant_id, Permission.READ)
            return definition_of(tenant.slug, _all(tx, tenant_id), _destinations(tx, tenant_id))

    def export_one(self, who: Principal, schedule_id: str) -> dict[str, Any]:
        """The definition with one scheduled export. Raises as `export`."""
        with self._store.read() as tx:
            one = schedule_of(tx, who, schedule_id, Permission.READ)
            tenant = tx.tenants.get(one.tenant_id)
            assert tenant is not None
            if one.slug is None:
                raise NoSlugYet
            return definition_of(tenant.slug, [one], _destinations(tx, tenant.id))

    def plan(self, who: Principal, tenant_id: str, wanted: Definition, *, prune: bool) -> Plan:
        """What `apply` would change. Raises as `apply` does, without the right to write."""
        with self._store.read() as tx:
            seen = self._look(
                tx, tenant_of(tx, who, tenant_id, Permission.READ), wanted, prune=prune
            )
        plan = self._planned(who, seen, wanted)
        with self._store.read() as tx:
            check_in_tenant(tx, seen.tenant, plan, self._quotas)
        return plan

    def apply(
        self,
        who: Principal,
        tenant_id: str,
        wanted: Definition,
        *,
        prune: bool,
        digest: str | None = None,
    ) -> Plan:
        """Make the tenant's scheduled exports what the definition says, all or none. Those that it
        does not name stay, but with prune are deleted, and can be restored. Nothing is sent: what
        is new or activated runs at its next time.

        digest: of the plan that the caller saw; PlanOutdated where it would be another now, and
        where others keep changing what was planned. Raises
        NotFound, Forbidden, Invalid, QuotaExceeded, TooManySchedules, NoSlugYet.
        """
        for _ in rounds(PlanOutdated):
            with self._store.read() as tx:
                tenant = tenant_of(tx, who, tenant_id, Permission.WRITE)
                seen = self._look(tx, tenant, wanted, prune=prune)
            # Checked before the transaction, which blocks other writers on SQLite
            plan = self._planned(who, seen, wanted)
            if digest not in (None, plan.digest):
                raise PlanOutdated
            if not plan.changes:
                return plan
            new = _new_ones(who, tenant_id, plan, self._clock())
            with write_as(self._store, who) as (tx, who):
                require(who, Permission.WRITE, tenant_id)
                tenant = tenant_of(tx, who, tenant_id, Permission.WRITE, lock=True)
                tx.schedules.of_ids([one.id for one in seen.rows.values()], lock=True)
                if self._look(tx, tenant, wanted, prune=prune).state == seen.state:
                    check_in_tenant(tx, tenant, plan, self._quotas)
                    self._write(tx, who, plan, new)
                    break
            # changed by someone else meanwhile: plan again
        self._changes.publish(Change(Topic.SCHEDULES, tenant_id))
        return plan

    def _look(self, tx: Transaction, tenant: Tenant, wanted: Definition, *, prune: bool) -> _Seen:
        if wanted.tenant not in (None, tenant.slug):
            wrong = "is another tenant: apply the definition to this one, or leave it out"
            raise Invalid([FieldError("/tenant", wrong)])
        there = _destinations(tx, tenant.id)
        if prune:
            rows = _all(tx, tenant.id)
            return _Seen(tenant, {str(one.slug): one for one in rows}, 0, there)
        given = {str(values.get("slug")) for values in wanted.schedules[:MOST]}
        named = [slug for slug in given if slugs.is_valid(slug)]  # PostgreSQL refuses NUL in text
        rows = tx.schedules.by_slugs(tenant.id, named)
        others = tx.usage.schedules(tenant.id) - len(rows)
        return _Seen(tenant, {str(one.slug): one for one in rows}, others, there)

    def _planned(self, who: Principal, seen: _Seen, wanted: Definition) -> Plan:
        """Raises Invalid with the errors of all."""
        if len(wanted.schedules) > MOST:
            most = f"has more than {MOST:,} scheduled exports: leave some out"
            raise Invalid([FieldError("/schedules", most)])
        now, errors = self._clock(), Errors()
        entries, named = list[Entry | None](), set[str]()
        for at, values in enumerate(wanted.schedules):
            try:
                entries.append(self._entry(who, seen, at, values, named, now))
            except Invalid as e:
                errors.add(at, e.errors)
        errors.check()
        gone = [one for slug, one in sorted(seen.rows.items()) if slug not in named]
        deletion = Deletion(who, self._clock)
        changes = [entry for entry in entries if entry is not None]
        changes += [plans.deleted(one, deletion.plan(one)) for one in gone]
        return Plan(tuple(changes), entries.count(None), seen.others)

    def _entry(
        self,
        who: Principal,
        seen: _Seen,
        at: int,
        values: Mapping[str, Any],
        named: set[str],
        now: datetime,
    ) -> Entry | None:
        """None where it is as it should be. named: the slugs before it, and then its own."""
        slug = values.get("slug")
        if slug is None or not slugs.is_valid(slug):
            raise Invalid([FieldError("/slug", slugs.RULE)])
        if slug in named:
            raise Invalid([FieldError("/slug", TWICE)])
        named.add(slug)
        zone = values.get("timezone") or seen.tenant.timezone or self._zone
        chosen = _with_ids(values, seen.destinations)
        draft, old = Draft(**{**chosen, "timezone": zone}), seen.rows.get(slug)
        if old is None:
            checked = self._checked(seen.tenant, draft, now, rules.FIELDS)
            return plans.created(at, slug, checked, seen.destinations)
        draft = _as_stored(draft, draft_of(old))
        differing = _differing(draft, draft_of(old))
        if not differing:
            return None
        checked = self._checked(seen.tenant, draft, now, differing)
        next_run_at = next_run(checked, now) if RESET_NEXT_RUN & differing else None
        edit = edit_of(old, checked, next_run_at, who.user_id)
        return None if edit is None else plans.updated(at, old, checked, edit, seen.destinations)

    def _checked(
        self, tenant: Tenant, draft: Draft, now: datetime, changed: Collection[str]
    ) -> Draft:
        checked = rules.check(draft, now, self._minimum, changed)
        outside = recipient_domains.check(tenant, checked.recipients)
        if "recipients" in changed and outside:
            raise Invalid(outside)
        return checked

    def _write(
        self, tx: Transaction, who: Principal, plan: Plan, planned: Sequence[Schedule]
    ) -> None:
        """planned: those to create."""
        now = self._clock()
        new = [replace(one, created_at=now, updated_at=now) for one in planned]
        tx.schedules.add_all(new)
        created = [(Action.SCHEDULE_CREATED, one, dict[str, Any]()) for one in new]
        audit_log.note_schedules(tx, who, created, now)
        edited = [(e.old, e.edit) for e in plan.changes if e.old is not None and e.edit is not None]
        edits.write(tx, who, edited, now)
        gone = [entry.old for entry in plan.of_kind(Kind.DELETE) if entry.old is not None]
        Deletion(who, self._clock).end(tx, gone)


def _new_ones(who: Principal, tenant_id: str, plan: Plan, now: datetime) -> list[Schedule]:
    """Those to create, with their next runs."""
    drafts = [entry.draft for entry in plan.of_kind(Kind.CREATE) if entry.draft is not None]
    return [_new(who, tenant_id, draft, now) for draft in drafts]


def _new(who: Principal, tenant_id: str, draft: Draft, now: datetime) -> Schedule:
    return Schedule(
        id=new_id(),
        tenant_id=tenant_id,
        **columns(draft),
        created_by=who.user_id,
        owner_id=who.user_id,
        created_at=now,
        updated_at=now,
        next_run_at=next_run(draft, now),
    )


def _as_stored(draft: Draft, old: Draft) -> Draft:
    """With the stored form of what means the same: an empty text is none, and filters name their
    defaults or leave them out."""
    same = {
        name: getattr(old, name)
        for name in rules.FIELDS
        if getattr(draft, name) is None and getattr(old, name) == ""
    }
    kind = draft.export_type
    if kind == old.export_type and draft.filters.normal(kind) == old.filters.normal(kind):
        same["filters"] = old.filters
    return replace(draft, **same)


def _differing(one: Draft, other: Draft) -> set[str]:
    return {name for name in rules.FIELDS if getattr(one, name) != getattr(other, name)}


def _destinations(tx: Transaction, tenant_id: str) -> dict[str, str]:
    """The names of the tenant's, by id."""
    found = tx.destinations.of_tenant(tenant_id, bounds.TENANT_DESTINATIONS)
    return {one.id: one.name for one in found}


def _with_ids(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The values of a definition as those of a draft. names: of destinations, by id. Raises
    Invalid."""
    ids = {name: key for key, name in names.items()}
    wanted = values.get("destinations", ())
    errors = [
        FieldError(f"/destinations/{i}", UNKNOWN_NAME)
        for i, name in enumerate(wanted)
        if name not in ids
    ]
    if errors:
        raise Invalid(errors)
    others = {key: value for key, value in values.items() if key != "destinations"}
    return {**others, "destination_ids": tuple(ids[name] for name in wanted)}


def _all(tx: Transaction, tenant_id: str) -> list[Schedule]:
    """By slug. Raises TooManySchedules, NoSlugYet."""
    found = tx.schedules.of_tenant(tenant_id, MOST + 1)
    if len(found) > MOST:
        raise TooManySchedules
    if any(one.slug is None for one in found):
        raise NoSlugYet
    return found
