"""A cron expression that is explained before it is saved."""

from datetime import UTC, datetime, timedelta

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, Invalid
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.schedules.fields import MONDAY, pointers
from tests.world import make_schedule, runs_of, uuid_of


def test_a_valid_expression_is_answered_with_its_words_and_next_runs(
    services: Services, viewer: Principal
) -> None:
    answer = services.cron_expressions.validate(viewer, "0 9 * * 1", "Europe/Berlin", None, 2)
    assert (answer.valid, answer.expression, answer.message) == (
        True,
        "0 9 * * 1",
        "Valid cron expression",
    )
    assert answer.next_runs == [MONDAY, MONDAY + timedelta(days=7)]
    assert answer.description


def test_the_answer_is_what_the_engine_does(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 3, 28, 12, 0, tzinfo=UTC))  # the night before the clocks go forward
    made = make_schedule(services, admin, schedule="30 2 * * *")
    promised = services.cron_expressions.validate(
        admin, "30 2 * * *", "Europe/Berlin", None, 3
    ).next_runs
    for instant in promised:
        clock.set(instant)
        assert services.ticks.tick() == 1
    assert [r.scheduled_for for r in reversed(runs_of(services, made))] == promised


def test_an_invalid_expression_is_an_answer_not_an_error(
    services: Services, viewer: Principal
) -> None:
    answer = services.cron_expressions.validate(viewer, "61 * * * *", "UTC", None, 5)
    assert (answer.valid, answer.description, answer.next_runs) == (False, None, [])
    assert "minute" in answer.message.lower()


def test_the_next_runs_can_be_asked_from_any_instant(services: Services, viewer: Principal) -> None:
    after = datetime(2030, 1, 1, tzinfo=UTC)
    assert services.cron_expressions.validate(viewer, "@yearly", "UTC", after, 1).next_runs == [
        datetime(2031, 1, 1, tzinfo=UTC)
    ]


def test_an_expressions_zone_is_the_installations_unless_named(
    services: Services, viewer: Principal
) -> None:
    (first,) = services.cron_expressions.validate(viewer, "0 9 * * *", None, None, 1).next_runs
    assert first == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    for bad in ("Mars/Olympus", ""):
        with pytest.raises(Invalid) as e:
            services.cron_expressions.validate(viewer, "0 9 * * *", bad, None, 1)
        assert pointers(e) == ["/timezone"]


def test_who_may_read_nowhere_may_not_ask(services: Services) -> None:
    with pytest.raises(Forbidden):
        services.cron_expressions.validate(Principal(uuid_of(1)), "0 9 * * *", None, None, 1)


def test_an_expression_is_explained_with_its_preset_and_the_clocks(
    services: Services, viewer: Principal, clock: FakeClock
) -> None:
    clock.set(datetime(2026, 3, 27, 12, 0, tzinfo=UTC))
    said = services.cron_expressions.explain(viewer, " 0  8 * * * ", "Europe/Berlin", 3)
    assert (said.valid, said.message, said.preset) == (True, "Valid cron expression", "daily")
    assert said.description == "Every day at 08:00"
    assert said.next_runs == [
        datetime(2026, 3, day, hour, 0, tzinfo=UTC) for day, hour in ((28, 7), (29, 6), (30, 6))
    ]
    assert said.note == (
        "Clocks in Berlin go forward 1 hour on Sun 29 Mar 2026; the schedule keeps its local time."
    )
    assert services.cron_expressions.explain(viewer, "0 8 * * *", None).note is None
    assert services.cron_expressions.explain(viewer, "5 8 * * *", "UTC").preset == "custom"


def test_what_cannot_be_read_is_explained_too(services: Services, viewer: Principal) -> None:
    said = services.cron_expressions.explain(viewer, "61 * * * *", "UTC")
    assert (said.valid, said.description, said.next_runs, said.note, said.preset) == (
        False,
        None,
        [],
        None,
        "custom",
    )
    assert "minute" in said.message.lower()


def test_who_may_read_nowhere_gets_no_explanation(services: Services, viewer: Principal) -> None:
    with pytest.raises(Forbidden):
        services.cron_expressions.explain(Principal(uuid_of(1)), "0 9 * * *", "UTC")
    with pytest.raises(Invalid) as e:
        services.cron_expressions.explain(viewer, "0 9 * * *", "Mars/Olympus")
    assert pointers(e) == ["/timezone"]
