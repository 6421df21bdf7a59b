"""What part of the list a page shows, and the API's answer to compare with."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

from tests.e2e.ui.house import Company, House

NEVER = "0 0 31 2 *"
"""No such day: refused today, but a database may hold it from a time with other rules."""


def address_names(page: Page, view: dict[str, str]) -> None:
    """The address names this view, at the latest a moment after it is shown."""
    page.wait_for_url(
        lambda url: {k: v[-1] for k, v in parse_qs(urlsplit(url).query).items()} == view,
        wait_until="commit",
    )


def in_api(house: House, company: Company, query: str = "") -> list[str]:
    """The names, in the API's order."""
    path = f"/api/scheduled-exports?tenantId={company.id}&size=200{query}"
    return [item["name"] for item in house.call(company.admin, "GET", path)["items"]]
