"""What is kept of a run's file: its totals, and those of the run to compare with."""

from datetime import date
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.services.core.records import Campaign, Metric, Run, Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.mailserver import MailServer
from tests.world import claim, execute, make_schedule, trigger_and_execute

WEEKLY = Filters(period="previous_week")


@pytest.fixture(autouse=True)
def _mail(mail: MailServer) -> None:
    """Messages are accepted."""


def weekly(services: Services, admin: Principal, **changes: Any) -> Schedule:
    return make_schedule(services, admin, **{"filters": WEEKLY, **changes})


def earlier(run: Run) -> Any:
    assert run.summary is not None
    return run.summary.get("earlier")


def change(services: Services, who: Principal, schedule: Schedule, **changes: Any) -> Schedule:
    return services.schedules.update(who, schedule.id, changes)


def test_a_run_keeps_the_totals_of_its_file(
    services: Services, admin: Principal, campaigns: dict[str, Campaign]
) -> None:
    one = campaigns["Spring"]
    with services.store.write() as tx:
        tx.campaigns.upsert_metrics([Metric(one.id, date(2025, 6, 3), 1_000, 20, 3, 400, 500)])
    june = Filters(date(2025, 6, 1), date(2025, 6, 30))
    run = trigger_and_execute(services, admin, weekly(services, admin, filters=june))
    assert run.summary is not None
    assert run.summary["keys"] == ["impressions", "clicks", "conversions", "spend", "revenue"]
    assert run.summary["groups"][one.currency] == [1_000, 20, 3, 400, 500]
    assert run.summary["top"] == [["Spring", 1_000, 20, 400, one.currency]]
    assert earlier(run) is None


def test_the_next_week_is_compared_with_the_one_before(
    services: Services, admin: Principal, clock: FakeClock, campaigns: dict[str, Campaign]
) -> None:
    schedule = weekly(services, admin)
    first = trigger_and_execute(services, admin, schedule)
    clock.advance(days=1)
    again = trigger_and_execute(services, admin, schedule)
    assert earlier(again) is None, "the same days"
    clock.advance(days=7)
    second = trigger_and_execute(services, admin, schedule)
    assert first.summary is not None
    assert earlier(second) == {
        "window": ["2026-02-23", "2026-03-01"],
        "groups": first.summary["groups"],
    }


def test_nothing_is_compared_with_a_test_or_with_what_nobody_got(
    services: Services, admin: Principal, clock: FakeClock, campaigns: dict[str, Campaign]
) -> None:
    schedule = weekly(services, admin)
    trigger_and_execute(services, admin, schedule)
    clock.advance(days=7)
    for to in (SendTo.CALLER, SendTo.NOBODY):
        services.schedules.trigger(admin, schedule.id, to=to)
        unseen = execute(services, claim(services))
        assert earlier(unseen)["window"][0] == "2026-02-23"
    clock.advance(days=7)
    assert earlier(trigger_and_execute(services, admin, schedule))["window"][0] == "2026-02-23"


def test_other_campaigns_another_type_or_unfinished_days_are_not_compared(
    services: Services, admin: Principal, clock: FakeClock, campaigns: dict[str, Campaign]
) -> None:
    schedule = weekly(services, admin)
    trigger_and_execute(services, admin, schedule)
    clock.advance(days=7)
    chosen = Filters(period="previous_week", campaign_ids=(campaigns["Spring"].id,))
    for changes in (
        {"filters": chosen},
        {"filters": Filters(period="this_week")},
        {"filters": Filters(period="yesterday")},
        {"filters": Filters(date(2026, 3, 2), date(2026, 3, 8))},
        {"filters": Filters(period="all")},
        {"export_type": "aggregate", "filters": WEEKLY},
    ):
        schedule = change(services, admin, schedule, **changes)
        assert earlier(trigger_and_execute(services, admin, schedule)) is None, changes
    schedule = change(services, admin, schedule, export_type="campaigns")
    assert earlier(trigger_and_execute(services, admin, schedule))["window"][0] == "2026-02-23"
