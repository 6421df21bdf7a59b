"""Another address in the place of one that the mail server refused."""

from collections.abc import Callable

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page, Run, Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.runs.run_actions.recipients import (
    ACCEPTED,
    ANN,
    BOB,
    CY,
    FAILED,
    PENDING,
    SKIPPED,
    UNKNOWN,
    outcomes,
    refused,
)
from tests.mailserver import mail_server
from tests.world import (
    Cast,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    stored,
    the_run,
    trigger_and_execute,
)

NEW = "Robert@example.com"


@pytest.fixture
def both_refused(services: Services, admin: Principal, schedule: Schedule) -> Run:
    return refused(services, admin, schedule, BOB, CY)


def test_the_file_goes_to_the_new_address_alone_and_later_runs_too(
    services: Services, admin: Principal, schedule: Schedule, both_refused: Run
) -> None:
    run = both_refused
    again = services.recipient_replacement.replace(
        admin, schedule.id, run.id, BOB.upper(), f" {NEW} ", schedule.version
    )
    assert (again.status, again.recipients) == (RunStatus.PENDING, [ANN, NEW, CY])
    assert outcomes(services, run) == {ANN: ACCEPTED, BOB: SKIPPED, CY: FAILED, NEW: PENDING}
    assert stored(services, schedule).recipients == [ANN, NEW, CY]
    assert stored(services, schedule).version == schedule.version + 1
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        execute(services, claim(services))
        assert [message.rcpt_tos for message in server.wait_for(1)] == [[NEW]]
        assert the_run(services, run).status is RunStatus.PARTIAL
        services.run_actions.resend(admin, schedule.id, run.id)
        execute(services, claim(services))
        assert [message.rcpt_tos for message in server.wait_for(2)] == [[NEW], [CY]]
    assert the_run(services, run).status is RunStatus.COMPLETED
    entries, _ = services.audit.find(admin, schedule.tenant_id, AuditFilter(), Page(size=20))
    changed = next(e for e in entries if e.action == "schedule.updated")
    assert changed.detail["changed"]["recipients"] == [[ANN, BOB, CY], [ANN, NEW, CY]]
    resent = [e.detail for e in entries if e.action == "run.resent"]
    assert {"run": run.id, "recipient": NEW, "replaced": BOB} in resent


def test_the_only_recipient_is_replaced_and_the_run_completes(
    services: Services, admin: Principal
) -> None:
    schedule = make_schedule(services, admin, recipients=(BOB,))
    run = refused(services, admin, schedule, BOB)
    services.recipient_replacement.replace(admin, schedule.id, run.id, BOB, NEW)
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        assert execute(services, claim(services)).status is RunStatus.COMPLETED
    assert {d.target: d.error for d in deliveries_of(services, run)} == {
        BOB: f"replaced by {NEW}",
        NEW: None,
    }


def test_a_replaced_address_may_come_back_and_one_that_got_the_file_may_not(
    services: Services, admin: Principal
) -> None:
    """A run has one message for each address."""
    schedule = make_schedule(services, admin, recipients=(ANN, BOB))
    run = refused(services, admin, schedule, BOB)
    services.recipient_replacement.replace(admin, schedule.id, run.id, BOB, NEW)
    with (
        mail_server(refuse={NEW: "550 5.1.1 no such user"}) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        execute(services, claim(services))
    services.schedules.update(admin, schedule.id, {"recipients": [NEW]})
    with pytest.raises(Conflict, match="went to this address already"):
        services.recipient_replacement.replace(admin, schedule.id, run.id, NEW, ANN)
    assert outcomes(services, run) == {ANN: ACCEPTED, BOB: SKIPPED, NEW: FAILED}
    services.recipient_replacement.replace(admin, schedule.id, run.id, NEW, BOB)
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        execute(services, claim(services))
        assert [message.rcpt_tos for message in server.wait_for(1)] == [[BOB]]
    assert outcomes(services, run) == {ANN: ACCEPTED, BOB: ACCEPTED, NEW: SKIPPED}


def test_an_address_that_the_form_would_refuse_is_refused_and_nothing_changes(
    services: Services, admin: Principal, schedule: Schedule, both_refused: Run
) -> None:
    services.tenants.update(admin, schedule.tenant_id, {"recipient_domains": ["example.com"]})
    for new, why in (
        ("nobody", "@"),
        (CY.upper(), "is already a recipient"),
        (BOB, "is already a recipient"),
        ("new@elsewhere.example.org", "is outside the domains"),
    ):
        with pytest.raises(Invalid) as caught:
            services.recipient_replacement.replace(admin, schedule.id, both_refused.id, BOB, new)
        (error,) = caught.value.errors
        assert (error.pointer, why in error.detail) == ("/to", True), error
    assert the_run(services, both_refused) == both_refused
    assert stored(services, schedule).recipients == [ANN, BOB, CY]


def test_who_may_not_and_what_cannot_be_replaced(
    services: Services, cast: Cast, schedule: Schedule, both_refused: Run
) -> None:
    def attempt(who: Principal = cast.admin.who, old: str = BOB, version: int = 1) -> None:
        services.recipient_replacement.replace(who, schedule.id, both_refused.id, old, NEW, version)

    cases: list[tuple[type[Exception], Callable[[], None]]] = [
        (Forbidden, lambda: attempt(cast.viewer.who)),
        (NotFound, lambda: attempt(cast.outsider.who)),
        (Conflict, lambda: attempt(old=ANN)),  # it was accepted
        (Conflict, lambda: attempt(version=0)),
    ]
    for error, call in cases:
        with pytest.raises(error):
            call()
    services.schedules.update(cast.admin.who, schedule.id, {"recipients": (ANN, CY)})
    with pytest.raises(Conflict, match="no longer among the recipients"):
        attempt(version=2)
    assert the_run(services, both_refused) == both_refused


def test_a_message_of_unknown_outcome_is_not_sent_along(
    services: Services, admin: Principal, schedule: Schedule, both_refused: Run
) -> None:
    with services.store.write() as tx:
        cy = next(
            d for d in tx.deliveries.of_runs([both_refused.id])[both_refused.id] if d.target == CY
        )
        tx.deliveries.change(cy, {"status": UNKNOWN})
    with pytest.raises(Conflict, match="may have arrived"):
        services.recipient_replacement.replace(admin, schedule.id, both_refused.id, BOB, NEW)
    with services.store.write() as tx:
        tx.deliveries.change(cy, {"resends": 1})
    services.recipient_replacement.replace(admin, schedule.id, both_refused.id, BOB, NEW)
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        execute(services, claim(services))
        assert [message.rcpt_tos for message in server.wait_for(1)] == [[NEW]]


def test_while_others_are_retried_the_retry_sends_it_too(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    answers = {BOB: "550 5.1.1 no such user", CY: "451 4.3.0 later"}
    with mail_server(refuse=answers) as server, registered(CHANNELS, WatchedEmail(server)):
        run = trigger_and_execute(services, admin, schedule)
    assert outcomes(services, run) == {ANN: ACCEPTED, BOB: FAILED, CY: PENDING}
    again = services.recipient_replacement.replace(admin, schedule.id, run.id, BOB, NEW)
    assert (again.status, again.attempt, again.next_attempt_at) == (
        RunStatus.PENDING,
        1,
        run.next_attempt_at,
    )
    assert run.next_attempt_at
    with pytest.raises(Conflict, match="did not fail"):
        services.recipient_replacement.replace(admin, schedule.id, run.id, CY, "c@example.com")
    clock.set(run.next_attempt_at)
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        execute(services, claim(services))
        assert {message.rcpt_tos[0] for message in server.wait_for(2)} == {NEW, CY}
    assert outcomes(services, run) == {ANN: ACCEPTED, BOB: SKIPPED, CY: ACCEPTED, NEW: ACCEPTED}
    assert the_run(services, run).status is RunStatus.COMPLETED


def test_a_retry_that_has_begun_is_not_changed(
    services: Services, admin: Principal, schedule: Schedule, clock: FakeClock
) -> None:
    answers = {BOB: "550 5.1.1 no such user", CY: "451 4.3.0 later"}
    with mail_server(refuse=answers) as server, registered(CHANNELS, WatchedEmail(server)):
        run = trigger_and_execute(services, admin, schedule)
    assert run.next_attempt_at
    clock.set(run.next_attempt_at)
    claim(services)
    with pytest.raises(Conflict):
        services.recipient_replacement.replace(admin, schedule.id, run.id, BOB, NEW)
    assert stored(services, schedule) == schedule
