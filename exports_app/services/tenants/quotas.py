"""Quotas of a tenant: scheduled exports, waiting runs, messages in a day, and the size of its
files. The limits come from the settings, or a super admin sets a tenant's own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    FieldError,
    Forbidden,
    Invalid,
    MessagesReserved,
    QuotaExceeded,
    RunError,
    VersionConflict,
)
from exports_app.domain.humanize import size
from exports_app.domain.runs.states import RunStatus, move_run
from exports_app.services.audit import audit_log
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Run, Tenant
from exports_app.services.tenants.tenant_settings import tenant_of

CODE = QuotaExceeded.code
MAX_QUOTA = {
    "schedules": 1_000_000,
    "pending_runs": 1_000_000,
    "messages_per_day": 100_000_000,
    "file_bytes": 10**15,
}
"""The most that a tenant can be given."""
KEPT = timedelta(days=40)
"""How long the counts of messages are kept."""
RAISE = "or ask a super admin to raise this quota"


@dataclass(frozen=True)
class QuotaLimits:
    """Of one tenant. file_bytes: bytes; messages_per_day: in a day of UTC."""

    schedules: int
    pending_runs: int
    messages_per_day: int
    file_bytes: int


@dataclass(frozen=True)
class Quota:
    """own: the tenant's own limit; None: `limit` is the installation's."""

    name: str
    used: int
    limit: int
    own: int | None


@dataclass
class ScheduleRoom:
    """left: how many more scheduled exports the tenant may have."""

    tenant: str
    limit: int
    left: int

    def take(self) -> None:
        """For one more. Raises QuotaExceeded."""
        if self.left <= 0:
            raise QuotaExceeded(
                f"{self.tenant} has reached its limit of {self.limit:,} scheduled exports:"
                f" delete some, {RAISE}"
            )
        self.left -= 1


class Quotas:
    def __init__(
        self, store: Store, changes: Changes, clock: Clock, installation: QuotaLimits
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._installation = installation

    def find(self, who: Principal, tenant_id: str) -> list[Quota]:
        """The tenant's quotas and their use. Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            tenant = tenant_of(tx, who, tenant_id, Permission.MANAGE)
            return self._quotas(tx, tenant)

    def change(
        self,
        who: Principal,
        tenant_id: str,
        limits: Mapping[str, int | None],
        seen: Sequence[Quota] | None = None,
    ) -> list[Quota]:
        """limits: those to change, by name as in `QuotaLimits`; None: the installation's. seen:
        what the caller saw. Raises NotFound, Invalid; Forbidden for everyone but super admins;
        Conflict where the tenant's own limits are others than were seen."""
        if wrong := _wrong(limits):
            raise Invalid(wrong)
        with write_as(self._store, who) as (tx, who):
            old = tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
            if not who.operates:
                raise Forbidden("Only a super admin changes quotas")
            if seen and any(_own(old, quota.name) != quota.own for quota in seen):
                raise VersionConflict
            values: dict[str, Any] = {f"quota_{name}": limit for name, limit in limits.items()}
            changed = audit_log.changed(vars(old), values)
            if changed:
                tx.tenants.update(tenant_id, {name: values[name] for name in changed})
                subject = {"tenant_id": old.id, "subject_id": old.id, "subject_name": old.name}
                audit_log.note(
                    tx, who, Action.QUOTAS_CHANGED, self._clock(), **subject, changed=changed
                )
            quotas = self._quotas(tx, replace(old, **values))
        self._changes.publish(Change(Topic.TENANTS, tenant_id))
        return quotas

    def of(self, tenant: Tenant) -> QuotaLimits:
        return QuotaLimits(
            **{
                name: _own(tenant, name) or default
                for name, default in vars(self._installation).items()
            }
        )

    def _quotas(self, tx: Transaction, tenant: Tenant) -> list[Quota]:
        used = {
            "schedules": tx.usage.schedules(tenant.id),
            "pending_runs": tx.usage.pending_runs(tenant.id),
            "messages_per_day": self._sent(tx, tenant.id)
            + tx.usage.reserved_messages(tenant.id, self._clock()),
            "file_bytes": tx.usage.file_bytes(tenant.id),
        }
        limits = vars(self.of(tenant))
        return [Quota(name, used[name], limits[name], _own(tenant, name)) for name in limits]

    # For people and programs

    def require_schedule(self, tx: Transaction, tenant: Tenant) -> None:
        """Raises QuotaExceeded where there is no room for another scheduled export."""
        self.schedules(tx, tenant).take()

    def schedules(self, tx: Transaction, tenant: Tenant) -> ScheduleRoom:
        """The tenant must be locked: one at a time counts and adds."""
        limit = self.of(tenant).schedules
        return ScheduleRoom(tenant.name, limit, limit - tx.usage.schedules(tenant.id))

    def require_run(
        self, tx: Transaction, tenant_id: str, runs: int = 1, messages: int = 1
    ) -> None:
        """Raises QuotaExceeded where there is no room for so many runs, each with so many messages.

        Call it before any other row is locked in the transaction: others lock the tenant first too.
        """
        tenant = tx.tenants.get(tenant_id, lock=True)  # one at a time counts and adds
        assert tenant is not None
        limits = self.of(tenant)
        waiting = tx.usage.pending_runs(tenant_id)
        if waiting + runs > limits.pending_runs:
            raise QuotaExceeded(
                f"{tenant.name} has {waiting:,} of at most {limits.pending_runs:,} queued runs:"
                f" wait until some have ended, {RAISE}"
            )
        if reason := self._messages(tx, tenant, runs * messages) or self._files(tx, tenant, 0):
            raise QuotaExceeded(reason)

    # For the engine

    def plan(self, tx: Transaction, runs: Sequence[Run], now: datetime) -> list[Run]:
        """The runs of a tick. A run for which its tenant has no room fails at once, with the
        reason."""
        wanted = Counter(run.tenant_id for run in runs if run.status is RunStatus.PENDING)
        room = {tenant_id: self._room(tx, tenant_id) for tenant_id in wanted}
        planned = []
        for run in runs:
            if run.status is not RunStatus.PENDING:
                planned.append(run)
                continue
            left, reason = room[run.tenant_id]
            room[run.tenant_id] = (left - 1, reason)
            planned.append(run if left > 0 else _refused(run, reason, now))
        return planned

    def _room(self, tx: Transaction, tenant_id: str) -> tuple[int, str]:
        tenant = tx.tenants.get(tenant_id)
        assert tenant is not None
        limit = self.of(tenant).pending_runs
        reason = (
            f"{tenant.name} had reached its limit of {limit:,} queued runs: spread its schedules "
            f"over more time, {RAISE}"
        )
        return limit - tx.usage.pending_runs(tenant_id), reason

    def reserve_messages(self, tx: Transaction, run: Run, count: int) -> None:
        """Call it before a run's first message, and before any other row is locked in the
        transaction. Raises RunError; MessagesReserved where only reservations of other runs are in
        the way.

        Reservations of other runs count, so that runs at the same time stay within the quota
        together.
        """
        tenant = tx.tenants.get(run.tenant_id, lock=True)  # one at a time counts and reserves
        assert tenant is not None
        if count:
            self._check_room(tx, tenant, count)
        tx.usage.reserve_messages(run.id, count)

    def _check_room(self, tx: Transaction, tenant: Tenant, count: int) -> None:
        limit = self.of(tenant).messages_per_day
        # Before those that are sent: a message that is begun in between counts twice, not never.
        # Also those of runs whose lease expired: their workers may be slow, and still send
        reserved = tx.usage.reserved_messages(tenant.id)
        sent = self._sent(tx, tenant.id)
        if sent + count > limit:
            raise RunError(_too_many_messages(tenant, limit, sent, count), code=CODE)
        if sent + reserved + count > limit:
            raise MessagesReserved(
                f"{tenant.name} has sent {sent:,} of at most {limit:,} messages today (UTC), other "
                "runs have reserved"
                f" {reserved:,} more, and this run needs {count:,}: it waits for what they leave"
            )

    def require_room(self, tx: Transaction, tenant: Tenant, more: int) -> None:
        """Raises RunError where there is no room for a file of `more` bytes."""
        if reason := self._files(tx, tenant, more):
            raise RunError(reason, code=CODE)

    def count_message(self, tx: Transaction, run: Run) -> None:
        """Call it in the transaction that sets a delivery to sending."""
        tx.usage.add_message(run.tenant_id, self._clock().date())

    def forget(self) -> None:
        """Remove the counts of old days."""
        with self._store.write() as tx:
            tx.usage.forget_messages((self._clock() - KEPT).date())

    def _messages(self, tx: Transaction, tenant: Tenant, more: int) -> str | None:
        limit = self.of(tenant).messages_per_day
        used = tx.usage.reserved_messages(tenant.id, self._clock()) + self._sent(tx, tenant.id)
        return _too_many_messages(tenant, limit, used, more) if used + more > limit else None

    def _sent(self, tx: Transaction, tenant_id: str) -> int:
        return tx.usage.messages(tenant_id, self._clock().date())

    def _files(self, tx: Transaction, tenant: Tenant, more: int) -> str | None:
        limit, used = self.of(tenant).file_bytes, tx.usage.file_bytes(tenant.id)
        if used + more <= limit and used < limit:
            return None
        return (
            f"the files of {tenant.name} take {size(used)} of at most {size(limit)}, and there is "
            "no room for another:"
            f" keep files for fewer days, {RAISE}"
        )


def _too_many_messages(tenant: Tenant, limit: int, used: int, more: int) -> str:
    return (
        f"{tenant.name} has sent, or is sending, {used:,} of at most {limit:,} messages today "
        "(UTC),"
        f" and this run needs {more:,}: wait until tomorrow, {RAISE}"
    )


def _own(tenant: Tenant, name: str) -> int | None:
    own: int | None = getattr(tenant, f"quota_{name}")
    return own


def quota_error(name: str, limit: int | None) -> str | None:
    """Why it cannot be a tenant's own limit. name: one of MAX_QUOTA."""
    most = MAX_QUOTA[name]
    if limit is None or 1 <= limit <= most:
        return None
    return f"must be from 1 to {most:,}, or null: the default"


def _wrong(limits: Mapping[str, Any]) -> list[FieldError]:
    found = {name: quota_error(name, limits.get(name)) for name in MAX_QUOTA}
    return [FieldError(f"/{name}", why) for name, why in found.items() if why]


def _refused(run: Run, reason: str, now: datetime) -> Run:
    """The run, failed before it began. Its start is set, so that it counts as a run that ended."""
    status = move_run(move_run(run.status, RunStatus.PROCESSING), RunStatus.FAILED)
    return replace(
        run,
        status=status,
        started_at=now,
        completed_at=now,
        next_attempt_at=None,
        error=reason,
        error_code=CODE,
    )
