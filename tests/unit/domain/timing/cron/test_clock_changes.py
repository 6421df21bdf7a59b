"""Runs around changes of the clock, and at the ends of time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from exports_app.domain.timing import cron
from exports_app.domain.timing.cron import CronError, parse
from tests.unit.domain.timing.cron.instants import NEW_YEAR, NEW_YORK, at, runs


def test_nothing_before_the_start_is_returned_when_the_start_lies_in_the_second_pass_of_an_hour():
    second_pass = "2026-11-01T06:10:00Z"  # 01:10 EST; 01:30 EDT was at 05:30
    assert runs("30 1 * * *", "America/New_York", second_pass, 1) == ["2026-11-02T06:30:00Z"]
    assert runs("*/30 * * * *", "America/New_York", second_pass, 2) == [
        "2026-11-01T06:30:00Z",
        "2026-11-01T07:00:00Z",
    ]
    local = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK, fold=1)
    assert cron.next_after(parse("30 1 * * *"), NEW_YORK, local) == at("2026-11-02T06:30:00Z")


def test_two_times_in_one_gap_run_once_at_the_jump():
    assert runs("15,45 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", 3) == [
        *("2026-03-08T07:00:00Z", "2026-03-09T06:15:00Z", "2026-03-09T06:45:00Z")
    ]


def test_a_time_in_the_gap_and_one_at_its_end_run_once():
    assert runs("0 2,3 * * *", "America/New_York", "2026-03-08T00:00:00Z", 2) == [
        "2026-03-08T07:00:00Z",
        "2026-03-09T06:00:00Z",
    ]


def test_a_star_hour_in_a_half_hour_zone_loses_no_run_when_clocks_go_back():
    # 5 April: 02:00 (+11) becomes 01:30 (+10:30); 01:45 comes twice, half an hour apart.
    assert runs("45 * * * *", "Australia/Lord_Howe", "2026-04-04T13:00:00Z", 4) == [
        *(
            "2026-04-04T13:45:00Z",
            "2026-04-04T14:45:00Z",
            "2026-04-04T15:15:00Z",
            "2026-04-04T16:15:00Z",
        )
    ]


def test_a_star_hour_in_a_half_hour_zone_skips_only_what_does_not_exist_when_clocks_go_forward():
    # 4 October: 02:00 (+10:30) becomes 02:30 (+11).
    assert runs("15 * * * *", "Australia/Lord_Howe", "2026-10-03T14:00:00Z", 2) == [
        "2026-10-03T14:45:00Z",
        "2026-10-03T16:15:00Z",
    ]


def test_both_passes_of_an_hour_that_spans_midnight_run_in_the_order_of_time():
    # Until 2011 St. John's turned its clocks back at 00:01, to 23:01 of the day before.
    assert runs("0 * * * *", "America/St_Johns", "2010-11-07T01:00:00Z", 4) == [
        *(
            "2010-11-07T01:30:00Z",
            "2010-11-07T02:30:00Z",
            "2010-11-07T03:30:00Z",
            "2010-11-07T04:30:00Z",
        )
    ]
    assert runs("*/30 * * * *", "America/St_Johns", "2010-11-07T02:15:00Z", 4) == [
        *(
            "2010-11-07T02:30:00Z",
            "2010-11-07T03:00:00Z",
            "2010-11-07T03:30:00Z",
            "2010-11-07T04:00:00Z",
        )
    ]


def test_a_skipped_day_and_the_day_after_it_run_once_at_the_jump():
    assert runs("0 0 30,31 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 2) == [
        "2011-12-30T10:00:00Z",
        "2012-12-29T10:00:00Z",
    ]


def test_a_repeated_day_runs_twice_only_for_schedules_that_follow_the_clock():
    # At the end of 30 September 1969 Kwajalein crossed the date line and went back by 23 hours.
    days = [
        "1969-09-29T01:00:00Z",
        "1969-09-30T01:00:00Z",
        "1969-10-01T00:00:00Z",
        "1969-10-02T00:00:00Z",
    ]
    assert runs("0 12 * * *", "Pacific/Kwajalein", "1969-09-29T00:00:00Z", 3) == [
        days[0],
        days[1],
        days[3],
    ]
    assert runs("*/60 12 * * *", "Pacific/Kwajalein", "1969-09-29T00:00:00Z", 4) == days


def test_the_end_of_time_ends_the_runs():
    yearly = parse("@yearly")
    assert cron.next_runs(yearly, NEW_YORK, at("9997-06-01T00:00Z"), 9) == [
        at("9998-01-01T05:00Z"),
        at("9999-01-01T05:00Z"),
    ]
    assert len(cron.next_runs(parse("0 * * * *"), NEW_YORK, at("9999-12-31T20:00Z"), 9)) == 3
    assert (
        cron.next_runs(yearly, ZoneInfo("Pacific/Apia"), datetime.max.replace(tzinfo=UTC), 1) == []
    )
    with pytest.raises(CronError):
        cron.next_after(yearly, NEW_YORK, at("9999-06-01T00:00Z"))


def test_the_beginning_of_time_is_no_obstacle():
    assert cron.next_runs(
        parse("@yearly"), ZoneInfo("UTC"), datetime.min.replace(tzinfo=UTC), 1
    ) == [at("0002-01-01T00:00Z")]


def test_an_instant_without_a_zone_is_a_mistake():
    with pytest.raises(ValueError, match="time zone"):
        cron.next_after(parse("@daily"), NEW_YORK, NEW_YEAR.replace(tzinfo=None))
