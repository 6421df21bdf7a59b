"""The walk through the webhooks: the list, the form, a secret, a webhook with its deliveries."""

from playwright.sync_api import Page, expect

from exports_app.services.core.records import new_id
from tests.e2e.ui.every_page.walk import Views, asked, cancel
from tests.e2e.ui.house import Company, House


def of_webhooks(page: Page, house: House, company: Company) -> Views:
    page.goto("/webhooks")
    expect(page.get_by_role("heading", name="No webhooks yet")).to_be_visible()
    yield "no webhooks", page
    page.get_by_role("button", name="New webhook").click()
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="Create webhook").click()
    expect(form.locator("#webhook-url-error")).to_be_visible()
    yield "a webhook's form with errors", page
    form.locator("#webhook-schedules").click()
    expect(page.get_by_role("option", name="Partial")).to_be_visible()
    yield "a webhook's form, choosing scheduled exports", page
    page.keyboard.press("Escape")
    form.get_by_label("Name", exact=True).fill("Warehouse")
    form.get_by_label("URL").fill("http://127.0.0.1:9/")
    form.get_by_label("Scheduled export created").check()
    form.get_by_role("button", name="Create webhook").click()
    expect(page.locator("#new-secret")).to_be_visible()
    yield "a webhook's secret", page
    page.get_by_role("button", name="Done").click()
    house.schedule(company, "Told")
    expect(page.locator("#webhooks")).to_contain_text("Failing since")
    yield "webhooks", page
    page.get_by_text("How to receive and verify messages").click()
    expect(page.get_by_role("region", name="Node")).to_be_visible()
    yield "webhooks, how to receive messages", page
    page.get_by_role("link", name="Warehouse").click()
    page.get_by_role("button", name="Details: Scheduled export created").click()
    expect(page.get_by_role("region", name="Request body")).to_be_visible()
    yield "a webhook with a delivery", page
    for button in ("Replay failed since …", "Rotate secret …", "Delete …"):
        page.get_by_role("button", name=button).click()
        asked(page)
        yield f"question: {button}", page
        cancel(page)
    page.goto(f"/webhooks/{new_id()}")
    expect(page.get_by_role("heading", name="Webhook not found")).to_be_visible()
    yield "webhook not found", page
