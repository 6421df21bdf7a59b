"""Finding a time zone."""

from datetime import UTC, datetime

import pytest

from exports_app.domain.timing import cron
from exports_app.domain.timing.large_cities import CITIES, SHORT
from exports_app.domain.timing.zone_search import MOST, find

WINTER, SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("new_york", "America/New_York"),
        ("york new", "America/New_York"),
        ("Germany", "Europe/Berlin"),
        ("germ", "Europe/Berlin"),
        ("India", "Asia/Kolkata"),
        ("Mumbai", "Asia/Kolkata"),
        ("munchen", "Europe/Berlin"),
        ("SÃO PAULO", "America/Sao_Paulo"),
        ("UK", "Europe/London"),
        ("ny", "America/New_York"),
        ("NYC", "America/New_York"),
        ("la", "America/Los_Angeles"),
        ("sf", "America/Los_Angeles"),
        ("dc", "America/New_York"),
        ("hk", "Asia/Hong_Kong"),
        ("kl", "Asia/Kuala_Lumpur"),
        ("sg", "Asia/Singapore"),
        ("de", "Europe/Berlin"),
        ("et", "America/New_York"),
        ("usa", "America/New_York"),
        ("us/pacific", "America/Los_Angeles"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("pacific", "America/Los_Angeles"),
        ("PST", "America/Los_Angeles"),
        ("pdt", "America/Los_Angeles"),
        ("IST", "Asia/Kolkata"),
        ("cest", "Europe/Berlin"),
        ("indiana knox", "America/Indiana/Knox"),
        ("utc", "UTC"),
        ("gmt", "Europe/London"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("utc+5:30", "Asia/Kolkata"),
        ("+0545", "Asia/Kathmandu"),
        ("gmt-9:30", "Pacific/Marquesas"),
    ],
)
def test_a_zone_is_found_by_what_people_know_of_it(query: str, first: str) -> None:
    assert find(query, WINTER)[0].name == first


@pytest.mark.parametrize(
    ("query", "among"),
    [
        ("IST", {"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"}),
        ("GMT", {"UTC", "Africa/Abidjan"}),
        ("CET", {"Europe/Berlin", "Europe/Madrid", "Europe/Warsaw"}),
        ("United States", {"America/New_York", "America/Denver", "Pacific/Honolulu"}),
        ("+01:00", {"Europe/Berlin", "Africa/Lagos"}),
    ],
)
def test_all_that_fit_are_found(query: str, among: set[str]) -> None:
    assert among <= {zone.name for zone in find(query, WINTER)}


def test_a_part_within_a_word_counts_only_where_nothing_fits_better() -> None:
    assert "Europe/London" not in {zone.name for zone in find("ist", WINTER)}  # Bristol
    assert find("athmand", WINTER)[0].name == "Asia/Kathmandu"


def test_what_is_nowhere_is_not_found() -> None:
    assert find("mars olympus", WINTER) == []
    assert find("+25:99", WINTER) == []


def test_a_row_says_where_it_is_and_what_its_clocks_show_now() -> None:
    (berlin,) = find("europe/berlin", WINTER)
    assert (berlin.label, berlin.detail, berlin.offset) == (
        "Europe/Berlin",
        "Germany · CET",
        "UTC+01:00",
    )
    (berlin,) = find("europe/berlin", SUMMER)
    assert (berlin.detail, berlin.offset) == ("Germany · CEST", "UTC+02:00")
    kolkata = find("bomb", WINTER)[0]
    assert (kolkata.detail, kolkata.offset) == ("Bombay · India · IST", "UTC+05:30")
    assert find("newfoundland", WINTER)[0].offset == "UTC-03:30"


def test_without_a_query_come_the_ones_in_use_and_then_a_zone_for_each_clock() -> None:
    found = [zone.name for zone in find(" ", WINTER, ["Asia/Calcutta", "Mars/Olympus", "UTC"])]
    assert found[:2] == ["Asia/Calcutta", "UTC"]
    assert found.index("America/Los_Angeles") < found.index("Europe/Paris")
    assert found.index("Europe/Paris") < found.index("Asia/Tokyo")
    assert len(found) == len(set(found)) < 100


def test_no_answer_is_long_and_every_zone_can_be_found_by_its_name() -> None:
    assert len(find("a", WINTER)) == MOST
    for name in ("Europe/Oslo", "Asia/Istanbul", "Africa/Accra", "Etc/GMT-14"):
        assert find(name, WINTER), name


def test_an_abbreviation_says_what_it_stands_for_and_hides_no_country() -> None:
    found = find("la", WINTER)
    assert found[0].detail == "United States · PST"  # the zone is named after the city
    assert "Asia/Vientiane" in [zone.name for zone in found]
    assert find("sf", WINTER)[0].detail == "San Francisco · United States · PST"


def test_every_city_belongs_to_a_known_zone() -> None:
    assert CITIES.keys() | SHORT.keys() <= set(cron.zones())
