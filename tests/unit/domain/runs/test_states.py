"""The states of a run and of a delivery: every move, and how a run ends."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.errors import IllegalTransition
from exports_app.domain.runs.states import (
    EXECUTED,
    FAILING,
    FINISHED,
    RESENT,
    UNDELIVERED,
    DeliveryStatus,
    RunStatus,
    move_delivery,
    move_run,
    outcome,
    shortfall,
)

RUN_MOVES = {
    ("pending", "processing"),
    ("pending", "skipped"),
    ("pending", "cancelled"),
    ("pending", "partial"),
    ("pending", "failed"),
    ("processing", "completed"),
    ("processing", "partial"),
    ("processing", "failed"),
    ("processing", "skipped"),
    ("processing", "pending"),
    ("processing", "cancelled"),
    ("partial", "pending"),
    ("partial", "completed"),
    ("failed", "pending"),
    ("failed", "completed"),
    ("failed", "partial"),
    ("skipped", "pending"),
    ("cancelled", "pending"),
}
DELIVERY_MOVES = {
    ("pending", "sending"),
    ("pending", "failed"),
    ("sending", "pending"),
    ("unknown", "accepted"),
    ("pending", "skipped"),
    ("sending", "accepted"),
    ("sending", "failed"),
    ("sending", "unknown"),
    ("unknown", "sending"),
    ("failed", "pending"),
    ("failed", "skipped"),
    ("unknown", "pending"),
    ("skipped", "pending"),
}
ACCEPTED = DeliveryStatus.ACCEPTED
FAILED = DeliveryStatus.FAILED
UNKNOWN = DeliveryStatus.UNKNOWN
SKIPPED = DeliveryStatus.SKIPPED


@pytest.mark.parametrize(("current", "to"), list(product(RunStatus, RunStatus)))
def test_a_run_makes_the_legal_moves_and_no_other(current: RunStatus, to: RunStatus) -> None:
    if (current, to) in RUN_MOVES:
        assert move_run(current, to) is to
    else:
        with pytest.raises(IllegalTransition, match=f"from {current} to {to}"):
            move_run(current, to)


@pytest.mark.parametrize(("current", "to"), list(product(DeliveryStatus, DeliveryStatus)))
def test_a_delivery_makes_the_legal_moves_and_no_other(
    current: DeliveryStatus, to: DeliveryStatus
) -> None:
    if (current, to) in DELIVERY_MOVES:
        assert move_delivery(current, to) is to
    else:
        with pytest.raises(IllegalTransition, match=f"from {current} to {to}"):
            move_delivery(current, to)


def test_a_finished_run_stays_so_unless_it_is_sent_again() -> None:
    assert {"completed", "partial", "failed", "skipped", "cancelled"} == FINISHED
    assert {"completed", "partial", "failed", "skipped"} == EXECUTED
    again = {one for one in FINISHED if (one, "pending") in RUN_MOVES}
    assert (
        again - {"skipped"} == RESENT == {"partial", "failed", "cancelled"}
    )  # a skipped tick is made up, not sent again
    assert {"partial", "failed"} == FAILING


def test_what_was_accepted_is_never_sent_again() -> None:
    assert {one for one in DeliveryStatus if (one, "pending") in DELIVERY_MOVES} - {
        "sending"
    } == UNDELIVERED
    assert not [to for current, to in DELIVERY_MOVES if current == "accepted"]


@pytest.mark.parametrize(
    ("deliveries", "status"),
    [
        ([ACCEPTED], RunStatus.COMPLETED),
        ([ACCEPTED, ACCEPTED], RunStatus.COMPLETED),
        ([SKIPPED, SKIPPED], RunStatus.COMPLETED),
        ([ACCEPTED, SKIPPED], RunStatus.COMPLETED),
        ([ACCEPTED, FAILED], RunStatus.PARTIAL),
        ([ACCEPTED, UNKNOWN], RunStatus.PARTIAL),
        ([ACCEPTED, SKIPPED, FAILED], RunStatus.PARTIAL),
        ([FAILED], RunStatus.FAILED),
        ([UNKNOWN], RunStatus.PARTIAL),
        ([FAILED, UNKNOWN], RunStatus.PARTIAL),
        ([SKIPPED, FAILED], RunStatus.FAILED),
    ],
)
def test_a_run_ends_by_what_became_of_its_messages(
    deliveries: list[DeliveryStatus], status: RunStatus
) -> None:
    assert outcome(deliveries) is status
    assert outcome(reversed(deliveries)) is status


@given(st.lists(st.sampled_from(DeliveryStatus), min_size=1))
def test_success_is_never_reported_for_a_message_that_failed(
    deliveries: list[DeliveryStatus],
) -> None:
    completed = outcome(deliveries) is RunStatus.COMPLETED
    assert completed == (set(deliveries) <= {ACCEPTED, SKIPPED})


@pytest.mark.parametrize(
    ("deliveries", "status"),
    [
        ([ACCEPTED, FAILED], RunStatus.PARTIAL),
        ([FAILED, SKIPPED], RunStatus.FAILED),
        ([FAILED, UNKNOWN], RunStatus.PARTIAL),
        ([], RunStatus.FAILED),
    ],
)
def test_a_run_that_is_given_up_is_partial_where_somebody_has_the_file_or_may_have_it(
    deliveries: list[DeliveryStatus], status: RunStatus
) -> None:
    assert shortfall(deliveries) is status
