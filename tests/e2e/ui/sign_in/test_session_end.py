"""What a page does when its session ends by itself."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.sign_in_form import sign_in
from tests.e2e.ui.visitor import Visits
from tests.world import PASSWORD


@pytest.mark.long
def test_an_open_page_goes_to_the_sign_in_and_says_why(
    house: House, company: Company, visits: Visits
) -> None:
    house.schedule(company, "Weekly secrets")
    page = visits.open("/scheduled-exports", who=company.admin)
    expect(page.get_by_text("Weekly secrets").first).to_be_visible()
    now = house.services.clock()
    with house.services.store.write() as tx:
        for session in tx.sessions.of_user(company.admin.user, now):
            tx.sessions.used(session.id_hash, now, now + timedelta(seconds=6))
    page.reload()
    page.wait_for_url(re.compile(r"/login/?[?]next=/scheduled-exports.*&ended=1"), timeout=30_000)
    expect(page.get_by_role("status")).to_contain_text(
        "Your session has ended: please sign in again."
    )
    expect(page.get_by_text("Weekly secrets")).to_have_count(0)
    assert_accessible(page)
    sign_in(page, company.admin.user.email, PASSWORD)
    expect(page.get_by_text("Weekly secrets").first).to_be_visible()
