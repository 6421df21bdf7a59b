"""The history dialog as a person uses it."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import takes_keys


def open_history(page: Page, name: str) -> Locator:
    page.get_by_role("button", name=f"History of {name}", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=1)).to_have_text(name)
    takes_keys(dialog)
    return dialog


def runs_of(house: House, company: Company, schedule_id: str) -> list[dict[str, Any]]:
    """As the API tells them, the newest first."""
    found: list[dict[str, Any]] = house.call(
        company.admin,
        "GET",
        f"/api/scheduled-exports/{schedule_id}/history",
        params={"pageSize": 100},
    )["items"]
    return found


def line_of(dialog: Locator, run: dict[str, Any]) -> Locator:
    return dialog.locator(f'tr[data-run="{run["id"]}"]')


def unfold(dialog: Locator, run: dict[str, Any]) -> Locator:
    """The details below the run's line."""
    line_of(dialog, run).get_by_role("button", name=re.compile("^Details")).click()
    expect(dialog.locator("tr.detail")).to_be_visible()
    return dialog.locator("tr.detail")
