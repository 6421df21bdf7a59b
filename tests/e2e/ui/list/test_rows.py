"""What the list shows of a schedule, in what order, and when there is none."""

import re
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from exports_app.ui.pages.scheduled_exports import run_errors
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.list.viewing import address_names, in_api
from tests.e2e.ui.listed import LISTED, instant, names, row, rows
from tests.e2e.ui.visitor import Visits


class TestARow:
    @at_both_widths
    def test_tells_what_a_schedule_makes_when_and_for_whom(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        house.campaign(company, "Spring")
        made = house.schedule(
            company,
            "Board report",
            description="For the meeting on Monday",
            format="excel",
            schedule="0 9 * * 1",
            timezone="America/New_York",
            recipients=["ann@example.com", "bob@example.com", "cleo@example.com"],
        )
        asked = {"expression": made["schedule"], "timezone": made["timezone"]}
        answer = house.call(
            company.admin, "POST", "/api/scheduled-exports/validate-cron", json=asked
        )
        page = visits.open(who=company.admin, width=width)
        line = row(page, made)
        expect(line.locator(".c-name")).to_contain_text("Board report")
        expect(line.locator(".c-name")).to_contain_text("For the meeting on Monday")
        expect(line.locator(".c-data")).to_contain_text("Campaigns, totals")
        expect(line.locator(".c-data .tag")).to_have_text("Excel")
        expect(line.locator(".c-when")).to_contain_text(answer["description"])
        expect(line.locator(".c-when")).to_contain_text("New York")
        following = line.locator(".c-when time")
        assert (
            instant(following)
            == datetime.fromisoformat(made["nextRunAt"])
            == datetime.fromisoformat(answer["nextRuns"][0])
        )
        expect(following).to_have_text(re.compile(r"^(in \d+ (s|min|h|d)|now)$"))
        expect(following).to_have_attribute("title", re.compile("Mon.*09:00:00"))
        expect(line.locator(".c-to")).to_have_text(re.compile(r"ann@example\.com\s*\+2"))
        expect(line.get_by_title("bob@example.com, cleo@example.com")).to_be_visible()
        expect(line.get_by_role("switch", name="Board report is active")).to_be_checked()
        expect(line.locator(".c-run")).to_contain_text("No runs yet")
        assert instant(line.locator(".c-run time")) == datetime.fromisoformat(made["createdAt"])

    def test_tells_the_outcome_of_the_last_run_with_its_rows_and_size(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        for name in ("Spring", "Autumn", "Winter"):
            house.campaign(company, name)
        made = house.schedule(company, "Good")
        bad = house.schedule(company, "Bad", recipients=[GONE])
        half = house.schedule(company, "Half", recipients=["ann@example.com", GONE])
        good_run, bad_run, _ = (house.run(company, one["id"]) for one in (made, bad, half))
        assert (good_run["recordCount"], good_run["status"], bad_run["status"]) == (
            3,
            "completed",
            "failed",
        )
        assert good_run["fileSize"] < 1000
        page = visits.open(who=company.admin)
        last = row(page, made).locator(".c-run")
        expect(last.get_by_role("button")).to_have_text("Completed")
        expect(last).to_contain_text(f"3 rows · {good_run['fileSize']} bytes")
        assert instant(last.locator("time")) == datetime.fromisoformat(good_run["completedAt"])
        expect(row(page, bad).locator(".c-run .status")).to_have_text("Failed")
        expect(row(page, bad).locator(".c-run")).to_contain_text(
            run_errors.readable(bad_run["error"])[:60]
        )
        expect(row(page, half).locator(".c-run .status")).to_have_text("Partial")
        expect(row(page, half).locator(".c-run")).to_contain_text("1 of 2 delivered")
        # Failing are those whose scheduled runs fail; these were started by a person
        expect(page.locator("#counts")).to_contain_text("3 active")
        expect(page.locator("#counts")).not_to_contain_text("failing")


class TestSorting:
    @pytest.mark.parametrize(
        ("head", "key"),
        [
            ("Name", "name"),
            pytest.param("Schedule", "nextRunAt", marks=pytest.mark.long),
            pytest.param("Last run", "lastRunAt", marks=pytest.mark.long),
            pytest.param("Owner", "owner", marks=pytest.mark.long),
        ],
    )
    def test_by_a_column_goes_both_ways(
        self,
        house: House,
        company: Company,
        visits: Visits,
        mixed: dict[str, Any],
        head: str,
        key: str,
    ) -> None:
        page = visits.open(who=company.admin)
        expect(names(page)).to_have_text(list(reversed(mixed)))
        expect(page.get_by_role("combobox", name="Sort").locator("option:checked")).to_have_text(
            "Newest first"
        )
        column = page.get_by_role("columnheader", name=head)
        expect(column).to_have_attribute("aria-sort", "none")
        ways = [(key, "ascending"), (f"-{key}", "descending")]
        for sort, direction in reversed(ways) if key == "lastRunAt" else ways:
            column.get_by_role("button").click()
            expect(column).to_have_attribute("aria-sort", direction)
            expect(names(page)).to_have_text(in_api(house, company, f"&sort={sort}"))
            address_names(page, {"sort": sort})
        assert in_api(house, company, "&sort=name") == [
            "Alpha daily",
            "Bravo weekly",
            "Charlie monthly",
            "Delta paused",
        ]

    @pytest.mark.long
    @at_both_widths
    def test_by_any_order_that_is_named(
        self, house: House, company: Company, visits: Visits, mixed: dict[str, Any], width: int
    ) -> None:
        page = visits.open(who=company.admin, width=width)
        chosen = page.get_by_role("combobox", name="Sort")
        for words, sort in (
            ("Name, A to Z", "name"),
            ("Next run, latest first", "-nextRunAt"),
            ("Oldest first", "createdAt"),
        ):
            chosen.select_option(label=words)
            expect(names(page)).to_have_text(in_api(house, company, f"&sort={sort}"))
            address_names(page, {"sort": sort})
        page.reload()
        expect(chosen.locator("option:checked")).to_have_text("Oldest first")
        expect(names(page)).to_have_text(list(mixed))
        chosen.select_option(label="Newest first")
        expect(names(page)).to_have_text(list(reversed(mixed)))
        address_names(page, {})


class TestPaging:
    @pytest.fixture
    def many(self, house: House, company: Company) -> list[str]:
        """Thirty names in their order."""
        for number in range(30):
            house.schedule(company, f"Report {number:02}", isActive=number % 2 == 0)
        return [f"Report {number:02}" for number in range(30)]

    @at_both_widths
    def test_turns_to_the_next_page_and_back(
        self, company: Company, visits: Visits, many: list[str], width: int
    ) -> None:
        page = visits.open(f"{LISTED}?sort=name", who=company.admin, width=width)
        before, after = (
            page.get_by_role("button", name=f"{which} page") for which in ("Previous", "Next")
        )
        expect(page.locator("#range")).to_have_text("1–25 of 30")
        expect(names(page)).to_have_text(many[:25])
        expect(before).to_be_disabled()
        after.click()
        expect(page.locator("#range")).to_have_text("26–30 of 30")
        expect(names(page)).to_have_text(many[25:])
        expect(after).to_be_disabled()
        address_names(page, {"sort": "name", "page": "2"})
        before.click()
        expect(names(page)).to_have_text(many[:25])
        address_names(page, {"sort": "name"})

    @pytest.mark.long
    def test_keeps_the_whole_view_in_the_address_for_a_reload_and_for_others(
        self, house: House, company: Company, visits: Visits, many: list[str]
    ) -> None:
        for number in range(30, 60):
            house.schedule(company, f"Report {number}")
        page = visits.open(who=company.admin)
        page.get_by_label("Search scheduled exports").fill("report")
        page.get_by_role("combobox", name="Status").select_option(label="Active")
        page.get_by_role("columnheader", name="Name").get_by_role("button").click()
        page.get_by_role("button", name="Next page").click()
        wanted = in_api(house, company, "&q=report&isActive=true&sort=name")[25:]
        assert len(wanted) == 20
        expect(names(page)).to_have_text(wanted)
        address_names(page, {"q": "report", "active": "yes", "sort": "name", "page": "2"})
        page.reload()
        expect(names(page)).to_have_text(wanted)
        other = visits.open(page.url, who=company.admin)
        expect(names(other)).to_have_text(wanted)
        expect(other.get_by_label("Search scheduled exports")).to_have_value("report")
        expect(other.get_by_role("combobox", name="Status")).to_have_value("yes")
        expect(other.locator("#range")).to_have_text("26–45 of 45")


class TestWithoutAnythingToList:
    @at_both_widths
    @pytest.mark.parametrize(
        ("title", "kind", "form", "expression"),
        [
            ("Monthly aggregate", "aggregate", "excel", "0 9 1 * *"),
            pytest.param(
                "Daily CSV for the warehouse",
                "campaigns",
                "csv",
                "0 8 * * *",
                marks=pytest.mark.long,
            ),
        ],
    )
    def test_begins_with_a_template_that_fills_in_the_form(
        self,
        company: Company,
        visits: Visits,
        width: int,
        title: str,
        kind: str,
        form: str,
        expression: str,
    ) -> None:
        page = visits.open(who=company.admin, width=width)
        expect(page.get_by_role("heading", name="No scheduled exports yet")).to_be_visible()
        expect(page.locator(".template")).to_have_count(3)
        page.get_by_role("button", name=title).click()
        dialog = page.get_by_role("dialog", name="New scheduled export")
        expect(dialog.get_by_label("Name")).to_have_value(title)
        expect(dialog.get_by_label("Export type")).to_have_value(kind)
        expect(dialog.get_by_label("Format")).to_have_value(form)
        expect(dialog.get_by_label("Cron expression")).to_have_value(expression)
        expect(dialog.locator("#next-runs")).to_contain_text(
            "09:00" if "9" in expression else "08:00"
        )
        expect(dialog).to_contain_text("Berlin")

    def test_because_it_could_not_be_read_says_why_and_can_be_tried_again(
        self, company: Company, visits: Visits, mixed: dict[str, Any]
    ) -> None:
        page = visits.open(f"{LISTED}?q=%01", who=company.admin)
        failed = page.get_by_role("heading", name="The list could not be loaded")
        expect(failed).to_be_visible()
        expect(rows(page)).to_have_count(0)
        expect(page.get_by_text("Remove the control characters.")).to_be_visible()
        page.get_by_role("button", name="Try again").click()
        expect(failed).to_be_visible()
        page.get_by_role("button", name="Clear search and filters").click()
        expect(rows(page)).to_have_count(4)
        address_names(page, {})

    @pytest.mark.long
    def test_because_it_could_not_be_read_another_search_helps(
        self, company: Company, visits: Visits, mixed: dict[str, Any]
    ) -> None:
        page = visits.open(f"{LISTED}?q=%01", who=company.admin)
        page.get_by_label("Search scheduled exports").fill("alpha")
        expect(names(page)).to_have_text(["Alpha daily"])
