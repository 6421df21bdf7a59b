"""How often, chosen with the keyboard and without cron."""

from playwright.sync_api import expect

from tests.e2e.ui.axe import serious
from tests.e2e.ui.form import Form, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows
from tests.e2e.ui.visitor import Visits


def test_the_last_friday_of_a_month_is_chosen_without_cron(
    house: House, company: Company, visits: Visits
) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    form.name.fill("Month's end")
    form.address("ann@example.com")
    repeats = form.field("repeats")
    repeats.focus()
    page.keyboard.type("Mon")  # as a drop-down field takes letters
    expect(repeats).to_have_value("monthly")
    expect(form.expression).to_have_value("0 9 1 * *")
    form.choose("repeat_which", "Last")
    form.choose("repeat_day", "Friday")
    form.field("repeat_time").press("Control+a")
    page.keyboard.type("05:30 p.m.")  # not cut off
    page.keyboard.press("Tab")
    expect(form.field("repeat_time")).to_have_value("17:30")
    expect(form.expression).to_have_value("30 17 * * 5L")
    words = page.locator("#schedule-words")
    expect(words).to_have_text("Monthly on the last Friday at 17:30")
    form.choose("repeats", "Weekly")
    for day in ("Monday", "Thursday"):
        page.get_by_role("checkbox", name=day).press("Space")
    expect(form.expression).to_have_value("30 17 * * 4")  # Monday was on
    assert serious(page) == []
    page.set_viewport_size({"width": 320, "height": 700})
    assert_nothing_overflows(page)
    form.expression.fill("*/15 * * * *")
    expect(repeats).to_have_value("minutes")
    expect(form.field("repeat_step")).to_have_value("15")
    form.expression.fill("30 17 * * 5L")
    expect(repeats).to_have_value("monthly")
    form.save()
    assert the_one(house, company)["schedule"] == "30 17 * * 5L"
