"""The history dialog as a person uses it."""

import re
from datetime import date, datetime
from typing import Any

from playwright.sync_api import Locator, Page, expect

from exports_app.domain.humanize import size
from exports_app.domain.timing import period
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import instant, takes_keys

TRIGGERS = {
    "manual": "Manual",
    "test": "Test",
    "rerun": "Rerun",
    "schedule": "Scheduled",
}
DELIVERED = {
    "accepted": "Accepted",
    "failed": "Failed",
    "pending": "Pending",
    "skipped": "Not sent",
}


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
        params={"limit": 100},
    )["items"]
    return found


def line_of(dialog: Locator, run: dict[str, Any]) -> Locator:
    return dialog.locator(f'tr[data-run="{run["id"]}"]')


def unfold(dialog: Locator, run: dict[str, Any]) -> Locator:
    """The details below the run's line; of the newest run that failed they are open already."""
    button = line_of(dialog, run).get_by_role("button", name=re.compile("^Details"))
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    expect(dialog.locator("tr.detail")).to_be_visible()
    return dialog.locator("tr.detail")


def window(run: dict[str, Any]) -> str:
    start, end = (
        date.fromisoformat(run[key]) if run[key] else None for key in ("windowStart", "windowEnd")
    )
    return period.words(period.Window(start, end))


def shows(dialog: Locator, run: dict[str, Any], who: str) -> None:
    """The run's line says what the API says."""
    line = line_of(dialog, run)
    expect(line.locator(".status")).to_have_text(run["status"].capitalize())
    expect(line.locator(".status")).to_have_class(re.compile(rf"\b{run['status']}\b"))
    cells = line.locator("td")
    expect(cells.nth(1)).to_contain_text(
        f"{TRIGGERS[run['trigger']]} · {who}" if who else TRIGGERS[run["trigger"]]
    )
    expect(cells.nth(2)).to_contain_text(window(run))
    if run["fileName"]:
        expect(cells.nth(2)).to_contain_text(run["fileName"])
        expect(cells.nth(2)).to_contain_text(size(run["fileSize"]))
        expect(line.get_by_role("button", name=f"Download {run['fileName']}")).to_be_enabled()
    else:
        expect(cells.nth(2)).to_contain_text("No file")
        expect(line.get_by_role("button", name="Download")).to_be_disabled()
    expect(cells.nth(3)).to_have_text(
        "" if run["recordCount"] is None else f"{run['recordCount']:,}"
    )
    if run["completedAt"] and run["startedAt"]:
        expect(cells.nth(4)).to_have_text(re.compile(r"^\d"))
        assert instant(cells.nth(1).locator("time")) == datetime.fromisoformat(run["completedAt"])
    else:
        expect(cells.nth(4)).to_have_text("")
