"""Destinations that do not work at first: what an admin sees, and puts right, in the browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.history.dialog import line_of, runs_of, unfold
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import confirm, row
from tests.e2e.ui.visitor import Visits
from tests.sftp_server import PASSWORD, USER, SftpServer

DESTINATIONS = "/settings/destinations"


def send_test(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Send test to {name}").click()
    expect(page.get_by_role("button", name=f"Close the result of {name}")).to_be_visible()


def test_a_failed_delivery_is_seen_put_right_and_made_again(
    house: House, company: Company, visits: Visits
) -> None:
    house.campaign(company, "Spring")
    share = house.destination(company, "Share", name="numbers.csv")
    file = Path(house.file).parents[1] / company.tenant.slug / "numbers.csv"
    file.parent.mkdir()
    file.write_text("somebody else's")
    made = house.schedule(company, "Weekly", recipients=[], destinationIds=[share["id"]])
    page = visits.open(who=company.admin)
    row(page, made).get_by_role("button", name="Run Weekly now").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("1 file to “Share”")
    confirm(page)
    expect(row(page, made).locator(".c-run .status")).to_have_text("Failed")
    page.goto(DESTINATIONS)
    expect(page.locator("#destinations")).to_contain_text("Failing")
    page.get_by_role("button", name="Edit Share").click()
    page.get_by_label("Replace a file of the same name").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#destinations .status")).not_to_have_text("Failing")
    page.goto(f"/scheduled-exports/{made['id']}")
    history = page.get_by_role("dialog")
    (run,) = runs_of(house, company, made["id"])
    expect(unfold(history, run).locator(".delivery")).to_contain_text("Failed")
    history.get_by_role("button", name="Resend to 1 failed destination").click()
    expect(history).to_contain_text("1 file to “Share”. They get the same file.")
    page.locator("#question-confirm").click()
    expect(line_of(history, run).locator(".status")).to_have_text("Completed")
    expect(history.locator(".delivery")).to_contain_text(str(file))
    assert "Spring" in file.read_text()


def test_a_host_key_is_compared_and_confirmed(
    company: Company, visits: Visits, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = SftpServer(tmp_path)
    request.addfinalizer(server.close)
    page = visits.open(DESTINATIONS, who=company.admin)
    page.get_by_role("button", name="New destination").click()
    page.locator("#destination-channel").select_option(label="SFTP")
    values = {"host": "127.0.0.1", "port": str(server.port), "user": USER, "password": PASSWORD}
    for name, value in values.items():
        page.locator(f"#config-{name}").fill(value)
    page.locator("#destination-name").fill("Partner")
    page.get_by_role("button", name="Save").click()
    send_test(page, "Partner")
    found = page.locator(".destination")
    shown = re.compile("|".join(map(re.escape, server.host_keys)))
    expect(found.locator("code")).to_have_text(shown)
    expect(found).not_to_contain_text("It works.")
    assert server.behaviour.sign_ins == 0
    found.get_by_role("button", name="Confirm").click()
    expect(found.get_by_role("button", name="Confirm")).to_have_count(0)
    send_test(page, "Partner")
    expect(found).to_contain_text("It works.")
    assert list(tmp_path.iterdir()) == []
