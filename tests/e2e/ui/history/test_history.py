"""The history of a scheduled export: what became of every run, and what can be done with it."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from exports_app.domain.humanize import duration, size
from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.domain.timing import period
from exports_app.services.core.records import Run, new_id
from exports_app.ui.pages.scheduled_exports import run_errors
from tests.e2e.client import wait_until
from tests.e2e.ui.form import at_both_widths, stored
from tests.e2e.ui.history.dialog import line_of, open_history, runs_of, unfold
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import (
    assert_nothing_overflows,
    file_of,
    mail_held,
    names,
    takes_keys,
    toast,
)
from tests.e2e.ui.visitor import Visits, wait_until_ready
from tests.mailserver import MailServer, Rules

TRIGGERS = {
    "manual": "run by hand",
    "test": "test",
    "rerun": "run again",
    "schedule": "on schedule",
}
DELIVERED = {
    "accepted": "Accepted",
    "failed": "Failed",
    "pending": "Waiting",
    "skipped": "Not sent",
}


def window(run: dict[str, Any]) -> str:
    start, end = (
        date.fromisoformat(run[key]) if run[key] else None for key in ("windowStart", "windowEnd")
    )
    return period.words(period.Window(start, end))


def shows(dialog: Locator, run: dict[str, Any], who: str) -> None:
    """The run's line says what the API says."""
    line = line_of(dialog, run)
    expect(line.locator(".status")).to_have_text(run["status"].capitalize())
    expect(line.locator(".status")).to_have_class(re.compile(rf"\b{run['status']}\b"))
    cells = line.locator("td")
    expect(cells.nth(1)).to_contain_text(
        f"{TRIGGERS[run['trigger']]} · {who}" if who else TRIGGERS[run["trigger"]]
    )
    expect(cells.nth(2)).to_contain_text(window(run))
    if run["fileName"]:
        expect(cells.nth(2)).to_contain_text(run["fileName"])
        expect(cells.nth(2)).to_contain_text(size(run["fileSize"]))
        expect(line.get_by_role("button", name=f"Download {run['fileName']}")).to_be_enabled()
    else:
        expect(cells.nth(2)).to_contain_text("No file")
        expect(line.get_by_role("button", name="Download")).to_be_disabled()
    expect(cells.nth(3)).to_have_text(
        "" if run["recordCount"] is None else f"{run['recordCount']:,}"
    )
    if run["completedAt"] and run["startedAt"]:
        took = datetime.fromisoformat(run["completedAt"]) - datetime.fromisoformat(run["startedAt"])
        expect(cells.nth(4)).to_have_text(duration(took.total_seconds()))
        at = datetime.fromisoformat(cells.nth(1).locator("time").get_attribute("datetime") or "")
        assert at == datetime.fromisoformat(run["completedAt"])
    else:
        expect(cells.nth(4)).to_have_text("")


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
    assert {one["target"]: one["status"] for one in run["deliveries"]} == {
        "ann@example.com": "accepted",
        GONE: "failed",
    }
    expect(details.locator(".box b")).to_have_text(f"{run_errors.readable(run['error'])}.")
    expect(details).to_contain_text("Campaigns, totals, CSV · days counted in Berlin")
    expect(details).to_contain_text("refused for good: check the address")
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
        "There was no data in its window, and it is set to fail then."
    )
    expect(details).to_contain_text("What happens without data is set in the form.")
    expect(details).to_contain_text("No emails yet.")
    expect(details.get_by_role("button", name=re.compile("Send again"))).to_have_count(0)


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
        expect(dialog.locator("tr[data-run] .status")).to_have_text("Processing")
        (run,) = runs_of(house, company, made["id"])
        details = unfold(dialog, run)
        expect(details.locator(".delivery .status").first).to_have_text("Sending")
        details.get_by_role("button", name="Cancel this run").click()
        expect(line_of(dialog, run).locator(".status")).to_have_text("Cancelled")
    expect(details).to_contain_text(f"{company.admin.user.name} cancelled it.")
    expect(details.locator(".delivery .status")).to_have_text(["Unknown", "Not sent"])
    expect(details.get_by_role("button", name="Cancel this run")).to_have_count(0)
    expect(toast(page, "“Numbers”: ")).to_contain_text("cancelled it")
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
        details.get_by_role("button", name="Send again to the one who did not get it").click()
        expect(line_of(dialog, run).locator(".status")).to_have_text(
            re.compile("Pending|Processing")
        )
        expect(details.get_by_role("button", name=re.compile("Send again"))).to_have_count(0)
    expect(line_of(dialog, run).locator(".status")).to_have_text("Completed")
    expect(details.locator(".delivery .status")).to_have_text(["Accepted", "Accepted"])
    expect(dialog.locator("tr[data-run]")).to_have_count(1)
    counted = [sum(address in one.rcpt_tos for one in mails.messages) for address in (got, late)]
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
    expect(dialog.get_by_role("heading", name="It never ran")).to_be_visible()
    with mail_held(mails, to):
        dialog.get_by_role("button", name="Run now").click()
        expect(dialog.locator("tr[data-run] .status")).to_have_text("Processing")
        expect(dialog.locator("tr[data-run]")).to_contain_text("since")
    expect(dialog.locator("tr[data-run] .status")).to_have_text("Completed")
    (run,) = runs_of(house, company, made["id"])
    shows(dialog, run, company.admin.user.name)


@pytest.mark.long
@at_both_widths
def test_a_schedule_that_never_ran_says_so(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    house.schedule(company, "Fresh")
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Fresh")
    expect(dialog.get_by_role("heading", name="It never ran")).to_be_visible()
    expect(dialog).to_contain_text("0 runs")
    expect(dialog.locator(".strip")).to_have_count(0)
    assert_nothing_overflows(page)


@pytest.mark.long
@at_both_widths
def test_of_very_many_runs_the_last_fifty_are_shown(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = house.schedule(company, "Old hand")
    statuses = [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.PARTIAL, RunStatus.SKIPPED]
    add_runs(house, company, made["id"], [statuses[n % 4] for n in range(63)])
    page = visits.open(who=company.admin, width=width)
    dialog = open_history(page, "Old hand")
    expect(dialog.locator("tr[data-run]")).to_have_count(50)
    expect(dialog.locator(".strip i")).to_have_count(50)
    expect(dialog).to_contain_text("Last 50 of 63 runs")
    shown = dialog.locator("tr[data-run]").evaluate_all(
        "(lines) => lines.map((line) => line.dataset.run)"
    )
    assert shown == [run["id"] for run in runs_of(house, company, made["id"])[:50]]
    assert_nothing_overflows(page)


def test_the_address_names_it_while_it_is_open(
    house: House, company: Company, visits: Visits
) -> None:
    made = house.schedule(company, "Numbers")
    run = house.run(company, made["id"])
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Numbers")
    page.get_by_role("button", name="Close the history").click()
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(f"{house.url}/scheduled-exports")
    open_history(page, "Numbers")
    expect(page).to_have_url(f"{house.url}/scheduled-exports/{made['id']}")
    page.reload()
    expect(dialog.get_by_role("heading", level=1)).to_have_text("Numbers")
    expect(line_of(dialog, run)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(f"{house.url}/scheduled-exports")


@pytest.mark.long
def test_a_search_is_still_there_when_it_closes(
    house: House, company: Company, visits: Visits
) -> None:
    made = house.schedule(company, "Numbers")
    house.schedule(company, "Other")
    page = visits.open("/scheduled-exports?q=numb", who=company.admin)
    dialog = open_history(page, "Numbers")
    expect(page).to_have_url(f"{house.url}/scheduled-exports/{made['id']}?q=numb")
    page.reload()
    takes_keys(dialog)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(f"{house.url}/scheduled-exports?q=numb")
    expect(page.locator("tr[data-id]")).to_have_count(1)


class TestWhenTheConnectionWasLost:
    """The page calls the server again as if it had just been loaded, with the path that it was
    loaded by."""

    @pytest.fixture
    def page(self, house: House, company: Company, visits: Visits) -> Page:
        """Whose connection `broken` can break."""
        house.schedule(company, "Numbers")
        return visits.open(who=company.admin)

    def broken(self, page: Page, address: str) -> Callable[[], None]:
        """Load the address anew. Returns what breaks the connection, and waits until it is there
        again."""
        held: list[WebSocketRoute] = []

        def connect(socket: WebSocketRoute) -> None:
            socket.connect_to_server()
            held.append(socket)

        def cut() -> None:
            before = len(held)
            held[-1].close(code=4000, reason="cut")
            wait_until(
                "another connection", lambda: page.wait_for_timeout(50) or len(held) > before, 10
            )

        page.route_web_socket(re.compile("/_event"), connect)
        page.goto(address)
        wait_until_ready(page)
        return cut

    @pytest.mark.long
    def test_one_that_was_closed_stays_closed(
        self, house: House, company: Company, page: Page
    ) -> None:
        (made,) = stored(house, company)
        cut = self.broken(page, f"/scheduled-exports/{made['id']}")
        expect(page.get_by_role("dialog")).to_contain_text("It never ran")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page).to_have_url(f"{house.url}/scheduled-exports")
        cut()
        house.schedule(company, "Made since")
        expect(names(page)).to_have_text(["Made since", "Numbers"])
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_one_that_is_open_stays_open_over_the_same_view(
        self, house: House, company: Company, page: Page
    ) -> None:
        (made,) = stored(house, company)
        house.schedule(company, "Other")
        cut = self.broken(page, "/scheduled-exports?q=numb")
        dialog = open_history(page, "Numbers")
        cut()
        run = house.run(company, made["id"])
        expect(line_of(dialog, run)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page).to_have_url(f"{house.url}/scheduled-exports?q=numb")
        expect(names(page)).to_have_text(["Numbers"])


@pytest.mark.long
def test_a_notice_over_it_can_be_used(house: House, company: Company, visits: Visits) -> None:
    house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    dialog = open_history(page, "Numbers")
    dialog.get_by_role("button", name="Run now").click()
    with page.expect_download():
        toast(page, "“Numbers” is ready").get_by_role("button", name="Download").click()
    expect(dialog.locator("[data-run]")).to_have_count(1)


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
