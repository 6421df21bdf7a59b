"""The list of scheduled exports: what it shows, and what part of it, in what order."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from exports_app.ui.pages.scheduled_exports import run_errors
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import LISTED, instant, names, row, rows
from tests.e2e.ui.visitor import Visits, wait_until_ready


def address_names(page: Page, view: dict[str, str]) -> None:
    """The address names this view, at the latest a moment after it is shown."""
    page.wait_for_url(
        lambda url: {k: v[-1] for k, v in parse_qs(urlsplit(url).query).items()} == view,
        wait_until="commit",
    )


def in_api(house: House, company: Company, query: str = "") -> list[str]:
    """The names, in the API's order."""
    path = f"/api/scheduled-exports?tenantId={company.id}&size=200{query}"
    return [one["name"] for one in house.call(company.admin, "GET", path)["items"]]


@pytest.fixture
def mixed(house: House, company: Company) -> dict[str, dict[str, Any]]:
    """Four schedules that differ in all that can be filtered by and sorted by; by name. Two have
    run."""
    house.campaign(company, "Spring")
    made = [
        house.schedule(
            company,
            "Bravo weekly",
            schedule="0 9 * * 1",
            recipients=["board@example.com"],
            format="excel",
        ),
        house.schedule(
            company, "Alpha daily", schedule="0 8 * * *", exportType="aggregate", format="json"
        ),
        house.schedule(company, "Delta paused", isActive=False, format="xml"),
        house.schedule(company, "Charlie monthly", schedule="30 6 1 * *", recipients=[GONE]),
    ]
    by_name = {one["name"]: one for one in made}
    house.run(company, by_name["Charlie monthly"]["id"])
    house.run(company, by_name["Bravo weekly"]["id"])
    return by_name


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
        expect(line.locator(".c-run")).to_contain_text("Never ran")
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
        expect(page.locator("#counts")).to_contain_text("3 active · 2 failing")


class TestSearching:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("board@", ["Bravo weekly"]),
            pytest.param("ha", ["Charlie monthly", "Alpha daily"], marks=pytest.mark.long),
        ],
    )
    def test_finds_by_name_and_by_recipient(
        self,
        house: House,
        company: Company,
        visits: Visits,
        mixed: dict[str, Any],
        text: str,
        found: list[str],
    ) -> None:
        page = visits.open(who=company.admin)
        page.get_by_label("Search scheduled exports").press_sequentially(text)
        expect(names(page)).to_have_text(found)
        assert found == in_api(house, company, f"&q={text}")
        expect(page).to_have_url(re.compile(r"\?q="))
        address_names(page, {"q": text})

    @pytest.mark.long
    def test_asks_once_when_typing_pauses(
        self, company: Company, visits: Visits, mixed: dict[str, Any]
    ) -> None:
        page, sent = visits.open(who=company.admin, ready=False), list[str]()
        page.on(
            "websocket",
            lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))),
        )
        page.reload()
        wait_until_ready(page)
        page.get_by_label("Search scheduled exports").press_sequentially("charlie", delay=5)
        expect(names(page)).to_have_text(["Charlie monthly"])
        asked = [one for one in sent if ".search" in one]
        assert len(asked) < len("charlie")
        assert "charlie" in asked[-1]

    def test_for_what_is_not_there_says_so_and_can_be_cleared(
        self, company: Company, visits: Visits, mixed: dict[str, Any]
    ) -> None:
        page = visits.open(f"{LISTED}?format=xml&q=zulu", who=company.admin)
        expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
        page.get_by_role("button", name="Clear search and filters").click()
        expect(rows(page)).to_have_count(4)
        expect(page.get_by_label("Search scheduled exports")).to_have_value("")
        expect(page).to_have_url(re.compile(f"{LISTED}$"))


class TestFiltering:
    @pytest.mark.parametrize(
        ("label", "choice", "view", "query", "found"),
        [
            ("Last run", "Failed", {"status": "failed"}, "lastStatus=failed", ["Charlie monthly"]),
            *(
                pytest.param(*values, marks=pytest.mark.long)
                for values in (
                    ("State", "Paused", {"active": "no"}, "isActive=false", ["Delta paused"]),
                    (
                        "Type",
                        "Totals over time",
                        {"type": "aggregate"},
                        "exportType=aggregate",
                        ["Alpha daily"],
                    ),
                    ("Format", "Excel", {"format": "excel"}, "format=excel", ["Bravo weekly"]),
                )
            ),
        ],
    )
    def test_shows_only_what_was_chosen(
        self,
        house: House,
        company: Company,
        visits: Visits,
        mixed: dict[str, Any],
        label: str,
        choice: str,
        view: dict[str, str],
        query: str,
        found: list[str],
    ) -> None:
        page = visits.open(who=company.admin)
        chosen = page.get_by_role("combobox", name=label)
        chosen.select_option(label=choice)
        expect(names(page)).to_have_text(found)
        assert found == in_api(house, company, f"&{query}")
        address_names(page, view)
        page.reload()
        expect(names(page)).to_have_text(found)
        expect(chosen.locator("option:checked")).to_have_text(choice)
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(rows(page)).to_have_count(4)


class TestSorting:
    @pytest.mark.parametrize(
        ("head", "key"),
        [
            ("Name", "name"),
            pytest.param("Schedule", "nextRunAt", marks=pytest.mark.long),
            pytest.param("Last run", "lastRunAt", marks=pytest.mark.long),
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
        for sort, direction in ((key, "ascending"), (f"-{key}", "descending")):
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
            page.get_by_role("button", name=f"The {which}")
            for which in ("page before", "next page")
        )
        expect(page.locator("#range")).to_have_text("1-25 of 30")
        expect(names(page)).to_have_text(many[:25])
        expect(before).to_be_disabled()
        after.click()
        expect(page.locator("#range")).to_have_text("26-30 of 30")
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
        page.get_by_role("combobox", name="State").select_option(label="Active")
        page.get_by_role("columnheader", name="Name").get_by_role("button").click()
        page.get_by_role("button", name="The next page").click()
        wanted = in_api(house, company, "&q=report&isActive=true&sort=name")[25:]
        assert len(wanted) == 20
        expect(names(page)).to_have_text(wanted)
        address_names(page, {"q": "report", "active": "yes", "sort": "name", "page": "2"})
        page.reload()
        expect(names(page)).to_have_text(wanted)
        other = visits.open(page.url, who=company.admin)
        expect(names(other)).to_have_text(wanted)
        expect(other.get_by_label("Search scheduled exports")).to_have_value("report")
        expect(other.get_by_role("combobox", name="State")).to_have_value("yes")
        expect(other.locator("#range")).to_have_text("26-45 of 45")


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
