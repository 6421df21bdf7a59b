"""Feeds in the browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.visitor import Visits

NOTE_TIMES = """() => {
  window.times = [];
  const note = () =>
    document.querySelectorAll("#feeds time").forEach((time) => times.push(time.textContent));
  const what = { childList: true, subtree: true, characterData: true };
  new MutationObserver(note).observe(document.body, what);
}"""
"""Collects all that the times of the entries ever say."""


@pytest.mark.long
@at_both_widths
def test_a_feed_is_created_read_and_revoked(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    page = visits.open("/settings/feeds", who=company.admin, width=width)
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(hours=1))  # the page is an hour old
    page.evaluate(NOTE_TIMES)
    expect(page.get_by_text("There are no feeds yet.")).to_be_visible()
    page.get_by_role("button", name="Create feed").click()
    expect(page.locator("#feed-name-error")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Team calendar")
    page.get_by_role("button", name="Scheduled exports").click()
    page.get_by_role("option", name="All").click()
    page.get_by_role("button", name="Create feed").click()
    address = page.locator("#feed-calendar")
    expect(address).to_be_visible()
    expect(page.get_by_role("button", name="Copy calendar address")).to_be_focused()
    assert page.request.get(address.inner_text()).text().startswith("BEGIN:VCALENDAR")
    entry = page.locator("#feeds li")
    expect(entry).to_contain_text(f"all of {company.tenant.name}")
    assert set(page.evaluate("times")) == {"1 h ago"}
    assert_nothing_overflows(page)
    assert_accessible(page)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_role("button", name="Revoke Team calendar").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(toast(page, "“Team calendar” was revoked")).to_be_visible()
    expect(entry).to_have_count(0)
