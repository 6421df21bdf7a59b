"""How a file goes to its recipients, chosen in the form, told in the history, and the link itself
in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.client import wait_until
from tests.e2e.ui.form import Form, at_both_widths, the_one
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, confirm, file_of, row
from tests.e2e.ui.visitor import Visits
from tests.mailserver import Received

LINK = re.compile(r"http://\S+/api/files/\S+")


def the_mail(house: House, address: str) -> Received:
    wait_until(
        "the message has arrived",
        lambda: any(address in m.rcpt_tos for m in house.mails.messages),
        20,
    )
    (found,) = [m for m in house.mails.messages if address in m.rcpt_tos]
    return found


def text_of(message: Received) -> str:
    part = message.message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@at_both_widths
def test_a_link_is_chosen_sent_told_and_followed(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    address = f"link.{width}@example.com"
    house.campaign(company, "Spring")
    page = visits.open(who=company.admin, width=width)
    form = Form.new(page)
    form.name.fill("By link")
    form.address(address)
    form.unfold("delivery")
    form.unfold("retries")
    form.choose("delivery", "Always a ZIP attachment")
    expect(form.field("link_days")).to_have_count(0)
    form.choose("delivery", "Always a download link")
    form.field("link_days").fill("3")
    form.field("time_limit").fill("1.5")
    assert_nothing_overflows(page)
    form.save()
    made = the_one(house, company)
    assert (made["delivery"], made["link_days"], made["time_limit"]) == ("link", 3, 90)

    row(page, made).get_by_role("button", name="Run By link now").click()
    confirm(page)
    expect(row(page, made).locator(".c-run .status")).to_have_text("Completed")
    message = the_mail(house, address)
    assert list(message.message.iter_attachments()) == []
    (url,) = set(LINK.findall(text_of(message)))

    row(page, made).locator(".c-run").get_by_role("button").click()
    history = page.get_by_role("dialog", name="By link")
    history.get_by_role("button", name=re.compile("^Details")).click()
    expect(history).to_contain_text("Sent as a download link until")
    assert_nothing_overflows(page)

    (run,) = house.rows(
        "SELECT id, file_name FROM export_history WHERE scheduled_export_id = ?", made["id"]
    )
    stranger = page.context.browser
    assert stranger is not None
    with stranger.new_context() as context:  # without a session
        other = context.new_page()
        with other.expect_download() as download:
            other.evaluate("address => { window.location.href = address }", url)
        assert download.value.suggested_filename == run["file_name"]
        assert download.value.path().read_bytes() == file_of(
            house, company.admin, made["id"], run["id"]
        )
        other.goto(url[:-1])
        expect(other.get_by_role("heading", name="File not found")).to_be_visible()

    house.call(
        company.admin, "PUT", f"/api/scheduled-exports/{made['id']}", json={"delivery": "zip"}
    )
    page.keyboard.press("Escape")
    form = Form.edit(page, "By link")
    expect(form.field("delivery")).to_have_value("zip")
    expect(form.field("time_limit")).to_have_value("1.5")


@pytest.mark.long
def test_the_preview_of_the_email_shows_the_way(company: Company, visits: Visits) -> None:
    page = visits.open(who=company.admin)
    form = Form.new(page)
    form.unfold("delivery")
    form.choose("delivery", "Always a download link")
    page.get_by_role("button", name="Preview email").click()
    preview = page.get_by_role("group", name="Email preview")
    shown = preview.frame_locator("iframe")
    expect(shown.get_by_role("link", name="Download the file")).to_be_visible()
    expect(shown.locator("body")).to_contain_text("Anyone with the link can download it.")


@pytest.mark.long
def test_a_file_that_was_removed_is_said_and_not_offered(
    house: House, company: Company, visits: Visits
) -> None:
    made = house.schedule(company, "Old numbers")
    started = house.call(company.admin, "POST", f"/api/scheduled-exports/{made['id']}/trigger", 202)
    page = visits.open(
        f"/scheduled-exports/{made['id']}?run={started['historyId']}", who=company.admin
    )
    history = page.get_by_role("dialog", name="Old numbers")
    expect(history.get_by_role("button", name=re.compile("^Download"))).to_be_visible()
    with house.services.database.write() as connection:
        old = "UPDATE export_history SET completed_at = '2020-01-01 00:00:00' WHERE id = ?"
        connection.exec_driver_sql(old, (started["historyId"],))
    house.services.retention.sweep()
    page.reload()
    expect(history).to_contain_text("the file was removed on")
    expect(history.get_by_role("button", name=re.compile("^Download"))).to_be_disabled()
