"""Webhooks in the browser: the main way, from making one to sending a message again."""

import re

from playwright.sync_api import expect

from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company
from tests.e2e.ui.listed import assert_nothing_overflows, toast
from tests.e2e.ui.visitor import Visits
from tests.receiver import Receiver, receiver


@at_both_widths
def test_a_webhook_is_made_tested_and_a_message_sent_again(
    company: Company, visits: Visits, width: int
) -> None:
    with receiver() as listener:
        make_test_and_redeliver(company, visits, width, listener)


def make_test_and_redeliver(
    company: Company, visits: Visits, width: int, listener: Receiver
) -> None:
    page = visits.open("/webhooks", who=company.admin, width=width)
    expect(page.get_by_role("heading", name="No webhooks yet")).to_be_visible()
    page.get_by_role("button", name="New webhook").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("Name", exact=True)).to_be_focused()
    form.get_by_label("Name", exact=True).fill("Warehouse")
    form.get_by_label("URL").fill("ftp://nowhere")
    form.get_by_role("button", name="Create webhook").click()
    expect(form.locator("#webhook-url-error")).to_be_visible()
    expect(form.get_by_label("Name", exact=True)).to_have_value("Warehouse")
    assert_accessible(page)
    form.get_by_label("URL").fill(f"{listener.url}/hook")
    form.get_by_role("button", name="Create webhook").click()
    secret = page.locator("#new-secret")
    expect(secret).to_be_visible()
    text = secret.inner_text()
    assert_nothing_overflows(page)
    page.get_by_role("button", name="Done").click()
    expect(secret).to_have_count(0)
    page.get_by_role("link", name="Warehouse").click()
    expect(page).to_have_url(re.compile(r"/webhooks/[0-9a-f-]{36}$"))
    page.get_by_role("button", name="Send test").click()
    (received,) = listener.wait_for(1)
    assert received.verify(text)["type"] == "ping"
    expect(toast(page, "“Warehouse” answered 200")).to_be_visible()
    delivery = page.locator("#deliveries > li")
    expect(delivery).to_contain_text("Delivered")
    details = delivery.get_by_role("button", name="Details: Test, Delivered")
    details.click()
    expect(page).to_have_url(re.compile("delivery="))
    expect(delivery.get_by_role("region", name="Response body")).to_contain_text("thank you")
    assert_nothing_overflows(page)
    assert_accessible(page)
    delivery.get_by_role("button", name="Redeliver").click()
    again = listener.wait_for(2)[1]
    assert again.id == received.id
    expect(delivery).to_contain_text("2 attempts")
    page.go_back()
    expect(delivery.get_by_role("region", name="Response body")).to_have_count(0)
    expect(details).to_be_visible()


def test_a_viewer_has_no_such_page(company: Company, visits: Visits) -> None:
    page = visits.open("/webhooks", who=company.viewer)
    expect(page.get_by_role("heading", name="No access to this page")).to_be_visible()
    pages = page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(pages).to_have_text(["Analytics", "Scheduled Exports"])
