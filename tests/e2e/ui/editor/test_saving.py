"""Making and changing a scheduled export in the form: what was typed is what is stored."""

import pytest
from playwright.sync_api import expect

from tests.e2e.ui.form import Form, at_both_widths, stored, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.visitor import Visits


def columns(row: dict[str, object]) -> dict[str, object]:
    """What a person fills in."""
    names = (
        "name",
        "description",
        "export_type",
        "format",
        "schedule",
        "timezone",
        "recipients",
        "filters",
        "when_empty",
    )
    return {name: row[name] for name in names} | {"is_active": bool(row["is_active"])}


@at_both_widths
def test_a_schedule_is_stored_as_it_was_filled_in(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    spring, autumn = house.campaign(company, "Spring"), house.campaign(company, "Autumn")
    house.campaign(company, "Not this one")
    page = visits.open(who=company.admin, width=width)
    form = Form.new(page)
    assert_nothing_overflows(page)
    form.name.fill("Numbers by week")
    form.field("description").fill("For the\nboard")
    form.choose("export_type", "Totals over time")
    form.choose("format", "JSON (.json)")
    form.choose("period", "Last 30 days")
    form.choose("group_by", "By week")
    form.unfold("delivery")
    form.choose("when_empty", "Skip the run, send nothing")
    form.field("campaigns").click()
    for name in ("Autumn", "Spring"):
        page.get_by_role("option", name=name).click()
        expect(page.get_by_role("option", name=name)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(form.field("campaigns")).to_have_text("2 campaigns")
    form.expression.fill("30 7 * * 1-5")
    form.field("timezone").click()
    page.get_by_label("Search time zone").fill("new york")
    page.get_by_role("option", name="America/New York").click()
    expect(form.field("timezone")).to_have_text("America/New_York")
    form.address("ann@example.com", "bob@example.com")
    form.dialog.get_by_role("switch", name="Active").click()
    expect(form.dialog.get_by_text("Paused")).to_be_visible()
    assert_nothing_overflows(page)
    form.save()
    expect(toast(page, "“Numbers by week” saved")).to_be_visible()
    expect(page.get_by_role("button", name="Numbers by week", exact=True)).to_be_visible()
    assert columns(the_one(house, company)) == {
        "name": "Numbers by week",
        "description": "For the\nboard",
        "export_type": "aggregate",
        "format": "json",
        "schedule": "30 7 * * 1-5",
        "timezone": "America/New_York",
        "recipients": ["ann@example.com", "bob@example.com"],
        "filters": {
            "period": "last_30_days",
            "campaignIds": [autumn.id, spring.id],
            "groupBy": "week",
        },
        "when_empty": "skip",
        "is_active": False,
    }


@pytest.mark.long
def test_two_dates_stand_in_the_place_of_a_period(
    house: House, company: Company, visits: Visits
) -> None:
    form = Form.new(visits.open(who=company.admin))
    expect(form.field("start_date")).to_have_count(0)
    form.name.fill("Between")
    form.choose("period", "Between two dates")
    form.field("start_date").fill("2026-01-15")
    form.field("end_date").fill("2026-02-20")
    form.address("ann@example.com")
    form.save()
    assert the_one(house, company)["filters"] == {
        "startDate": "2026-01-15",
        "endDate": "2026-02-20",
    }


@pytest.mark.long
def test_only_the_type_that_groups_asks_for_a_grouping(
    house: House, company: Company, visits: Visits
) -> None:
    form = Form.new(visits.open(who=company.admin))
    for words, there in (
        ("Campaigns, totals", 0),
        ("Totals over time", 1),
        ("Campaign, day by day", 0),
    ):
        form.choose("export_type", words)
        expect(form.field("group_by")).to_have_count(there)
    form.choose("export_type", "Totals over time")
    form.choose("group_by", "By month")
    form.choose("export_type", "Campaigns, totals")
    form.name.fill("Not grouped")
    form.address("ann@example.com")
    form.save()
    assert the_one(house, company)["filters"] == {"period": "previous_week"}


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "Now with words"},
        pytest.param({"schedule": "5 5 * * *"}, marks=pytest.mark.long),
    ],
)
def test_a_change_leaves_everything_else_as_it_was(
    house: House, company: Company, visits: Visits, fields: dict[str, str]
) -> None:
    campaign = house.campaign(company, "Spring")
    house.schedule(
        company,
        "As before",
        description="Some words",
        exportType="aggregate",
        format="xml",
        schedule="15 6 * * 2",
        timezone="Asia/Tokyo",
        recipients=["Zoe@Example.com", "ann@example.com"],
        filters={"startDate": "2026-01-01", "campaignIds": [campaign.id], "groupBy": "month"},
        whenEmpty="fail",
        isActive=False,
    )
    before = the_one(house, company)
    form = Form.edit(visits.open(who=company.admin), "As before")
    for name, value in fields.items():
        form.field(name).fill(value)
    form.save()
    after = the_one(house, company)
    same = before.keys() - fields.keys() - {"version", "updated_at"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert {name: after[name] for name in fields} == fields


NAMES = [
    "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">",
    "Zahlen 📈🧑🏽‍🚀 für Köln & Straße",
    "تقرير أسبوعي للحملات ‏(2026)",  # noqa: PLE2502 (right-to-left text is what this is about)
    "W" * 200,
    "{{ 7*7 }} ${x} %s \\n <b>&amp;</b>",
]


@pytest.mark.parametrize(
    ("width", "given"),
    [
        (1280, NAMES[:1]),
        pytest.param(1280, NAMES[1:], marks=pytest.mark.long),
        pytest.param(390, NAMES, marks=pytest.mark.long),
    ],
    ids=["markup", "the others", "all-390"],
)
def test_any_name_is_shown_as_the_text_that_it_is(
    house: House, company: Company, visits: Visits, width: int, given: list[str]
) -> None:
    page = visits.open(who=company.admin, width=width)
    for name in given:
        form = Form.new(page)
        form.name.fill(name)
        form.address("ann@example.com")
        form.save()
        expect(page.get_by_role("button", name=name, exact=True)).to_have_text(name)
    assert sorted(row["name"] for row in stored(house, company)) == sorted(given)
    assert_nothing_overflows(page)
    page.reload()
    for name in given:
        Form.edit(page, name)
        expect(form.name).to_have_value(name)
        form.close()
        form.is_closed()
        page.get_by_role("button", name=f"History of {name}", exact=True).click()
        expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_have_text(name)
        assert_nothing_overflows(page)
        page.get_by_role("button", name="Close the history").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.title() == "Scheduled Exports · Exports"
