"""Repeated requests over both databases."""

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    IdempotencyAnswerNotKept,
    IdempotencyInProgress,
    TooManyIdempotencyKeys,
)
from exports_app.services.idempotency import KEPT, KeptAnswer
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.doubles import FakeClock
from tests.world import Cast, side_by_side, sql

ANSWER = KeptAnswer(201, [["location", "/api/x"]], '{"name": "Zoë"}'.encode())
NEW = "the key that replaces the one before"
Send = Callable[..., None]


@pytest.fixture
def send(services: Services, admin: Principal) -> Send:
    """Carries out a request with this key."""

    def carry_out(key: str, answer: KeptAnswer = ANSWER, who: Principal = admin) -> None:
        begun = services.idempotency.begin(who, key, b"x")
        assert isinstance(begun, str)
        services.idempotency.finish(begun, answer)

    return carry_out


def test_an_answer_that_was_kept_before_the_upgrade_comes_back(
    services: Services, admin: Principal, send: Send
) -> None:
    send("k")
    body = ANSWER.body.decode()
    sql(services, "UPDATE idempotency_keys SET size = NULL, body = ?", body)
    assert services.idempotency.begin(admin, "k", b"x") == ANSWER


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
    services: Services, admin: Principal, clock: FakeClock, send: Send
) -> None:
    send("k")
    assert services.idempotency.begin(admin, "k", b"x") == ANSWER
    clock.advance(seconds=KEPT.total_seconds() + 1)
    assert services.record_retention.sweep()["idempotency_keys"] == 1
    assert sql(services, "SELECT * FROM idempotency_keys") == []


def test_an_answer_is_not_in_the_database_in_clear(services: Services, send: Send) -> None:
    send("k", KeptAnswer(200, [], b'{"link": "https://example.com/?token=secret"}'))
    (row,) = sql(services, "SELECT * FROM idempotency_keys")
    assert row.body
    assert "secret" not in str(row)


def test_after_a_rotation_of_keys_answers_are_still_known(
    services: Services, admin: Principal, clock: FakeClock, send: Send
) -> None:
    def with_keys(**keys: str) -> Services:
        values = {name: SecretStr(key) for name, key in keys.items()}
        return wiring.build(services.settings.model_copy(update=values), clock)

    send("k")
    both = with_keys(secret_key=NEW, secret_key_previous=SECRET_KEY)
    try:
        assert both.idempotency.begin(admin, "k", b"x") == ANSWER
        assert both.key_rotation.renew("keys").renewed == 1
    finally:
        both.close()
    alone = with_keys(secret_key=NEW)
    try:
        assert alone.idempotency.begin(admin, "k", b"x") == ANSWER
    finally:
        alone.close()
    with pytest.raises(IdempotencyAnswerNotKept):  # and the request is not carried out again
        services.idempotency.begin(admin, "k", b"x")
    done = services.key_rotation.renew("keys")
    assert (done.renewed, done.unreadable) == (0, 0)  # it lasts a day, and hides no lost secret


def test_an_answer_that_is_too_large_is_not_kept_and_the_request_not_carried_out_again(
    services: Services, admin: Principal, send: Send
) -> None:
    send("as large as can be", KeptAnswer(200, [], b"x" * bounds.KEPT_ANSWER))
    kept = services.idempotency.begin(admin, "as large as can be", b"x")
    assert isinstance(kept, KeptAnswer)
    send("larger", KeptAnswer(200, [], b"x" * (bounds.KEPT_ANSWER + 1)))
    with pytest.raises(IdempotencyAnswerNotKept):
        services.idempotency.begin(admin, "larger", b"x")


@pytest.mark.parametrize(("bound", "most"), [("KEPT_REQUESTS", 2), ("KEPT_ANSWERS", 200)])
def test_who_has_as_many_as_can_be_waits_and_nothing_is_forgotten(
    services: Services,
    cast: Cast,
    clock: FakeClock,
    send: Send,
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
    most: int,
) -> None:
    monkeypatch.setattr(bounds, bound, most)
    admin = cast.admin.who
    send("one")
    clock.advance(seconds=100)
    send("two")
    with pytest.raises(TooManyIdempotencyKeys) as refused:
        services.idempotency.begin(admin, "three", b"x")
    assert refused.value.retry_after == KEPT.total_seconds() - 100
    assert len(sql(services, "SELECT * FROM idempotency_keys")) == 2
    for key in ("one", "two"):
        assert services.idempotency.begin(admin, key, b"x") == ANSWER
    send("one", who=cast.viewer.who)  # each account has its own
    clock.advance(seconds=refused.value.retry_after)
    send("three")
