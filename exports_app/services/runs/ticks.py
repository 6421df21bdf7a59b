"""The tick: due schedules become pending runs."""

from collections.abc import Sequence
from datetime import datetime

from exports_app import metrics, tracing
from exports_app.domain.errors import QuotaExceeded
from exports_app.domain.runs.states import EXECUTED, RunStatus
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.interfaces import Clock, Store, Transaction, UnderWay
from exports_app.services.core.records import Run
from exports_app.services.events import noting
from exports_app.services.runs import completion
from exports_app.services.runs.tick_planner import TickPlan, apply_overlap, plan
from exports_app.services.tenants.quotas import Quotas

TICK_BATCH = 500
IDLE = UnderWay(processing=False, waiting=False)


class Ticks:
    def __init__(self, store: Store, changes: Changes, clock: Clock, quotas: Quotas) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._quotas = quotas

    def tick(self) -> int:
        """Add runs for every due schedule, and move its next_run_at on. In maintenance they
        wait, as in a downtime. Returns the number of runs that were added."""
        now = self._clock()
        with self._store.read() as tx:
            if tx.installation.maintenance().is_on:
                return 0
            due = tx.schedules.due(now, TICK_BATCH)
        if not due:
            return 0
        # Counting the ticks missed in a long downtime may take long, so it is done before the
        # transaction; `reserve` then checks that the schedules have not changed
        plans = [plan(schedule, now) for schedule in due]
        with tracing.span("tick", due=len(due)) as span:
            with self._store.write() as tx:
                reserved = tx.schedules.reserve(due)
                runs = self._add(tx, [p for p in plans if p.schedule.id in reserved], now)
            span.set(runs=len(runs))
            for run in runs:
                tracing.run_created(run.id, run.tenant_id, run.scheduled_export_id)
        for run in runs:
            if run.status is RunStatus.PENDING and run.scheduled_for is not None:
                metrics.LATENESS_SECONDS.observe((now - run.scheduled_for).total_seconds())
        for tenant_id in {run.tenant_id for run in runs}:
            self._changes.publish(Change(Topic.RUNS, tenant_id))
        return len(runs)

    def _add(self, tx: Transaction, plans: Sequence[TickPlan], now: datetime) -> list[Run]:
        """The runs that were added; a tick that has a run already gets none."""
        schedules = {plan.schedule.id: plan.schedule for plan in plans}
        under_way = tx.runs.under_way(list(schedules), now)
        tx.schedules.advance({plan.schedule.id: plan.next_run_at for plan in plans})
        wanted = [
            apply_overlap(run, schedule, under_way.get(schedule.id, IDLE), now)
            for schedule, runs in ((plan.schedule, plan.runs) for plan in plans)
            for run in runs
        ]
        wanted = self._quotas.plan(tx, wanted, now)
        added = tx.runs.add_all(wanted)
        runs = [run for run in wanted if run.id in added]
        for run in runs:
            if run.error_code == QuotaExceeded.code:
                completion.record(tx, run, now)
            elif run.started_at is not None and run.status in EXECUTED:  # it cannot run at all
                completion.pause_unrunnable(tx, schedules[run.scheduled_export_id], run, now)
        noting.note_runs(tx, [run for run in runs if run.completed_at is not None], now)
        return runs
