"""What an admin does in a day, each with the most clicks that it may take; ``--capture=no`` shows
how many it took."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Run, Schedule, new_id
from tests.e2e.ui.admin_jobs.clicks import Clicks
from tests.e2e.ui.form import Form, options, the_one
from tests.e2e.ui.history.dialog import line_of, runs_of
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import choose_more, names, row, sign_in, switch, toast
from tests.e2e.ui.visitor import Visits
from tests.mailserver import Rules

MANY = 300
BERLIN = ZoneInfo("Europe/Berlin")
"""The zone of the days on the page."""


def test_signs_in(company: Company, visits: Visits) -> None:
    page = visits.open("/login", ready=False)
    expect(page.get_by_label("Email")).to_be_focused()
    with Clicks(page).job("sign in", 1):
        page.keyboard.type(company.admin.user.email)
        page.keyboard.press("Tab")
        sign_in(page, company.admin.user.email)
        expect(page.locator("#account")).to_be_visible()


def test_makes_a_weekly_excel_for_three_people_in_another_zone(
    house: House, company: Company, visits: Visits
) -> None:
    people = [f"{name}@example.com" for name in ("ann", "ben", "cleo")]
    page = visits.open(who=company.admin)
    with Clicks(page).job("weekly Excel to three people in another zone", 6):
        form = Form.new(page)
        page.keyboard.type("Weekly report")
        form.field("format").select_option("excel")
        form.preset("Every Monday").check()
        form.field("timezone").click()
        page.keyboard.type("new york")
        expect(options(page).first).to_contain_text("New York")
        page.keyboard.press("Enter")
        expect(form.field("timezone")).to_have_text("America/New_York")
        form.recipients.click()
        for one in people:
            page.keyboard.type(one)
            page.keyboard.press("Enter")
        form.shows_chips(*people)
        page.keyboard.press("Control+Enter")
        form.is_closed()
    made = the_one(house, company)
    assert made["format"] == "excel"
    assert made["timezone"] == "America/New_York"
    assert made["recipients"] == people
    assert made["schedule"].endswith("* * 1")


def test_recovers_from_a_refused_recipient(
    house: House, company: Company, visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list names the failure; its details are open with the history."""
    house.campaign(company, "Spring")
    later = f"later.{company.tenant.slug}@example.com"
    made = house.schedule(company, "Numbers", recipients=["ann@example.com", later])
    with monkeypatch.context() as patch:
        patch.setattr(house.mails, "rules", Rules({later: "550 5.1.1 no such user"}))
        house.run(company, made["id"])
    page = visits.open(who=company.admin)
    with Clicks(page).job("find and recover a failure", 3):
        row(page, made).locator(".c-run .status").click()
        page.get_by_role("button", name="Resend to 1 failed recipient").click()
        page.locator("#question-confirm").click()
        (run,) = runs_of(house, company, made["id"])
        expect(line_of(page.get_by_role("dialog"), run).locator(".status")).to_have_text(
            "Completed"
        )


def test_finds_a_failed_run_of_last_week_among_very_many_schedules(
    house: House, company: Company, visits: Visits
) -> None:
    failed = _many(house, company)
    page = visits.open(who=company.admin)
    with Clicks(page).job(f"find a failed run of last week among {MANY} schedules", 4):
        page.get_by_role("link", name="All runs").click()
        expect(page.locator("tr[data-run]")).to_have_count(50)
        page.locator("#filter-status").select_option(label="Failed")
        expect(page.locator("tr[data-run]")).to_have_count(2)
        page.locator("#filter-until").fill(f"{failed.created_at.astimezone(BERLIN):%Y-%m-%d}")
        expect(page.locator("tr[data-run]")).to_have_count(1)
        expect(page.locator(f'tr[data-run="{failed.id}"]')).to_contain_text(failed.spec.name)


def test_runs_now_and_gets_the_file(house: House, company: Company, visits: Visits) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    with Clicks(page).job("run now and get the file", 3):
        row(page, made).get_by_role("button", name="Run Numbers now").click()
        page.locator("#question-confirm").click()
        told = toast(page, "“Numbers” is ready")
        with page.expect_download():
            told.get_by_role("button", name="Download").click()


def test_sends_oneself_a_test(house: House, company: Company, visits: Visits) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    with Clicks(page).job("send oneself a test", 2):
        choose_more(page, made, "Send me a test")
        expect(toast(page, "Sending a test to")).to_be_visible()


def test_pauses_and_takes_it_back(house: House, company: Company, visits: Visits) -> None:
    made = house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    with Clicks(page).job("pause, and take it back", 2):
        switch(page, made).click()
        expect(switch(page, made)).not_to_be_checked()
        page.get_by_role("button", name="Undo").click()
        expect(switch(page, made)).to_be_checked()


def test_deletes_and_takes_it_back(house: House, company: Company, visits: Visits) -> None:
    made = house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    with Clicks(page).job("delete, and take it back", 3):
        choose_more(page, made, "Delete")
        expect(row(page, made)).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        expect(row(page, made)).to_be_visible()


def test_changes_who_gets_it(house: House, company: Company, visits: Visits) -> None:
    made = house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    with Clicks(page).job("add a recipient", 3):
        row(page, made).locator("button.name").click()
        form = Form.opened(page, "Edit scheduled export")
        form.address("ben@example.com")
        form.save()
    assert the_one(house, company)["recipients"] == ["ann@example.com", "ben@example.com"]


def test_replaces_an_address_that_was_refused(
    house: House, company: Company, visits: Visits
) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(company, "Numbers", recipients=["ann@example.com", GONE])
    house.run(company, made["id"])
    page = visits.open(who=company.admin)
    with Clicks(page).job("replace a refused address and resend", 4):
        row(page, made).locator(".c-run .status").click()
        page.get_by_role("button", name=f"Replace address {GONE}").click()
        expect(page.locator("#new-address")).to_be_focused()
        page.keyboard.type("ben@example.com")
        page.get_by_role("button", name="Replace and resend").click()
        (run,) = runs_of(house, company, made["id"])
        expect(line_of(page.get_by_role("dialog"), run).locator(".status")).to_have_text(
            "Completed"
        )
    assert the_one(house, company)["recipients"] == ["ann@example.com", "ben@example.com"]


def test_pauses_all_of_a_search(house: House, company: Company, visits: Visits) -> None:
    for number in range(30):
        house.schedule(company, f"Report {number}")
    other = house.schedule(company, "Other")
    page = visits.open(who=company.admin)
    with Clicks(page).job("pause all 30 that match a search", 4):
        page.keyboard.press("/")
        page.keyboard.type("report")
        expect(names(page).filter(has_text="Other")).to_have_count(0)
        page.get_by_role("checkbox", name="Select all on this page").click()
        page.get_by_role("button", name="Select all 30 that match").click()
        page.get_by_role("button", name="Pause").click()
        expect(toast(page, "30 scheduled exports paused")).to_be_visible()
    active = house.rows(
        "SELECT id FROM scheduled_exports WHERE tenant_id = ? AND is_active", company.id
    )
    assert [one["id"] for one in active] == [other["id"]]


def test_invites_a_colleague(company: Company, visits: Visits) -> None:
    page = visits.open(who=company.admin)
    with Clicks(page).job("invite a colleague", 4):
        page.locator("#account").click()
        page.get_by_role("menuitem", name="Settings").click()
        page.get_by_role("link", name="Members").click()
        page.get_by_label("Email").focus()
        page.keyboard.type(f"new.{company.tenant.slug}@example.com")
        page.get_by_role("button", name="Invite", exact=True).click()
        expect(page.get_by_text(f"new.{company.tenant.slug}@example.com").first).to_be_visible()


def test_sees_what_a_schedule_sends(house: House, company: Company, visits: Visits) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(company, "Numbers")
    house.run(company, made["id"])
    page = visits.open(who=company.admin)
    with Clicks(page).job("see the first rows and the email", 2):
        row(page, made).locator("button.name").click()
        Form.opened(page, "Edit scheduled export")
        expect(page.locator(".sample")).to_contain_text("Spring")
        page.get_by_role("button", name="Preview email").click()
        expect(page.get_by_role("group", name="Email preview")).to_be_visible()


def test_gets_an_old_file_again(house: House, company: Company, visits: Visits) -> None:
    house.campaign(company, "Spring")
    made = house.schedule(company, "Numbers")
    run = house.run(company, made["id"])
    page = visits.open(who=company.admin)
    with Clicks(page).job("download the file of a past run", 2):
        row(page, made).locator(".c-run .status").click()
        with page.expect_download():
            page.get_by_role("button", name=f"Download {run['fileName']}").click()


def test_goes_to_a_schedule_by_its_name(house: House, company: Company, visits: Visits) -> None:
    house.schedule(company, "Zeppelin numbers")
    page = visits.open("/analytics", who=company.admin)
    with Clicks(page).job("go to a schedule from anywhere", 0):
        page.keyboard.press("Control+k")
        expect(page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
        page.keyboard.type("zeppelin")
        expect(page.get_by_role("option", name="Zeppelin numbers").first).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Zeppelin numbers")).to_be_visible()


def test_finds_who_changed_a_schedule(house: House, company: Company, visits: Visits) -> None:
    house.schedule(company, "Numbers")
    page = visits.open(who=company.admin)
    with Clicks(page).job("find out who changed a schedule", 3):
        page.locator("#account").click()
        page.get_by_role("menuitem", name="Settings").click()
        page.get_by_role("link", name="Audit log").click()
        expect(page.get_by_role("region", name="Entries")).to_contain_text("Numbers")


def _many(house: House, company: Company) -> Run:
    """Very many schedules, each with a run of today; one failed a week ago, another today. The
    first of these two runs."""
    first = house.schedule(company, "Schedule 0")
    now = datetime.now(UTC)
    with house.services.store.write() as tx:
        model = tx.schedules.get(first["id"])
        assert model is not None
        schedules = [model]
        for number in range(1, MANY):
            made = replace(model, id=new_id(), name=f"Schedule {number}", slug=None, tags=())
            tx.schedules.add(made)
            schedules.append(made)
        for schedule in schedules:
            _add_run(tx, schedule, RunStatus.COMPLETED, now - timedelta(hours=1))
        _add_run(tx, schedules[7], RunStatus.FAILED, now)
        return _add_run(tx, schedules[250], RunStatus.FAILED, now - timedelta(days=7))


def _add_run(tx: Transaction, schedule: Schedule, status: RunStatus, at: datetime) -> Run:
    run = Run(
        id=new_id(),
        scheduled_export_id=schedule.id,
        tenant_id=schedule.tenant_id,
        trigger=Trigger.SCHEDULE,
        scheduled_for=at,
        spec=RunSpec(name=schedule.name),
        format="csv",
        status=status,
        recipients=[],
        created_at=at,
        started_at=at,
        completed_at=at,
    )
    tx.runs.add(run)
    return run
