"""A run's life in the database: made by the tick, claimed under a lease, carried to one visible end.

For the engine alone, which acts for the system: no principal is asked for here; the right of a run's owner is
rechecked by `access`. Every write of a worker carries its lease token, and raises LeaseLost when it is not the run's any more.
"""

import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from exports_app import log
from exports_app.domain import cron
from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError, RunError
from exports_app.domain.rotation import Rotation
from exports_app.domain.run import (
    EXECUTED,
    MAX_DEATHS,
    DeliveryStatus,
    RunStatus,
    Trigger,
    move_delivery,
    move_run,
)
from exports_app.services.auth import principal_of
from exports_app.services.changes import Change, Changes, Topic
from exports_app.services.ports import Clock, Store, Transaction
from exports_app.services.records import Delivery, Run, Schedule, Tenant, Waiting, new_id
from exports_app.services.schedules import new_run

TICK_BATCH = 500
MESSAGE_IDS = uuid.UUID("6f3c6f6e-8a59-4b0e-9d0f-3f6f0f7f5d61")
"""Namespace of the Message-IDs: one delivery, one id, however often it is tried."""

_log = log.get(__name__)


class LeaseLost(Exception):
    """Another worker holds the run now: stop at once, write and send nothing more."""


class Runs:
    def __init__(self, store: Store, changes: Changes, clock: Clock, lease_seconds: int) -> None:
        self._store, self._changes, self._clock = store, changes, clock
        self.lease = timedelta(seconds=lease_seconds)
        self._rotation, self._lock = Rotation(), threading.Lock()
        self._preferred = False
        """Whether the turn before was given to what somebody asked for."""

    def now(self) -> datetime:
        return self._clock()

    # The tick

    def tick(self) -> int:
        """Turn every due schedule into one pending run and move its next_run_at on. Returns the number of runs made."""
        now = self._clock()
        with self._store.read() as tx:
            due = tx.schedules.due(now, TICK_BATCH)
        if not due:
            return 0
        # Reckoning the missed ticks of a long downtime takes a while: outside the transaction, which then checks (`advance`)
        # that the schedule is still the one that was read
        plans = [self._plan(schedule, now) for schedule in due]
        made = []
        with self._store.write() as tx:
            for schedule, (run, next_run_at) in zip(due, plans, strict=True):
                if tx.schedules.advance(schedule, next_run_at) and tx.runs.add(run):
                    made.append(run)
                    if run.status is not RunStatus.PENDING:
                        tx.schedules.note_result(run, run.status, now)
        for tenant_id in {r.tenant_id for r in made}:
            self._changes.publish(Change(Topic.RUNS, tenant_id))
        return len(made)

    def _plan(self, schedule: Schedule, now: datetime) -> tuple[Run, datetime | None]:
        """The run of the latest due tick, and when the schedule is due next."""
        first = schedule.next_run_at
        assert first is not None
        try:
            parsed, zone = cron.parse(schedule.schedule), cron.zone(schedule.timezone)
            tick, count = cron.latest_until(parsed, zone, first - timedelta(seconds=1), now)
            tick = tick or first
            run = new_run(schedule, Trigger.SCHEDULE, tick, scheduled_for=tick, created_at=now, missed_ticks=max(0, count - 1))
            return run, cron.next_after(parsed, zone, max(now, tick))
        except ExportsError as e:
            # E.g. a zone that an update of the zone data removed. Said in the history, and no other schedule is held up
            return self._unrunnable(schedule, now, e), None
        except Exception:  # noqa: BLE001  (e.g. filters of another version: one row must not stop the tick of all the others)
            _log.exception("schedule cannot be read", schedule=schedule.id)
            unreadable = ExportsError("Its stored filters cannot be read by this version", code="unreadable")
            return self._unrunnable(schedule, now, unreadable), None

    def _unrunnable(self, schedule: Schedule, now: datetime, error: ExportsError) -> Run:
        """A run that ended before it began, with its reason."""
        _log.error("schedule cannot run", schedule=schedule.id, reason=error.message)
        due = schedule.next_run_at
        whole = replace(schedule, timezone="UTC", filters={})
        run = new_run(whole, Trigger.SCHEDULE, due or now, scheduled_for=due, created_at=now)
        spec = run.spec | {"timezone": schedule.timezone, "filters": schedule.filters}
        why = f"{error.message}. Edit the scheduled export to start it again."
        status = move_run(run.status, RunStatus.SKIPPED)
        return replace(run, status=status, started_at=now, completed_at=now, spec=spec, error=why, error_code=error.code)

    # The lease

    def claim(self) -> Run | None:
        """The next run, leased to the caller; None when nothing waits. Runs of one schedule never overlap.

        The tenants take turns. What somebody asked for goes ahead of what is scheduled: always within its tenant, every other
        time among all, so that whoever keeps asking holds nobody up.
        """
        now, token = self._clock(), str(uuid.uuid4())
        with self._store.read() as tx:
            if not tx.runs.has_waiting(now):
                return None
        with self._store.write() as tx:
            run_id = self._next(tx.runs.waiting(now))
            if run_id is None or not tx.runs.claim(run_id, token, now, now + self.lease):
                return None
            run = tx.runs.get(run_id)
        assert run is not None
        with self._lock:
            self._rotation.had(run.tenant_id)
        self.changed(run)
        return run

    def _next(self, waiting: Sequence[Waiting]) -> str | None:
        if not waiting:
            return None
        asked = [one for one in waiting if one.asked]
        with self._lock:
            self._preferred = bool(asked) and not self._preferred
            return self._rotation.first(asked if self._preferred else waiting, lambda one: one.tenant_id).run_id

    def extend(self, runs: Sequence[Run]) -> list[Run]:
        """Prolong the leases. Returns the runs that are lost."""
        expires = self._clock() + self.lease
        with self._store.write() as tx:
            return [run for run in runs if not tx.runs.extend(run.id, _token(run), expires)]

    def release(self, run: Run) -> None:
        """Back to pending after a graceful stop; the attempt does not count."""
        move_run(run.status, RunStatus.PENDING)
        self._hand_back(run, attempt=run.attempt - 1)

    def recover(self, *, everything: bool) -> int:
        """Bring back the runs whose worker died. everything: no worker can be alive (a start on the embedded database).

        A run that killed its workers MAX_DEATHS times is failed instead. Returns the number of runs touched.
        """
        expired = None if everything else self._clock()
        with self._store.read() as tx:
            dead = tx.runs.abandoned(expired)
        for run in dead:
            _log.warning("a worker died", run=run.id, attempt=run.attempt)
            try:
                if run.attempt >= MAX_DEATHS:
                    self.close(run, RunStatus.FAILED, f"its worker died {MAX_DEATHS} times", "worker_died", expired)
                else:
                    self._hand_back(run, expired)
            except LeaseLost:
                continue  # its worker lived and ended it in this moment
        return len(dead)

    def _hand_back(self, run: Run, expired_before: datetime | None = None, **values: Any) -> None:
        values |= {"status": move_run(run.status, RunStatus.PENDING), "lease_token": None, "lease_expires_at": None}
        with self._store.write() as tx:
            self._held(tx, run, values, expired_before)
            tx.deliveries.lose_sending(run.id)
        self.changed(run)

    # The worker's writes

    def access(self, run: Run) -> Tenant:
        """The run's tenant. Raises RunError unless whoever it acts for may still export there."""
        user_id = run.spec["owner_id"] if run.triggered_by is None else run.triggered_by
        with self._store.read() as tx:
            who = principal_of(tx, user_id)
            tenant = tx.tenants.get(run.tenant_id)
        if tenant is None or who is None or not who.can(Permission.WRITE, run.tenant_id):
            why = (
                "its owner may no longer export this tenant's data: an admin can take it over by pausing and activating it"
                if run.triggered_by is None
                else "the user who started it may no longer export this tenant's data: start it again as somebody who may"
            )
            raise RunError(why, code="access_lost")
        return tenant

    def missing_campaigns(self, run: Run, campaign_ids: Sequence[str]) -> list[str]:
        with self._store.read() as tx:
            there = tx.campaigns.existing(run.tenant_id, campaign_ids)
        return [one for one in campaign_ids if one not in there]

    def note(self, run: Run, **values: Any) -> None:
        """Write facts about the file or the progress."""
        with self._store.write() as tx:
            self._held(tx, run, values)
        self.changed(run)

    def plan_deliveries(self, run: Run, channel: str) -> list[Delivery]:
        """One delivery per recipient; those of an earlier attempt are found again."""
        with self._store.write() as tx:
            self._held(tx, run, {"attempt": run.attempt})
            there = tx.deliveries.of_runs([run.id]).get(run.id, [])
            known = {d.target for d in there if d.channel == channel}
            tx.deliveries.add(
                Delivery(new_id(), run.id, channel, target, DeliveryStatus.PENDING, _message_id(run, channel, target))
                for target in run.recipients
                if target not in known
            )
            return tx.deliveries.of_runs([run.id])[run.id]

    def move(self, run: Run, delivery: Delivery, to: DeliveryStatus, **values: Any) -> Delivery:
        """Write a delivery's next state."""
        values["status"] = move_delivery(delivery.status, to)
        with self._store.write() as tx:
            if not tx.deliveries.held(delivery, _token(run), values):
                raise LeaseLost
        self.changed(run)
        return replace(delivery, **values)

    def close(
        self,
        run: Run,
        status: RunStatus,
        error: str | None = None,
        code: str | None = None,
        expired_before: datetime | None = None,
    ) -> None:
        """End the run and note its result at the schedule, in one transaction. expired_before: as of `RunStore.held`."""
        now = self._clock()
        values = {
            "status": move_run(run.status, status),
            "error": error,
            "error_code": code,
            "completed_at": now,
            "lease_token": None,
            "lease_expires_at": None,
        }
        with self._store.write() as tx:
            self._held(tx, run, values, expired_before)
            tx.deliveries.lose_sending(run.id)  # nothing of an ended run is still on the wire, or waits
            tx.deliveries.skip_pending(run.id, "the run ended before this message was sent")
            if status in EXECUTED:
                tx.schedules.note_result(run, status, now)
        self.changed(run)

    def _held(self, tx: Transaction, run: Run, values: dict[str, Any], expired_before: datetime | None = None) -> None:
        if not tx.runs.held(run.id, _token(run), values, expired_before):
            raise LeaseLost

    def changed(self, run: Run) -> None:
        self._changes.publish(Change(Topic.RUNS, run.tenant_id))


def _token(run: Run) -> str:
    return run.lease_token or ""


def _message_id(run: Run, channel: str, target: str) -> str:
    return str(uuid.uuid5(MESSAGE_IDS, f"{run.id}/{channel}/{target.lower()}"))
