"""Open pages come back after the server was away."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.server import free_port
from tests.e2e.ui.house import open_house
from tests.e2e.ui.listed import names, row, rows, toast
from tests.e2e.ui.visitor import SOON_MS, Visits
from tests.mailserver import MailServer

BROKEN = [
    "WebSocket connection",
    "ERR_CONNECTION_REFUSED",
    "ERR_SOCKET",
    "Failed to load resource",
    "websocket error",
]
"""What a browser complains of while there is no server."""


@pytest.mark.long
def test_a_page_says_when_the_server_is_away_and_is_right_again_by_itself(
    built: None, mails: MailServer, password_hash: str, tmp_path: Path, visits: Visits
) -> None:
    port = free_port()  # the server that is stopped is this test's own
    with open_house(tmp_path / "own", mails, password_hash, port) as first:
        company = first.company()
        kept, gone = (
            first.schedule(company, "Here before"),
            first.schedule(company, "Deleted meanwhile"),
        )
        page, form_page = (
            visits.open(who=company.admin, house=first, allow=BROKEN) for _ in range(2)
        )
        for one in (page, form_page):
            expect(rows(one)).to_have_count(2)
            one.evaluate("window.sameDocument = true")
        form_page.get_by_role("button", name="New scheduled export").click()
        form = form_page.get_by_role("dialog")
        form.get_by_label("Name").fill("Half written")
        form.get_by_label("Add recipients").fill("ann@example.com, bob@example.com,")
        form.get_by_label("Cron expression").fill("15 7 * * 2")
        form.get_by_label("Description").fill("Not yet saved")
        form.get_by_label("Description").press("Tab")
        expect(form.locator("#next-runs")).to_contain_text("07:15")
        form_page.wait_for_function(
            "() => JSON.stringify(sessionStorage).includes('Not yet saved')"
        )
    for one in (page, form_page):
        expect(one.locator(".connection")).to_contain_text("Connection lost")
    for _ in range(2):
        row(page, kept).get_by_role("button", name="Run Here before now").click()
    expect(toast(page, "The server cannot be reached, so nothing was done")).to_be_visible()
    first.services.schedules.delete(
        company.admin.who, gone["id"]
    )  # before there is a server to hear of it
    first.services.database.dispose()
    with open_house(tmp_path / "own", mails, password_hash, port) as second:
        expect(page.locator(".connection")).not_to_contain_text("Connection lost", timeout=60_000)
        expect(names(page)).to_have_text(["Here before"])
        second.call(
            company.admin,
            "PUT",
            f"/api/scheduled-exports/{kept['id']}",
            json={"name": "Still live"},
        )
        expect(names(page)).to_have_text(["Still live"], timeout=SOON_MS)

        expect(form_page.locator(".connection")).not_to_contain_text(
            "Connection lost", timeout=60_000
        )
        expect(form.get_by_label("Name")).to_have_value("Half written")
        expect(form.get_by_label("Description")).to_have_value("Not yet saved")
        expect(form.get_by_label("Cron expression")).to_have_value("15 7 * * 2")
        expect(form.locator(".chip")).to_have_text(["ann@example.com", "bob@example.com"])
        form.get_by_role("button", name="Create", exact=True).click()
        expect(form).to_have_count(0)
        expect(names(page)).to_have_text(["Half written", "Still live"], timeout=SOON_MS)
        assert (
            second.rows("SELECT 1 FROM export_history") == []
        )  # what was pressed without a server was not done later
        for one in (page, form_page):
            assert one.evaluate("window.sameDocument") is True
        for one in (page, form_page):
            one.close()  # before the server goes for good
