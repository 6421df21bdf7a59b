"""The rows of the filled database that calls are about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import (
    Delivery,
    Page,
    Run,
    Schedule,
    User,
)
from tests.integration.database.query_plans.copies import Filled

DAY = timedelta(days=1)
TOKEN = "a lease"


@dataclass(frozen=True)
class Known:
    """What is there. some: ids of a few schedules, runs and users each."""

    filled: Filled
    schedule: Schedule
    run: Run
    delivery: Delivery
    user: User
    schedules: Sequence[Schedule]
    runs: Sequence[Run]
    session: str = "no such session"

    @property
    def schedule_ids(self) -> list[str]:
        return [schedule.id for schedule in self.schedules]

    @property
    def run_ids(self) -> list[str]:
        return [run.id for run in self.runs]


def known(tx: Transaction, filled: Filled) -> Known:
    schedule, run, user = (
        tx.schedules.get(filled.schedule),
        tx.runs.get(filled.run),
        tx.users.get(filled.user),
    )
    assert schedule
    assert run
    assert user
    schedules, _ = tx.schedules.find(frozenset({filled.tenant}), {}, "", Page(1, 50, "-created_at"))
    return Known(
        filled,
        schedule,
        run,
        tx.deliveries.of_runs([run.id])[run.id][0],
        user,
        schedules,
        [latest.run for latest in tx.runs.latest([s.id for s in schedules])],
    )


Call = Callable[[Any, Known], Any]
