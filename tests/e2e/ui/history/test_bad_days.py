"""The history of bad days: a run that waits, messages of which nobody knows, past times, and a
pause."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.records import Notification, NotificationKind, Schedule, new_id
from tests.e2e.ui.axe import assert_accessible
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.history.dialog import line_of, open_history, runs_of, unfold
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, confirm, toast
from tests.e2e.ui.visitor import Visits
from tests.mailserver import MailServer, Rules
from tests.world import pause

LATER = "451 4.7.1 greylisted"


@at_both_widths
def test_a_run_that_waits_says_for_what_and_is_tried_at_once(
    house: House, company: Company, visits: Visits, mails: MailServer, width: int
) -> None:
    address, rules = f"grey{width}@example.com", mails.rules
    made = house.schedule(
        company, "Greylisted", recipients=["ann@example.com", address], retryBaseSeconds=14_400
    )
    mails.rules = Rules({**rules.refuse, address: LATER})
    try:
        house.call(company.admin, "POST", f"/api/scheduled-exports/{made['id']}/trigger", 202)
        page = visits.open(who=company.admin, width=width)
        dialog = open_history(page, "Greylisted")
        expect(dialog.locator(".waits")).to_contain_text(
            re.compile(r"^Will retry .+ \(attempt 2 of 9\)$")
        )
        (run,) = runs_of(house, company, made["id"])
        detail = unfold(dialog, run)
        expect(detail.locator(".attempts li")).to_contain_text(["Attempt 1"])
        expect(detail.locator(".attempts")).to_contain_text(LATER)
        expect(detail).to_contain_text("We'll retry automatically")
        assert_nothing_overflows(page)
        assert_accessible(page)
    finally:
        mails.rules = rules
    detail.get_by_role("button", name="Retry now").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Retry now").click()
    expect(line_of(dialog, run).locator(".status")).to_have_text("Completed", timeout=20_000)
    expect(detail.locator(".attempts li")).to_have_count(2)
    expect(detail.get_by_role("button", name="Retry now")).to_have_count(0)
    assert len([m for m in mails.messages if m.rcpt_tos == [address]]) == 1


@pytest.mark.long
@at_both_widths
def test_a_message_of_which_nobody_knows_is_held_until_somebody_says(
    house: House, company: Company, visits: Visits, mails: MailServer, width: int
) -> None:
    address, rules = f"lost{width}@example.com", mails.rules
    made = house.schedule(
        company, "Held", recipients=["ann@example.com", address], onUnknown="hold"
    )
    mails.rules = Rules(rules.refuse, vanish=frozenset({address}))
    try:
        run = house.run(company, made["id"])
    finally:
        mails.rules = rules
    assert run["status"] == "partial"
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Held")
    detail = unfold(dialog, run)
    expect(detail.locator(".delivery .status.unknown")).to_have_text("Unknown")
    expect(detail).to_contain_text("it may have arrived, or not")
    expect(detail.get_by_role("button", name="Resend", exact=True)).to_be_visible()
    assert_accessible(page)
    detail.get_by_role("button", name="Mark as delivered").click()
    expect(line_of(dialog, run).locator(".status")).to_have_text("Completed")
    expect(detail.locator(".delivery .status.accepted")).to_have_count(2)
    assert_nothing_overflows(page)


@pytest.mark.long
@at_both_widths
def test_past_times_are_run_once(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = house.schedule(company, "Daily", schedule="0 6 * * *", timezone="UTC")
    today = house.services.clock().date()
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Daily")
    page.set_viewport_size({"width": width, "height": 420})
    dialog.get_by_text("Backfill", exact=True).click()
    expect(dialog.get_by_label("To", exact=True)).to_be_in_viewport()
    dialog.get_by_label("From", exact=True).fill((today - timedelta(days=2)).isoformat())
    dialog.get_by_label("To", exact=True).fill((today - timedelta(days=3)).isoformat())
    expect(dialog.get_by_role("alert")).to_have_text("Must not be before the start date")
    dialog.get_by_label("To", exact=True).fill((today - timedelta(days=1)).isoformat())
    expect(dialog.get_by_role("status")).to_contain_text("2 runs will be created")
    assert_nothing_overflows(page)
    assert_accessible(page)
    dialog.get_by_role("button", name="Run backfill").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("2 emails to 1 person")
    confirm(page)
    expect(toast(page, "2 runs queued")).to_be_visible()
    expect(dialog.get_by_role("status")).to_contain_text("already have a run")
    expect(dialog.get_by_role("button", name="Run backfill")).to_be_disabled()
    expect(dialog.locator("tr[data-run] .status.completed")).to_have_count(2, timeout=20_000)
    assert [run["trigger"] for run in runs_of(house, company, made["id"])] == [
        "backfill",
        "backfill",
    ]


@pytest.mark.long
def test_a_pause_says_why_and_is_ended_from_the_history(
    house: House, company: Company, visits: Visits
) -> None:
    made = house.schedule(company, "Stopped")
    with house.services.store.read() as tx:
        stored = tx.schedules.get(made["id"])
    assert isinstance(stored, Schedule)
    pause(house.services, stored, "5 runs failed in a row; the last one: no such user")
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Stopped")
    expect(dialog.locator(".aside.note")).to_contain_text("5 runs failed in a row")
    dialog.get_by_role("button", name="Resume").click()
    expect(dialog.locator(".aside.note")).to_have_count(0)
    assert (
        house.call(company.admin, "GET", f"/api/scheduled-exports/{made['id']}")["isActive"] is True
    )


@pytest.mark.long
@at_both_widths
def test_the_history_tells_who_was_told_of_trouble(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = house.schedule(company, "Told about")
    run, now = house.run(company, made["id"]), house.services.clock()
    about = {
        "tenant_id": company.tenant.id,
        "scheduled_export_id": made["id"],
        "history_id": run["id"],
        "content": {},
    }
    sent = {"status": DeliveryStatus.ACCEPTED, "attempts": 1, "sent_at": now}
    refused = {"status": DeliveryStatus.FAILED, "attempts": 1, "error": "550 5.1.1 no such user"}
    told = [
        Notification(
            new_id(),
            kind=NotificationKind.FAILING,
            target="owner@example.com",
            created_at=now - timedelta(hours=2),
            **about,
            **sent,
        ),
        Notification(
            new_id(),
            kind=NotificationKind.PAUSED,
            target="gone@example.com",
            created_at=now,
            **about,
            **refused,
        ),
    ]
    with house.services.store.write() as tx:
        tx.notifications.add(told)
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Told about")
    dialog.get_by_text("Notifications").click()
    entries = dialog.locator("#notices .entry")
    expect(entries).to_have_count(2)
    expect(entries.nth(0)).to_contain_text("Paused automatically")
    expect(entries.nth(0)).to_contain_text("gone@example.com · 550 5.1.1 no such user")
    expect(entries.nth(0).locator(".status.failed")).to_be_visible()
    expect(entries.nth(1)).to_contain_text("Run failed")
    expect(entries.nth(1).locator(".status.accepted")).to_be_visible()
    assert_nothing_overflows(page)
    assert_accessible(page)
