"""Destinations: list, create, change, delete and test."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    Busy,
    DeliveryError,
    DeliveryUnknown,
    DestinationInUse,
    LimitReached,
    VersionConflict,
)
from exports_app.domain.name_templates import NameValues
from exports_app.outbound.guard import Guard
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import own_tenant, require
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.extension_points import (
    Outcome,
    Trial,
    TrialResult,
)
from exports_app.services.core.field_rules import line_of
from exports_app.services.core.interfaces import Clock, Store
from exports_app.services.core.rate_limits import Counts, RateLimit
from exports_app.services.core.records import (
    Action,
    Destination,
    DestinationState,
    Tenant,
    new_id,
)
from exports_app.services.destinations import calls, configs, states
from exports_app.services.destinations.checks import (
    configured,
    destination_of,
    note,
    of_new,
    require_free,
    tenant_of,
)
from exports_app.services.destinations.configs import CheckedConfig
from exports_app.services.destinations.secrets import DestinationSecrets

RATE = "10/minute"
"""Tests of one user."""
TESTS = 2
"""Of a tenant at the same time, in a process."""
BUSY = "Two destinations are being tested: wait for the answers, then test again"
SHOWN = 3
"""Scheduled exports that a refusal names."""


class Destinations:
    """All methods take the right to change scheduled exports: a destination says where the tenant's
    data goes. They raise NotFound, also for another tenant's, and Forbidden."""

    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Clock,
        secrets: DestinationSecrets,
        counts: Counts,
        zone: str,
        guard: Guard,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._secrets = secrets
        self._zone = zone
        self._guard = guard
        self._limit = RateLimit(RATE, counts, "destination-test")
        self._tests = Counter[str]()
        self._lock = Lock()

    def find(self, who: Principal, tenant_id: str | None) -> list[Destination]:
        """Of a tenant, by name. tenant_id: None: the caller's only one."""
        tenant_id = own_tenant(who, Permission.WRITE, tenant_id)
        with self._store.read() as tx:
            tenant_of(tx, tenant_id)
            return tx.destinations.of_tenant(tenant_id, bounds.TENANT_DESTINATIONS)

    def get(self, who: Principal, destination_id: str) -> Destination:
        with self._store.read() as tx:
            return destination_of(tx, who, destination_id)

    def create(
        self,
        who: Principal,
        tenant_id: str | None,
        channel: str,
        name: str,
        config: Mapping[str, Any],
        *,
        is_active: bool = True,
    ) -> Destination:
        """config: by the names of the API. Raises Invalid; Conflict where the name is taken, or
        there are too many."""
        tenant_id = own_tenant(who, Permission.WRITE, tenant_id)
        kind = configured(channel)
        name, checked = of_new(kind, name, config)
        configs.check_addresses(checked, self._guard)
        with write_as(self._store, who) as (tx, who):
            require(who, Permission.WRITE, tenant_id)
            tenant_of(tx, tenant_id, lock=True)  # one at a time counts and adds
            there = tx.destinations.of_tenant(tenant_id, bounds.TENANT_DESTINATIONS)
            if len(there) >= bounds.TENANT_DESTINATIONS:
                raise LimitReached(
                    f"There are {bounds.TENANT_DESTINATIONS} destinations, the maximum:"
                    " delete one first"
                )
            require_free(there, name)
            now = self._clock()
            made = Destination(
                id=new_id(),
                tenant_id=tenant_id,
                channel=channel,
                name=name,
                config=checked.shown,
                secrets=self._secrets.sealed(checked.secrets),
                is_active=is_active,
                state=DestinationState.OK,
                created_by=who.user_id,
                created_at=now,
                updated_at=now,
            )
            tx.destinations.add(made)
            note(tx, who, Action.DESTINATION_CREATED, made, now, channel=channel)
        self._publish(tenant_id)
        return made

    def update(
        self,
        who: Principal,
        destination_id: str,
        values: Mapping[str, Any],
        version: int | None = None,
        *,
        merge: bool = False,
    ) -> Destination:
        """values: the name, the config and is_active, as far as they change. A secret that the
        config leaves out stays. merge: the config's other fields stay too. version: the one that
        the caller saw. Another config, or to switch it on, ends a pause. Raises Invalid,
        Conflict."""
        new = dict(values)
        if "name" in new:
            new["name"] = line_of(new["name"], bounds.DESTINATION_NAME)
        with write_as(self._store, who) as (tx, who):
            old = destination_of(tx, who, destination_id, lock=True)
            if version is not None and version != old.version:
                raise VersionConflict
            if "name" in new and new["name"] != old.name:
                there = tx.destinations.of_tenant(old.tenant_id, bounds.TENANT_DESTINATIONS)
                require_free(there, new["name"])
            given = new.pop("config", None)
            secret = dict[str, list[str]]()
            if given is not None:
                checked, before = self._reconfigured(old, given, merge=merge)
                new["config"] = checked.shown
                if checked.secrets != before:
                    new["secrets"] = self._secrets.sealed(checked.secrets)
                    names = sorted(set(checked.secrets) | set(before))
                    differ = [n for n in names if checked.secrets.get(n) != before.get(n)]
                    secret = {"secrets": differ}
            changed = {key: value for key, value in new.items() if value != getattr(old, key)}
            if not changed:
                return old
            now = self._clock()
            written = {**changed, "updated_at": now, "version": old.version + 1}
            if {"config", "secrets"} & set(changed) or changed.get("is_active"):
                written |= states.OK
            if not tx.destinations.update(old.id, old.version, written):
                raise VersionConflict
            updated = replace(old, **written)
            told = {key: value for key, value in changed.items() if key != "secrets"}
            differs = audit_log.changed(vars(old), told)
            note(tx, who, Action.DESTINATION_UPDATED, updated, now, changed=differs, **secret)
        self._publish(old.tenant_id)
        return updated

    def _reconfigured(
        self, old: Destination, given: Mapping[str, Any], *, merge: bool
    ) -> tuple[CheckedConfig, dict[str, str]]:
        """The new config, and the secrets before."""
        kind = configured(old.channel)
        try:
            kept = self._secrets.of(old)
        except DeliveryError:  # another ENCRYPTION_KEY: all of them are needed again
            kept = {}
        if merge:
            cleared = {name for name, value in given.items() if value is None}
            left = {n: v for n, v in old.config.items() if n not in cleared}
            kept_secrets = {n: v for n, v in kept.items() if n not in cleared}
            given = {**left, **{n: v for n, v in given.items() if v is not None}}
        else:
            kept_secrets = kept
        checked = configs.checked(kind, given, kept_secrets, old.config)
        configs.check_addresses(checked, self._guard, {**old.config, **kept})
        return checked, kept

    def delete(self, who: Principal, destination_id: str, version: int | None = None) -> None:
        """version: as of `update`. Raises Conflict, also while a scheduled export delivers
        there."""
        with write_as(self._store, who) as (tx, who):
            old = destination_of(tx, who, destination_id, lock=True)
            if version is not None and version != old.version:
                raise VersionConflict
            if used := tx.destinations.used_by(old.id, SHOWN):
                names = ", ".join(f"“{name}”" for name in used)
                raise DestinationInUse(
                    f"Scheduled exports deliver there ({names}): remove it from them first"
                )
            now = self._clock()
            emptied: dict[str, Any] = {"config": {}, "secrets": None, "deleted_at": now}
            if not tx.destinations.update(old.id, old.version, emptied):
                raise VersionConflict
            note(tx, who, Action.DESTINATION_DELETED, old, now, channel=old.channel)
        self._publish(old.tenant_id)

    def test(self, who: Principal, destination_id: str) -> TrialResult:
        """Try it now. A success ends a pause, unless something has to be confirmed first. Raises
        TooManyRequests, and DeliveryError with what is wrong."""
        with self._store.read() as tx:
            destination = destination_of(tx, who, destination_id)
        self._limit.hit(who.user_id)
        with self._testing(destination.tenant_id):
            return self._tested(who, destination_id)

    def _tested(self, who: Principal, destination_id: str) -> TrialResult:
        with write_as(self._store, who) as (tx, who):
            destination = destination_of(tx, who, destination_id)
            tenant = tenant_of(tx, destination.tenant_id)
            now = self._clock()
            note(tx, who, Action.DESTINATION_TESTED, destination, now)
        channel, config = self._secrets.channel_and_config(destination)
        result = calls.test(channel, self._trial(config, tenant, now))
        with self._store.write() as tx:
            now_there = tx.destinations.get(destination.id, lock=True)
            is_same = now_there is not None and now_there.version == destination.version
            if is_same and not result.proposed:
                tx.destinations.note_state(destination.id, states.OK)
        self._publish(destination.tenant_id)
        return result

    @contextmanager
    def _testing(self, tenant_id: str) -> Iterator[None]:
        """One of the tenant's tests of this process: one that waits must not keep those of other
        tenants from their turn. Raises Busy."""
        with self._lock:
            if self._tests[tenant_id] >= TESTS:
                raise Busy(5, BUSY)
            self._tests[tenant_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._tests[tenant_id] -= 1
                self._tests += Counter()  # without those that have none

    def secrets_set(self, destination: Destination) -> list[str]:
        """The names of its secrets, as in the API; none where no key decrypts them."""
        try:
            return sorted(self._secrets.of(destination))
        except DeliveryError:
            return []

    def place(self, destination: Destination) -> str:
        """Where it delivers to, in words without secrets; empty where its config cannot be used
        now."""
        try:
            channel, config = self._secrets.channel_and_config(destination)
        except DeliveryError:
            return ""
        return channel.describe(config)

    def _trial(self, config: Any, tenant: Tenant, now: datetime) -> Trial:
        local = now.astimezone(ZoneInfo(tenant.timezone or self._zone))
        day = local.date()
        names = NameValues(tenant.slug, "Test", day, day, local, "csv", new_id())
        return Trial(config, new_id(), names, self._guard)

    def _publish(self, tenant_id: str) -> None:
        self._changes.publish(Change(Topic.TENANTS, tenant_id))


def outcome_of(error: DeliveryError) -> Outcome:
    """Of a test that raised: refused, or unknown."""
    return Outcome.UNKNOWN if isinstance(error, DeliveryUnknown) else Outcome.REFUSED
