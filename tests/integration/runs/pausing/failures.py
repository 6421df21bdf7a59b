"""Runs that end well or not, and what their owners are told."""

from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Notification, NotificationKind, Run, Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import claim, the_run


def next_run(services: Services, clock: FakeClock) -> Run:
    """The next hour's, claimed."""
    clock.advance(hours=1)
    assert services.ticks.tick() == 1
    return claim(services)


def ends(
    services: Services,
    clock: FakeClock,
    status: RunStatus,
    error: str = "it broke",
    code: str = "broken",
) -> Run:
    run = next_run(services, clock)
    good = status is RunStatus.COMPLETED
    services.run_endings.close(run, status, None if good else error, None if good else code)
    return the_run(services, run)


def fails(services: Services, clock: FakeClock) -> Run:
    return ends(services, clock, RunStatus.FAILED)


def told(services: Services, schedule: Schedule) -> list[tuple[NotificationKind, str]]:
    """In order."""
    with services.store.read() as tx:
        found = tx.notifications.of_schedule(schedule.id, 100)
    return [(one.kind, one.target) for one in reversed(found)]


def notices(services: Services, schedule: Schedule) -> list[Notification]:
    with services.store.read() as tx:
        return tx.notifications.of_schedule(schedule.id, 100)


OWNER = "admin@example.com"
FAILING, GAVE_UP, RECOVERED = (
    (kind, OWNER)
    for kind in (NotificationKind.FAILING, NotificationKind.GAVE_UP, NotificationKind.RECOVERED)
)
