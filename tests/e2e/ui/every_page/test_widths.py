"""The same pages on screens of many widths, with the longest texts that people may give."""

import re
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, row, rows
from tests.e2e.ui.visitor import Visits

SIZES = [(320, 700), (390, 844), (768, 1024), (1280, 800), (1920, 1080)]
LONG = ("Wholesale-and-marketplace-performance-of-every-region " * 4)[:200].strip()
HEAD_IS_SHORT = """() => {
    const last = document.querySelector(".list th:last-child");
    const right = (element) => element.getBoundingClientRect().right;
    return last.checkVisibility() ? Math.round(right(last.closest("table")) - right(last)) : 0;
}"""
ADDRESS = f"{'a' * 60}@{'b' * 60}.example.com"


@pytest.fixture
def made(house: House, company: Company) -> dict[str, Any]:
    """A schedule with long texts that has run, partly in vain; beside it one whose texts have no
    place to break."""
    house.campaign(company, LONG)
    paused = house.schedule(company, "W" * 200, description="M" * 400, isActive=False)
    with house.services.store.write() as tx:
        reason = {"paused_at": house.services.clock(), "paused_reason": LONG}
        tx.schedules.change(paused["id"], reason)
    found = house.schedule(
        company,
        LONG,
        description=LONG * 5,
        recipients=[GONE, ADDRESS, "x@example.com"],
        format="excel",
    )
    house.run(company, found["id"])
    return found


@pytest.fixture(
    params=[SIZES[0], *(pytest.param(size, marks=pytest.mark.long) for size in SIZES[1:])],
    ids=lambda size: f"{size[0]} pixels",
)
def page(
    request: pytest.FixtureRequest, company: Company, visits: Visits, made: dict[str, Any]
) -> Page:
    opened = visits.open(who=company.admin)
    opened.set_viewport_size({"width": request.param[0], "height": request.param[1]})
    expect(rows(opened)).to_have_count(2)
    return opened


def assert_within(page: Page, dialog: Locator) -> None:
    box, size = dialog.bounding_box(), page.viewport_size
    assert box
    assert size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]


class TestNothingOverflows:
    def test_in_the_list(self, page: Page, made: dict[str, Any]) -> None:
        assert_nothing_overflows(page)
        expect(page.locator("tr.note")).to_contain_text("Paused automatically")
        assert page.evaluate(HEAD_IS_SHORT) == 0, "its columns fill the table"
        row(page, made).get_by_role("checkbox", name="Select").click()
        expect(page.get_by_role("toolbar")).to_be_visible()
        assert_nothing_overflows(page)

    def test_in_the_form(self, page: Page, made: dict[str, Any]) -> None:
        row(page, made).locator("button.name").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator("#next-runs")).to_be_visible()
        expect(dialog.locator(".sample")).to_be_visible()
        assert_nothing_overflows(page)
        assert_within(page, dialog)

    def test_in_the_history(self, page: Page, made: dict[str, Any]) -> None:
        row(page, made).locator("button.status").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(ADDRESS)
        assert_nothing_overflows(page)
        assert_within(page, dialog)
        head = dialog.get_by_role("heading", level=1).bounding_box()
        assert head
        assert head["width"] >= 200, "the name has a line of its own"

    def test_in_the_lists_with_dates_to_choose(self, page: Page) -> None:
        for address in ("/runs", "/settings/audit", "/analytics?period=dates"):
            page.goto(address)
            expect(page.locator(".bar input[type=date]")).to_have_count(2)
            assert_nothing_overflows(page)
        page.goto("/runs")
        page.locator("tr[data-run]").get_by_role("button", name=re.compile("^Details")).click()
        expect(page.locator("tr.detail")).to_contain_text(ADDRESS)
        assert_nothing_overflows(page)

    @pytest.mark.long
    def test_in_the_webhooks_and_destinations(
        self, page: Page, house: House, company: Company
    ) -> None:
        hook = house.webhook(company, "W" * 100, "https://hooks.example.com/" + "p" * 200)
        house.destination(company, LONG[:100], name="{schedule}/" + "n" * 150)
        for address, shown in (
            ("/webhooks", "#webhooks"),
            (f"/webhooks/{hook['id']}", "#webhook"),
            ("/settings/destinations", "#destinations"),
        ):
            page.goto(address)
            expect(page.locator(shown)).to_be_visible()
            assert_nothing_overflows(page)
        page.locator("#destinations").get_by_role("button", name="Edit").click()
        expect(page.locator("#config-name")).to_be_visible()
        assert_nothing_overflows(page)
        page.goto("/webhooks")
        page.get_by_role("button", name=f"Edit {hook['name']}").click()
        expect(page.get_by_role("dialog").locator("#webhook-url")).to_be_visible()
        assert_nothing_overflows(page)
        assert_within(page, page.get_by_role("dialog"))

    def test_in_the_question_before_a_run(self, page: Page, made: dict[str, Any]) -> None:
        row(page, made).get_by_role("button", name=re.compile("^Run ")).click()
        expect(page.get_by_role("alertdialog")).to_contain_text(LONG)
        assert_nothing_overflows(page)


def test_on_a_phone_each_schedule_is_a_card(
    company: Company, visits: Visits, made: dict[str, Any]
) -> None:
    page = visits.open(who=company.admin, width=390)
    expect(page.locator("table.list thead")).to_be_hidden()
    boxes = [box for one in rows(page).all() if (box := one.bounding_box())]
    assert len(boxes) == 2
    assert all(box["width"] > 390 * 0.85 for box in boxes)
    assert all(above["y"] + above["height"] < below["y"] for above, below in pairwise(boxes))
    for part in (".c-name", ".c-when", ".c-data", ".c-run", ".c-to", ".c-on", ".c-do"):
        expect(row(page, made).locator(part)).to_be_visible()
