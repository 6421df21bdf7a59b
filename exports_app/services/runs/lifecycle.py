"""A claimed run: its lease, what its worker asks and writes, and its end.

For the engine alone, which acts for the system: no principal is asked for here; the right of a
run's owner is rechecked by `access`. Every write of a worker carries its lease token, and raises
LeaseLost when it is not the run's any more.
"""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from exports_app import log
from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError, MessagesReserved, RunError
from exports_app.domain.runs import retry
from exports_app.domain.runs.states import (
    EXECUTED,
    MAX_DEATHS,
    AttemptOutcome,
    DeliveryStatus,
    RunStatus,
    move_delivery,
    move_run,
    shortfall,
)
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import principal_of
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Delivery, Run, Tenant, new_id
from exports_app.services.runs import completion, entitlement
from exports_app.services.runs.ending import holds_unknown
from exports_app.services.tenants.quotas import Quotas

DEFAULT = retry.Policy()
DEADLY = frozenset({"process_killed"})
"""What ends the process that makes a file counts as a death: it must not kill for ever."""
DIED = RunError("its worker died", code="worker_died", permanent=False)
MESSAGE_IDS = uuid.UUID("6f3c6f6e-8a59-4b0e-9d0f-3f6f0f7f5d61")
"""Namespace of the Message-IDs: one delivery, one id, however often it is tried."""

_log = log.get(__name__)


class LeaseLost(Exception):
    """Another worker holds the run now: stop at once, write and send nothing more."""


class Runs:
    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Clock,
        lease_seconds: int,
        quotas: Quotas,
        retries: retry.Policy = DEFAULT,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._quotas = quotas
        self._retries = retries
        self.lease = timedelta(seconds=lease_seconds)

    def now(self) -> datetime:
        return self._clock()

    def extend(self, runs: Sequence[Run]) -> list[Run]:
        """Prolong the leases. Returns the runs that are lost."""
        expires = self._clock() + self.lease
        with self._store.write() as tx:
            return [run for run in runs if not tx.run_queue.extend(run.id, _token(run), expires)]

    def release(self, run: Run) -> None:
        """Back to pending after a graceful stop; the attempt does not count."""
        self._hand_back(run, AttemptOutcome.STOPPED, attempt=run.attempt - 1)

    def recover(self, *, everything: bool) -> int:
        """Bring back the runs whose worker died. everything: no worker can be alive (a start on the
        embedded database).

        A run that killed its workers MAX_DEATHS times is failed instead. Returns the number of runs
        touched.
        """
        expired = None if everything else self._clock()
        with self._store.read() as tx:
            dead = tx.run_queue.abandoned(expired)
        for run in dead:
            _log.warning("a worker died", run=run.id, attempt=run.attempt)
            with suppress(LeaseLost):  # its worker lived and ended it in this moment
                self._fail_after_deaths(run, DIED, expired)
        return len(dead)

    def _fail_after_deaths(
        self, run: Run, error: ExportsError, expired: datetime | None, at: datetime | None = None
    ) -> RunStatus:
        """Another death: back to pending, or failed after too many. at: when to begin again."""
        deaths = run.deaths + 1
        if deaths >= MAX_DEATHS:
            return self.close(
                run,
                RunStatus.FAILED,
                f"{error.message} {deaths} times",
                error.code,
                expired,
                deaths=deaths,
            )
        told = {"error": error.message, "error_code": error.code}
        self._hand_back(
            run, AttemptOutcome.DIED, expired, deaths=deaths, next_attempt_at=at, **told
        )
        return RunStatus.PENDING

    def _hand_back(
        self,
        run: Run,
        outcome: AttemptOutcome,
        expired_before: datetime | None = None,
        **values: Any,
    ) -> None:
        values |= {
            "status": move_run(run.status, RunStatus.PENDING),
            "lease_token": None,
            "lease_expires_at": None,
        }
        with self._store.write() as tx:
            self._held(tx, run, values, expired_before)
            tx.deliveries.mark_sending_unknown(run.id)
            tx.attempts.end(
                run.id, outcome, self._clock(), values.get("error"), values.get("error_code")
            )
        self.changed(run)

    # The worker's writes

    def access(self, run: Run) -> Tenant:
        """The run's tenant. Raises RunError unless whoever it acts for may still export there."""
        user_id = run.spec.owner_id if run.triggered_by is None else run.triggered_by
        with self._store.read() as tx:
            who = principal_of(tx, user_id)
            tenant = tx.tenants.get(run.tenant_id)
        if tenant is None or who is None or not who.can(Permission.WRITE, run.tenant_id):
            why = (
                "its owner may no longer export this tenant's data: an admin can take it over by activating it again"
                if run.triggered_by is None
                else "the user who started it may no longer export this tenant's data: start it again as somebody who may"
            )
            raise RunError(why, code="access_lost")
        return tenant

    def require_room(self, tenant: Tenant, size: int = 0) -> None:
        """For a file of so many bytes among those that the tenant keeps. Raises RunError."""
        with self._store.read() as tx:
            self._quotas.require_room(tx, tenant, size)

    def reserve_messages(self, run: Run, count: int) -> None:
        """Before the first of so many messages. Raises RunError when the tenant may not send them
        today, MessagesReserved when it may once other runs leave some."""
        with self._store.write() as tx:
            self._quotas.reserve_messages(tx, run, count)
            self._held(tx, run, {"attempt": run.attempt})

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
                Delivery(
                    new_id(),
                    run.id,
                    channel,
                    target,
                    DeliveryStatus.PENDING,
                    _message_id(run, channel, target),
                )
                for target in run.recipients
                if target not in known
            )
            return tx.deliveries.of_runs([run.id])[run.id]

    def move(self, run: Run, delivery: Delivery, to: DeliveryStatus, **values: Any) -> Delivery:
        """Write a delivery's next state."""
        values["status"] = move_delivery(delivery.status, to)
        with self._store.write() as tx:
            # Waits for whoever ends the run in this moment, and then sees that it was ended
            self._held(tx, run, {"attempt": run.attempt})
            tx.deliveries.change(delivery, values)
        self.changed(run)
        return replace(delivery, **values)

    def begin_message(self, run: Run, delivery: Delivery) -> Delivery:
        """Write that a message is about to be sent: sending. Or that it must not be any more, and
        why: skipped or failed. What its schedule and its tenant say in this moment counts, not what
        they said when the run was made or its attempt began."""
        waiting = DeliveryStatus.PENDING
        if delivery.status is not waiting:
            move_delivery(delivery.status, waiting)
        with self._store.write() as tx:
            if not tx.run_queue.begin_message(run.id, _token(run)):
                raise LeaseLost
            if refused := entitlement.refusal(tx, run, delivery.target):
                status, reason = refused
                values: dict[str, Any] = {"status": move_delivery(waiting, status), "error": reason}
            else:
                values = {
                    "status": move_delivery(waiting, DeliveryStatus.SENDING),
                    "attempts": delivery.attempts + 1,
                }
                self._quotas.count_message(tx, run)
            tx.deliveries.change(delivery, values)
        self.changed(run)
        return replace(delivery, **values)

    def fail(self, run: Run, error: ExportsError) -> RunStatus:
        """Try the run again later where that may help, else end it. Returns what became of it."""
        now = self._clock()
        since = run.started_at or now
        told: dict[str, Any] = {"error": error.message, "error_code": error.code}
        if isinstance(error, MessagesReserved) and (at := retry.wait(since, now)) is not None:
            self._hand_back(
                run, AttemptOutcome.RETRY, attempt=run.attempt - 1, next_attempt_at=at, **told
            )
            return RunStatus.PENDING
        at = retry.decide(error, run.attempt - run.deaths, self._policy(run), since, now)
        if error.code in DEADLY:
            return self._fail_after_deaths(run, error, None, at)
        if at is None:
            tried = (
                f" (given up after {run.attempt} attempts)"
                if run.attempt > 1 and not error.permanent
                else ""
            )
            return self.close(run, RunStatus.FAILED, f"{error.message}{tried}", error.code)
        self._hand_back(run, AttemptOutcome.RETRY, next_attempt_at=at, **told)
        return RunStatus.PENDING

    def _policy(self, run: Run) -> retry.Policy:
        attempts, base = run.spec.retry_attempts, run.spec.retry_base_seconds
        return retry.Policy(
            self._retries.attempts if attempts is None else attempts,
            self._retries.base_seconds if base is None else base,
        )

    def close(
        self,
        run: Run,
        status: RunStatus,
        error: str | None = None,
        code: str | None = None,
        expired_before: datetime | None = None,
        **values: Any,
    ) -> RunStatus:
        """End the run and note its result at the schedule, in one transaction. expired_before: as
        of `RunQueueStore.update_claimed`.

        Failed: partial, where some messages were accepted already, or held. Returns how it ended.
        """
        now = self._clock()
        with self._store.write() as tx:
            self._held(tx, run, {"attempt": run.attempt}, expired_before)
            tx.deliveries.mark_sending_unknown(
                run.id
            )  # nothing of an ended run is still on the wire, or waits
            tx.deliveries.end_pending(run.id, "the run ended before this message was sent")
            sent = tx.deliveries.of_runs([run.id]).get(run.id, [])
            if status is RunStatus.FAILED:
                status = shortfall((d.status for d in sent), hold=holds_unknown(run))
            ended = {
                "status": move_run(run.status, status),
                "error": error,
                "error_code": code,
                "completed_at": now,
                "lease_token": None,
                "lease_expires_at": None,
            }
            self._held(tx, run, values | ended, expired_before)
            tx.attempts.end(run.id, AttemptOutcome(status), now, error, code)
            if status in EXECUTED:
                completion.record(tx, replace(run, **values | ended), now)
        self.changed(run)
        return status

    def _held(
        self,
        tx: Transaction,
        run: Run,
        values: dict[str, Any],
        expired_before: datetime | None = None,
    ) -> None:
        if not tx.run_queue.update_claimed(run.id, _token(run), values, expired_before):
            raise LeaseLost

    def changed(self, run: Run) -> None:
        self._changes.publish(Change(Topic.RUNS, run.tenant_id))


def _token(run: Run) -> str:
    return run.lease_token or ""


def _message_id(run: Run, channel: str, target: str) -> str:
    return str(uuid.uuid5(MESSAGE_IDS, f"{run.id}/{channel}/{target.lower()}"))
