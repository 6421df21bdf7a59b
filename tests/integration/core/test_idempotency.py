"""Repeated requests over both databases."""

from exports_app.domain.access import Principal
from exports_app.domain.errors import IdempotencyInProgress
from exports_app.services.core.records import KeptAnswer
from exports_app.services.idempotency import KEPT
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import side_by_side, sql

ANSWER = KeptAnswer(201, [["location", "/api/x"]], '{"name": "Zoë"}')


def test_of_requests_at_the_same_time_one_is_carried_out(
    services: Services, admin: Principal
) -> None:
    def begin(_: int) -> str:
        try:
            return "begun" if services.idempotency.begin(admin, "k", b"x") else ""
        except IdempotencyInProgress:
            return "in progress"

    assert sorted(side_by_side(4, begin)) == ["begun", *["in progress"] * 3]


def test_an_answer_comes_back_as_it_was_and_is_removed_after_a_day(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    begun = services.idempotency.begin(admin, "k", b"x")
    assert isinstance(begun, str)
    services.idempotency.finish(begun, ANSWER)
    assert services.idempotency.begin(admin, "k", b"x") == ANSWER
    clock.advance(seconds=KEPT.total_seconds() + 1)
    assert services.record_retention.sweep()["idempotency_keys"] == 1
    assert sql(services, "SELECT * FROM idempotency_keys") == []
