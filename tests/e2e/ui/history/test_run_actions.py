"""What is done with a run in its history: its file, cancelling, sending again, running now."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.history.dialog import line_of, open_history, runs_of, shows, unfold
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import (
    assert_nothing_overflows,
    confirm,
    file_of,
    mail_held,
    toast,
)
from tests.e2e.ui.visitor import Visits
from tests.mailserver import MailServer, Rules


@pytest.mark.parametrize("file_format", ["excel", pytest.param("csv", marks=pytest.mark.long)])
def test_the_file_is_saved_as_the_api_serves_it(
    house: House, company: Company, visits: Visits, tmp_path: Path, file_format: str
) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(company, "Numbers", format=file_format, filters={"period": "last_7_days"})
    run = house.run(company, made["id"])
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Numbers")
    with page.expect_download() as started:
        line_of(dialog, run).get_by_role("button", name=f"Download {run['fileName']}").click()
    assert started.value.suggested_filename == run["fileName"]
    started.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == file_of(house, company.admin, made["id"], run["id"])
    expect(dialog).to_be_visible()


@at_both_widths
def test_a_run_under_way_is_cancelled(
    house: House, company: Company, visits: Visits, mails: MailServer, width: int
) -> None:
    first, second = (f"{name}.{company.tenant.slug}@example.com" for name in ("a-held", "b-never"))
    made = house.schedule(company, "Numbers", recipients=[first, second])
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Numbers")
    with mail_held(mails, first):
        dialog.get_by_role("button", name="Run now").click()
        confirm(page)
        expect(dialog.locator("tr[data-run] .status")).to_have_text("Processing")
        (run,) = runs_of(house, company, made["id"])
        details = unfold(dialog, run)
        expect(details.locator(".delivery .status").first).to_have_text("Sending")
        details.get_by_role("button", name="Cancel run").click()
        expect(line_of(dialog, run).locator(".status")).to_have_text("Cancelled")
    expect(details).to_contain_text(f"Cancelled by {company.admin.user.name}.")
    expect(details.locator(".delivery .status")).to_have_text(["Unknown", "Not sent"])
    expect(details.get_by_role("button", name="Cancel run")).to_have_count(0)
    expect(toast(page, "“Numbers”: ")).to_contain_text("Cancelled by")
    assert_nothing_overflows(page)
    next_one = house.run(company, made["id"])  # the worker has let go of the one before
    assert next_one["status"] == "completed"
    assert [to for m in mails.messages for to in m.rcpt_tos if to == second] == [second]
    assert house.call(
        company.admin,
        "POST",
        f"/api/scheduled-exports/{made['id']}/history/{run['id']}/cancel",
        409,
    )


@pytest.mark.long
def test_sending_again_writes_only_to_those_who_did_not_get_it(
    house: House, company: Company, visits: Visits, mails: MailServer
) -> None:
    got, late = f"got.{company.tenant.slug}@example.com", f"late.{company.tenant.slug}@example.com"
    made = house.schedule(company, "Numbers", recipients=[got, late])
    rules = mails.rules
    mails.rules = Rules({**rules.refuse, late: "550 5.2.1 not today"})
    try:
        run = house.run(company, made["id"])
    finally:
        mails.rules = rules
    assert run["status"] == "partial"
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Numbers")
    details = unfold(dialog, run)
    with mail_held(mails, late):
        details.get_by_role("button", name="Resend to 1 failed recipient").click()
        confirm(page)
        expect(line_of(dialog, run).locator(".status")).to_have_text(
            re.compile("Pending|Processing")
        )
        expect(details.get_by_role("button", name=re.compile("Resend"))).to_have_count(0)
    expect(line_of(dialog, run).locator(".status")).to_have_text("Completed")
    expect(details.locator(".delivery .status")).to_have_text(["Accepted", "Accepted"])
    expect(dialog.locator("tr[data-run]")).to_have_count(1)
    counted = [
        sum(address in message.rcpt_tos for message in mails.messages) for address in (got, late)
    ]
    assert counted == [1, 1]
    (after,) = runs_of(house, company, made["id"])
    assert (after["id"], after["status"], after["sha256"]) == (
        run["id"],
        "completed",
        run["sha256"],
    )


@pytest.mark.long
def test_run_now_adds_a_run_that_is_followed_to_its_end(
    house: House, company: Company, visits: Visits, mails: MailServer
) -> None:
    to = f"slow.{company.tenant.slug}@example.com"
    made = house.schedule(company, "Numbers", recipients=[to])
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Numbers")
    expect(dialog.get_by_role("heading", name="No runs yet")).to_be_visible()
    with mail_held(mails, to):
        dialog.get_by_role("button", name="Run now").click()
        confirm(page)
        expect(dialog.locator("tr[data-run] .status")).to_have_text("Processing")
        expect(dialog.locator("tr[data-run]")).to_contain_text("for ")
    expect(dialog.locator("tr[data-run] .status")).to_have_text("Completed")
    (run,) = runs_of(house, company, made["id"])
    shows(dialog, run, company.admin.user.name)
