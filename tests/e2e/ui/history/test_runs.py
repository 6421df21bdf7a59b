"""The history of a scheduled export: how each run ended, and why."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.services.core.records import Run, new_id
from exports_app.ui.pages.scheduled_exports import delivery_advice, run_errors
from tests.e2e.client import wait_until
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.history.dialog import DELIVERED, line_of, open_history, runs_of, shows, unfold
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import (
    assert_nothing_overflows,
)
from tests.e2e.ui.visitor import Visits


@at_both_widths
def test_every_run_is_shown_as_it_ended(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(
        company, "Numbers", recipients=["ann@example.com", GONE], filters={"period": "last_7_days"}
    )
    path = f"/api/scheduled-exports/{made['id']}"
    house.run(company, made["id"])
    for change in (
        {"recipients": [GONE]},
        {"recipients": ["ann@example.com"]},
        {
            "exportType": "aggregate",
            "filters": {"endDate": "2001-01-31", "groupBy": "day"},
            "whenEmpty": "skip",
        },
        {"whenEmpty": "fail"},
    ):
        house.call(company.admin, "PUT", path, json=change)
        house.run(company, made["id"])
    add_runs(house, company, made["id"], [RunStatus.PENDING])
    runs = runs_of(house, company, made["id"])
    assert [run["status"] for run in runs] == [
        "pending",
        "failed",
        "skipped",
        "completed",
        "failed",
        "partial",
    ]
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Numbers")
    expect(dialog.locator("tr[data-run]")).to_have_count(6)
    for run in runs:
        shows(dialog, run, company.admin.user.name if run["trigger"] == "manual" else "")
    expect(dialog).to_contain_text("6 runs")
    assert_nothing_overflows(page)
    bars = dialog.locator(".strip i")
    expect(bars).to_have_class([re.compile(rf"^{run['status']}\b") for run in reversed(runs)])
    expect(
        dialog.get_by_role(
            "img", name="Last 6 runs: 1 pending, 1 completed, 1 partial, 2 failed, 1 skipped"
        )
    ).to_be_visible()
    for bar in bars.all():
        assert (bar.bounding_box() or {"height": 0})["height"] >= 4


@at_both_widths
def test_the_details_tell_each_recipients_fate_and_what_to_do(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(
        company, "Numbers", recipients=["ann@example.com", GONE], filters={"period": "last_7_days"}
    )
    run = house.run(company, made["id"])
    page = visits.open(who=company.admin, width=width)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog = open_history(page, "Numbers")
    details = unfold(dialog, run)
    deliveries = details.locator(".delivery")
    expect(deliveries).to_have_count(2)
    for one in run["deliveries"]:
        shown = deliveries.filter(has_text=one["target"])
        expect(shown.locator(".status")).to_have_text(DELIVERED[one["status"]])
        if one["error"]:
            expect(shown).to_contain_text(run_errors.readable(one["error"]))
    expect(deliveries.first).to_contain_text(GONE)  # what asks for something to be done comes first
    assert {delivery["target"]: delivery["status"] for delivery in run["deliveries"]} == {
        "ann@example.com": "accepted",
        GONE: "failed",
    }
    expect(details.locator(".box b")).to_have_text(f"{run_errors.readable(run['error'])}.")
    expect(details).to_contain_text("Campaigns, totals, CSV · time zone: Berlin")
    expect(deliveries.first).to_contain_text(delivery_advice.ADDRESS)
    expect(details.locator("code")).to_have_text(run["sha256"])
    assert_nothing_overflows(page)
    details.get_by_role("button", name="Copy error").click()
    expect(details.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == run["error"]
    details.locator("code").locator("xpath=../..").get_by_role("button").click()
    wait_until(
        "it is copied", lambda: page.evaluate("navigator.clipboard.readText()") == run["sha256"], 5
    )
    line_of(dialog, run).get_by_role("button", name=re.compile("^Details")).click()
    expect(details).to_have_count(0)


@pytest.mark.long
def test_a_run_that_failed_for_want_of_data_says_so(
    house: House, company: Company, visits: Visits
) -> None:
    made = house.schedule(company, "Numbers", whenEmpty="fail")
    run = house.run(company, made["id"])
    page = visits.open(who=company.admin)
    details = unfold(open_history(page, "Numbers"), run)
    expect(details.locator(".box.bad b")).to_have_text(
        "There was no data for its dates, and it is set to fail then."
    )
    expect(details).to_contain_text("The form sets what happens when there is no data.")
    expect(details).to_contain_text("No emails were sent.")
    expect(details.get_by_role("button", name=re.compile("Resend"))).to_have_count(0)


@pytest.mark.long
@at_both_widths
def test_a_schedule_that_never_ran_says_so(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    house.schedule(company, "Fresh")
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Fresh")
    expect(dialog.get_by_role("heading", name="No runs yet")).to_be_visible()
    expect(dialog).to_contain_text("0 runs")
    expect(dialog.locator(".strip")).to_have_count(0)
    assert_nothing_overflows(page)


@pytest.mark.long
@at_both_widths
def test_of_very_many_runs_a_page_shows_fifty(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = house.schedule(company, "Old hand")
    statuses = [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.PARTIAL, RunStatus.SKIPPED]
    add_runs(house, company, made["id"], [statuses[n % 4] for n in range(63)])
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Old hand")
    expect(dialog.locator("tr[data-run]")).to_have_count(50)
    expect(dialog.locator(".strip i")).to_have_count(50)
    expect(dialog).to_contain_text("63 runs")
    shown = dialog.locator("tr[data-run]").evaluate_all(
        "(lines) => lines.map((line) => line.dataset.run)"
    )
    ids = [run["id"] for run in runs_of(house, company, made["id"])]
    assert shown == ids[:50]
    assert_nothing_overflows(page)
    dialog.get_by_role("button", name="Older").click()
    expect(dialog.locator("tr[data-run]")).to_have_count(13)
    expect(page).to_have_url(re.compile(f"older={ids[49]}"))
    expect(dialog.get_by_role("button", name="Older")).to_be_disabled()
    page.go_back()
    expect(dialog.locator("tr[data-run]")).to_have_count(50)


def add_runs(
    house: House, company: Company, schedule_id: str, statuses: Sequence[RunStatus]
) -> None:
    """An hour apart, the last one now; those that are pending wait for tomorrow."""
    now = datetime.now(UTC)
    with house.services.store.write() as tx:
        schedule = tx.schedules.get(schedule_id)
        assert schedule is not None
        for back, status in enumerate(reversed(statuses)):
            at = now - timedelta(hours=back)
            ended = (
                {}
                if status is RunStatus.PENDING
                else {"started_at": at, "completed_at": at + timedelta(seconds=back)}
            )
            waits = (
                {"next_attempt_at": now + timedelta(days=1)} if status is RunStatus.PENDING else {}
            )
            run = Run(
                id=new_id(),
                scheduled_export_id=schedule_id,
                tenant_id=company.id,
                trigger=Trigger.SCHEDULE,
                scheduled_for=at,
                spec=RunSpec(name=schedule.name),
                format="csv",
                status=status,
                recipients=[],
                created_at=at,
                **ended,
                **waits,
            )
            assert tx.runs.add(run)
