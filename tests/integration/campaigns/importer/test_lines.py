"""Campaign data from CSV files."""

from datetime import date
from pathlib import Path

import pytest

from exports_app.domain.errors import ExportsError
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.records import Campaign, Tenant
from exports_app.wiring import Services
from tests.integration.campaigns.importer.files import GOOD, Load, campaigns_of, csv


def test_a_line_becomes_a_campaign_and_its_day(
    services: Services, acme: Tenant, load: Load
) -> None:
    result = load(csv(GOOD))
    assert (result.days, result.campaigns, result.bad_lines) == (1, 1, 0)
    (one,) = campaigns_of(services, acme)
    assert (one.name, one.channel, one.status, one.currency) == (
        "Summer",
        "search",
        "active",
        "EUR",
    )
    assert (one.budget, one.start_date, one.end_date) == (100_050, date(2026, 1, 1), None)
    with services.database.read() as connection:
        row = connection.exec_driver_sql(
            "SELECT impressions, clicks, conversions, spend, revenue FROM campaign_metrics"
        ).one()
    assert tuple(row) == (100, 10, 1, 1230, 4500)


def test_columns_come_in_any_order_and_only_three_are_needed(
    services: Services, acme: Tenant, load: Load
) -> None:
    assert load("date,currency,campaign_name\n2026-01-02,EUR,Summer\n").days == 1
    (one,) = campaigns_of(services, acme)
    assert (one.channel, one.status, one.budget) == ("other", "active", None)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(load: Load, end: str, mark: bytes) -> None:
    assert load(mark + csv(GOOD).replace("\n", end).encode()).days == 1


def test_the_report_shows_words_of_which_the_letters_are_not_certain(load: Load) -> None:
    text = csv(GOOD.replace("Summer", "Příbram"))
    note = "read as windows-1252, with words such as Pøíbram: if they are wrong, save it as"
    assert note in load(text.encode("cp1250")).lines()[1]
    assert note in load(text.replace("EUR", "?").encode("cp1250")).lines()[1]
    assert "words such as" not in "\n".join(load(text).lines())


def test_a_name_is_kept_exactly(services: Services, acme: Tenant, load: Load) -> None:
    name = '1+1=\', "日本"\n 🚀 '
    quoted = '"' + name.replace('"', '""') + '"'
    assert load(csv(GOOD.replace("Summer", quoted))).bad_lines == 0
    assert [c.name for c in campaigns_of(services, acme)] == [name]


def test_a_campaign_of_the_same_name_gets_the_days_and_keeps_its_details(
    services: Services, acme: Tenant, campaigns: dict[str, Campaign], load: Load
) -> None:
    before = campaigns_of(services, acme)
    assert load(csv(GOOD.replace("Summer", "Spring"))).bad_lines == 0
    assert campaigns_of(services, acme) == before


def test_a_day_that_is_there_already_is_replaced(services: Services, load: Load) -> None:
    load(csv(GOOD))
    load(csv(GOOD.replace(",100,", ",200,")))
    with services.database.read() as connection:
        rows = (
            connection.exec_driver_sql("SELECT impressions FROM campaign_metrics").scalars().all()
        )
    assert rows == [200]


def test_another_tenants_campaign_of_that_name_is_not_touched(
    services: Services, acme: Tenant, globex: Tenant, campaigns: dict[str, Campaign], load: Load
) -> None:
    before = campaigns_of(services, globex)
    load(csv(GOOD.replace("Summer", "Rival")))
    assert campaigns_of(services, globex) == before
    assert "Rival" in {c.name for c in campaigns_of(services, acme)}


def test_names_that_turn_the_direction_of_text_are_data_and_kept(
    services: Services, acme: Tenant, load: Load
) -> None:
    assert load(csv(GOOD.replace("Summer", "\u202eremmuS\u202c"))).bad_lines == 0
    assert [one.name for one in campaigns_of(services, acme)] == ["\u202eremmuS\u202c"]


def test_a_tenant_that_does_not_exist_is_an_error(services: Services, tmp_path: Path) -> None:
    with pytest.raises(ExportsError, match="tenant 'nobody' does not exist"):
        services.importer.load(tmp_path / "campaigns.csv", "nobody", lambda _: None)


def test_whoever_watches_the_tenant_hears_of_it_only_when_something_changed(
    services: Services, acme: Tenant, load: Load
) -> None:
    heard: list[Change] = []
    services.changes.subscribe(heard.append)
    load(csv(GOOD.replace("EUR", "nope")))
    assert heard == []
    load(csv(GOOD))
    assert heard == [Change(Topic.CAMPAIGNS, acme.id)]


@pytest.mark.one_database
def test_progress_goes_up_to_the_end(services: Services, acme: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "campaigns.csv"
    file.write_text(csv(*(GOOD.replace("Summer", f"New {i}") for i in range(12_000))))
    seen: list[float] = []
    assert services.importer.load(file, "acme", seen.append).days == 12_000
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
