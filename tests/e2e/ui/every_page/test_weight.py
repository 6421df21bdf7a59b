"""What the first page costs a newcomer with an empty cache."""

from playwright.sync_api import expect

from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import LISTED, names
from tests.e2e.ui.visitor import Visits

LIMIT = 420 * 1024
"""Bytes, compressed, of everything that the page loads."""


def test_the_first_page_stays_light(house: House, company: Company, visits: Visits) -> None:
    house.schedule(company, "Weekly")
    page = visits.open("/login", who=None)
    loaded: dict[str, float] = {}
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.clearBrowserCache")
    devtools.on(
        "Network.loadingFinished",
        lambda one: loaded.update({one["requestId"]: one["encodedDataLength"]}),
    )
    page.context.add_cookies(
        [
            {
                "name": "exports_session",
                "value": house.session(company.admin),
                "url": house.url,
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )
    page.goto(LISTED)
    expect(names(page)).to_have_text(["Weekly"])
    page.wait_for_load_state("networkidle")
    total = sum(loaded.values())
    assert len(loaded) > 5
    assert total <= LIMIT, f"{total / 1024:.0f} KB in {len(loaded)} answers"
