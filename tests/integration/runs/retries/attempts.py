"""The attempts of a run, and mail servers that put recipients off."""

from exports_app.domain.errors import RunError
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus
from exports_app.services.core.records import Attempt, Run
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.mailserver import MailServer
from tests.world import claim, deliveries_of, execute, the_run

ANN, BOB = "ann@example.com", "bob@example.com"
BUSY = "451 4.3.0 come back later"
AWAY = RunError("the database was away", code="unavailable", permanent=False)


class WorkerDied(BaseException):
    """Stands for kill -9: nothing in the worker handles it."""


def attempts_of(services: Services, run: Run) -> list[Attempt]:
    with services.store.read() as tx:
        return tx.attempts.of_runs([run.id]).get(run.id, [])


def outcomes(services: Services, run: Run) -> list[tuple[int, AttemptOutcome | None]]:
    return [(one.number, one.outcome) for one in attempts_of(services, run)]


def statuses(services: Services, run: Run) -> list[DeliveryStatus]:
    return [delivery.status for delivery in deliveries_of(services, run)]


def again(services: Services, clock: FakeClock, run: Run) -> Run:
    """The next attempt, when its time has come."""
    at = the_run(services, run).next_attempt_at
    assert at is not None
    clock.set(max(at, clock()))
    return execute(services, claim(services))


def calm(server: MailServer) -> None:
    """The server takes everything from now on."""
    server.rules.refuse.clear()  # type: ignore[attr-defined]


def ticked(services: Services, clock: FakeClock, minutes: int = 60) -> Run:
    """The claimed run of the next hour's tick."""
    clock.advance(minutes=minutes)
    services.ticks.tick()
    return claim(services)
