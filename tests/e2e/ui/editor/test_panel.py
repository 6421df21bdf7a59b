"""Beside the form: the presets, when it would run, what the file would contain."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from exports_app.domain.humanize import size
from exports_app.domain.timing import cron
from exports_app.domain.timing.clock_changes import ClockChange, changes_between
from exports_app.domain.timing.cron import CronError
from tests.e2e.ui.form import Form, at_both_widths, options
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, file_of
from tests.e2e.ui.visitor import Visits

PRESETS = {
    "Every Monday at 9 AM": "0 9 * * 1",
    "Every Day at 8 AM": "0 8 * * *",
    "Every Friday at 5 PM": "0 17 * * 5",
    "First day of month at 9 AM": "0 9 1 * *",
    "Every 3 hours": "0 */3 * * *",
}


class TestPresets:
    @at_both_widths
    def test_there_are_five_and_one_of_ones_own(
        self, company: Company, visits: Visits, width: int
    ) -> None:
        page = visits.open(who=company.admin, width=width)
        Form.new(page)
        shown = [text.split("\n") for text in page.locator(".presets label").all_inner_texts()]
        assert shown == [[label, expression] for label, expression in PRESETS.items()] + [
            ["Custom", "as set below"]
        ]
        assert_nothing_overflows(page)

    @pytest.mark.long
    def test_ones_own_keeps_the_expression_and_goes_to_the_fields_below(
        self, company: Company, visits: Visits
    ) -> None:
        form = Form.new(visits.open(who=company.admin))
        form.expression.fill("0 9 * * 12")
        form.expression.fill("0 9 * * 1")  # before the first is sent: the server hears of no change
        for label, expression in (
            ("Every Day at 8 AM", "0 8 * * *"),
            ("Every Monday at 9 AM", "0 9 * * 1"),
        ):
            form.preset(label).click()
            expect(form.expression).to_have_value(expression)
        form.preset("Custom").click()
        expect(form.preset("Custom")).to_be_checked()
        expect(form.field("repeats")).to_be_focused()
        expect(form.expression).to_have_value("0 9 * * 1")


class TestWhenItWouldRun:
    @at_both_widths
    def test_the_next_five_runs_stand_in_its_zone_and_in_the_readers(
        self, company: Company, visits: Visits, width: int
    ) -> None:
        page = visits.open(who=company.admin, width=width, zone="America/New_York")
        form = Form.new(page)
        choose_zone(form, "Asia/Tokyo")
        form.expression.fill("20 6,18 * * *")
        expect(page.locator("#schedule-words")).to_have_text(cron.describe("20 6,18 * * *"))
        expect(page.locator("#next-runs").locator("xpath=preceding-sibling::div")).to_have_text(
            "Times in Tokyo; your local time in brackets (America/New_York)"
        )
        there, here = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
        runs = cron.next_runs(cron.parse("20 6,18 * * *"), there, datetime.now(UTC), 5)
        lines = page.locator("#next-runs .fact")
        expect(lines).to_have_count(5)
        for line, run in zip(lines.all(), runs, strict=True):
            expect(line.locator("> span").first).to_have_text(
                f"{run.astimezone(there):%a %d %b, %H:%M}"
            )
            expect(line.locator("time").last).to_have_text(
                re.compile(f"^{run.astimezone(here):%a,? %H:%M}$")
            )
            expect(line.locator("time").first).to_have_text(re.compile(r"^in \d+ (min|h|d)$"))
            for time in line.locator("time").all():
                assert datetime.fromisoformat(time.get_attribute("datetime") or "") == run
        assert_nothing_overflows(page)

    @pytest.mark.parametrize("expression", ["5 17 * *", pytest.param("", marks=pytest.mark.long)])
    def test_an_invalid_expression_shows_the_reason(
        self, company: Company, visits: Visits, expression: str
    ) -> None:
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.expression.fill(expression)
        with pytest.raises(CronError) as reason:
            cron.parse(expression)
        message = reason.value.message
        expect(page.locator("#schedule-problem")).to_have_text(message[:1].upper() + message[1:])
        expect(page.locator("#next-runs")).to_have_count(0)
        expect(form.expression).to_have_attribute("aria-invalid", "true")
        expect(form.expression).to_have_accessible_description(re.compile(re.escape(message[1:])))
        form.expression.fill("0 9 * * 1")
        expect(page.locator("#schedule-problem")).to_have_count(0)
        expect(form.expression).to_have_attribute("aria-invalid", "false")
        expect(page.locator("#next-runs .fact")).to_have_count(5)

    @pytest.mark.parametrize(
        "forward", [True, pytest.param(False, marks=pytest.mark.long)], ids=["forward", "back"]
    )
    def test_a_change_of_the_clocks_among_the_next_runs_is_told(
        self, house: House, company: Company, visits: Visits, forward: bool
    ) -> None:
        change = next_change("Europe/Berlin", forward=forward)
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.expression.fill(f"30 2 {change.wall.day} {change.wall.month} *")
        day = f"{change.wall.day} {change.wall:%b %Y}"
        told = (
            f"On {day} 02:30 does not exist in Berlin: it runs at 03:00."
            if forward
            else (
                f"Clocks in Berlin go back 1 hour on Sun {day}; "
                "02:30 comes twice and runs the first time."
            )
        )
        expect(page.locator("#clock-note")).to_have_text(told)
        choose_zone(form, "Asia/Tokyo")  # whose clocks never change
        expect(page.locator("#clock-note")).to_have_count(0)


def next_change(zone: str, *, forward: bool) -> ClockChange:
    """From tomorrow on: today's may be over."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    found = changes_between(ZoneInfo(zone), tomorrow, tomorrow + timedelta(days=380))
    return next(change for change in found if change.forward is forward)


def choose_zone(form: Form, zone: str) -> None:
    form.field("timezone").click()
    form.page.get_by_label("Search time zone").fill(zone)
    options(form.page).filter(has_text=zone.replace("_", " ")).first.click()
    expect(form.field("timezone")).to_have_text(zone)


class TestTheData:
    @at_both_widths
    def test_the_first_ten_rows_their_number_and_the_size_are_those_of_the_file(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        for number in range(1, 14):
            house.campaign(company, f"Campaign {number}", days=number)
        made = house.schedule(company, "Lately", filters={"period": "last_7_days"})
        run = house.run(company, made["id"])
        file = file_of(house, company.admin, made["id"], run["id"])
        header, *rows = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
        (counted,) = house.rows(
            "SELECT count(*) AS n FROM campaigns WHERE tenant_id = ?", company.id
        )
        page = visits.open(who=company.admin, width=width)
        Form.edit(page, "Lately")
        expect(page.locator("#data-summary")).to_have_text(
            f"Data · {counted['n']} rows, about {size(len(file))}"
        )
        shown = page.locator(".sample tbody tr")
        expect(shown).to_have_count(10)
        impressions = header.index("impressions")
        for line, row in zip(shown.all(), rows[:10], strict=True):
            cells = line.locator("td").all_inner_texts()
            assert (cells[0], cells[-1], cells[impressions - 1].replace(",", "")) == (
                row[1],
                row[0],
                row[impressions],
            )
        told = page.locator("aside.side").get_by_text("If run now:")
        expect(told).to_contain_text("the first 10. Campaign ID comes earlier in the file.")
        assert_nothing_overflows(page)

    @pytest.mark.long
    def test_it_follows_what_is_chosen(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        for name in ("Autumn", "Spring", "Winter"):
            house.campaign(company, name)
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.choose("period", "All data")
        expect(page.locator("#data-summary")).to_contain_text("3 rows")
        form.field("campaigns").click()
        options(page).filter(has_text="Winter").click()
        page.keyboard.press("Escape")
        expect(page.locator("#data-summary")).to_contain_text("1 row,")
        expect(page.locator(".sample tbody")).to_contain_text("Winter")
        form.choose("export_type", "Campaign, day by day")
        expect(page.locator("#data-summary")).to_contain_text("7 rows")
        newest = datetime.now(UTC).date() - timedelta(days=1)
        form.choose("period", "Between two dates")
        form.field("start_date").fill(f"{newest - timedelta(days=2)}")
        expect(page.locator("#data-summary")).to_contain_text("3 rows")
        form.field("end_date").fill(f"{newest - timedelta(days=1)}")
        expect(page.locator("#data-summary")).to_contain_text("2 rows")

    def test_nothing_to_show_is_said(self, company: Company, visits: Visits) -> None:
        page = visits.open(who=company.admin)
        form = Form.new(page)
        form.choose("period", "Last 7 days")
        expect(page.locator("aside.side")).to_contain_text("No data for these dates.")
        expect(page.locator("#data-summary")).to_contain_text("0 rows")
        expect(page.locator(".sample")).to_have_count(0)
