"""What the history advises for each recipient who did not get the file."""

from dataclasses import replace

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.policies import OnUnknown
from exports_app.domain.runs.states import DeliveryStatus, RunStatus, Trigger
from exports_app.services.core.records import Delivery, Run
from exports_app.services.runs.entitlement import REMOVED
from exports_app.services.schedules.service import new_run
from exports_app.ui.pages.scheduled_exports import delivery_advice as said
from exports_app.ui.pages.scheduled_exports.history.delivery_rows import delivery_rows
from exports_app.wiring import Services
from tests.world import make_schedule

FAILED, PENDING, SKIPPED, UNKNOWN, ACCEPTED = (
    *(DeliveryStatus.FAILED, DeliveryStatus.PENDING, DeliveryStatus.SKIPPED),
    *(DeliveryStatus.UNKNOWN, DeliveryStatus.ACCEPTED),
)


@pytest.fixture
def partial(services: Services, admin: Principal) -> Run:
    now = services.clock()
    run = new_run(make_schedule(services, admin), Trigger.MANUAL, now, created_at=now)
    return replace(run, status=RunStatus.PARTIAL)


def of(status: DeliveryStatus, error: str | None = None) -> Delivery:
    return Delivery("an id", "a run", "email", "a@b.example", status, "a message", error=error)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("550 5.1.1 no such user", said.ADDRESS),
        ("550 no such user", said.ADDRESS),
        ("550-5.1.1 The email account does not exist", said.ADDRESS),
        ("550 5.7.1 message rejected as spam", said.BLOCKED),
        ("554 rejected by our policy", said.BLOCKED),
        ("552 5.2.2 mailbox full", said.FULL),
        ("452 4.2.2 over quota", said.FULL),
        ("552 5.3.4 too big (too large for the mail server)", said.TOO_LARGE),
        ("the message has 9 bytes, and the mail server x:25 takes at most 8", said.TOO_LARGE),
        ("550 5.7.1 no (check SMTP_FROM)", said.SETTINGS),
        ("the mail server x:465 refused the connection: 421 too busy", said.SETTINGS),
        ("the mail server smtp.example.com:587 cannot be reached: timed out", said.SETTINGS),
        ("451 4.3.0 come back later", said.LATER),
        ("571 go away", said.REFUSED),
        ("this address is outside the domains that Acme sends to (acme.com): remove it", ""),
    ],
)
def test_a_refusal_is_answered_by_what_the_mail_server_meant(
    partial: Run, error: str, advice: str
) -> None:
    assert said.advice(partial, of(FAILED, error), 1) == advice


def test_each_recipient_of_a_run_has_their_own(partial: Run) -> None:
    waiting = replace(
        partial, status=RunStatus.PENDING, attempt=1, next_attempt_at=partial.created_at
    )
    held = replace(waiting, spec=replace(waiting.spec, on_unknown=OnUnknown.HOLD))
    completed = replace(partial, status=RunStatus.COMPLETED)
    unsent = "the run ended before this message was sent"
    for run, delivery, advice in (
        (partial, of(ACCEPTED), ""),
        (partial, of(UNKNOWN), said.UNKNOWN),
        (partial, of(SKIPPED, unsent), said.SKIPPED),
        (partial, of(SKIPPED, REMOVED), ""),
        (completed, of(SKIPPED, "no mail server is configured: set SMTP_HOST"), said.RERUN),
        (waiting, of(PENDING, "451 later"), said.WAITS),
        (waiting, of(PENDING), ""),
        (partial, of(FAILED, "550 5.1.1 no such user"), said.ADDRESS),
        (waiting, of(FAILED, "550 5.1.1 no such user"), said.ADDRESS),
        (waiting, of(FAILED, "552 5.2.2 mailbox full"), f"{said.FULL} {said.STOP_FIRST}"),
        (waiting, of(FAILED, "571 go away"), said.REFUSED),
        (waiting, of(UNKNOWN), said.SENT_AGAIN),
        (waiting, replace(of(UNKNOWN), resends=1), said.UNKNOWN),
        (held, of(UNKNOWN), said.UNKNOWN),
    ):
        assert said.advice(run, delivery, 1) == advice, (run.status, delivery)


def test_a_refused_address_can_be_replaced_while_others_are_retried(partial: Run) -> None:
    partial = replace(partial, file_key="a/file")
    waiting = replace(
        partial, status=RunStatus.PENDING, attempt=1, next_attempt_at=partial.created_at
    )
    processing = replace(waiting, status=RunStatus.PROCESSING, next_attempt_at=None)
    refused = [of(FAILED, "550 5.1.1 no such user"), of(PENDING, "451 later")]
    for run, expected in (
        (partial, [True, False]),
        (waiting, [True, False]),
        (processing, [False, False]),
    ):
        assert [row.can_replace for row in delivery_rows(run, refused)] == expected
