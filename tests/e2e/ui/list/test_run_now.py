"""Running a schedule from the list."""

import hashlib
import re

import pytest
from playwright.sync_api import Page, expect

from exports_app.ui.pages.scheduled_exports import run_errors
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import GONE, Company, House
from tests.e2e.ui.listed import (
    LISTED,
    choose_more,
    confirm,
    file_of,
    mail_held,
    row,
    switch,
    toast,
)
from tests.e2e.ui.visitor import Visits


def run_now(page: Page, made: dict[str, str]) -> None:
    row(page, made).get_by_role("button", name=f"Run {made['name']} now").click()
    confirm(page)


class TestRunNow:
    @at_both_widths
    def test_shows_the_run_and_offers_its_file(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        house.campaign(company, "Spring")
        made = house.schedule(company, "Numbers", format="excel", recipients=["held@example.com"])
        page = visits.open(who=company.admin, width=width)
        last = row(page, made).locator(".c-run")
        with mail_held(house.mails, "held@example.com") as let_go:
            run_now(page, made)
            expect(last.get_by_role("button")).to_have_text("Processing")
            expect(last).to_contain_text(re.compile(r"0 of 1 sent so far · \d+ s"))
            run_now(page, made)
            expect(last.get_by_role("button")).to_have_text("Pending")
            expect(last).to_contain_text("queued")
            let_go.set()
            expect(last.get_by_role("button")).to_have_text("Completed")
        expect(last).to_contain_text("1 row ·")
        told = toast(page, "“Numbers” is ready: 1 row")
        expect(told).to_have_count(1)  # the newer notice takes the place of the one before
        expect(told.first).to_contain_text("sent to 1 recipient")
        runs = house.rows(
            "SELECT id, file_name, sha256 FROM export_history WHERE scheduled_export_id = ?",
            made["id"],
        )
        assert len(runs) == 2
        with page.expect_download() as download:
            told.first.get_by_role("button", name="Download").click()
        saved = download.value.path().read_bytes()
        named = [one for one in runs if one["file_name"] == download.value.suggested_filename]
        run = next(one for one in named if one["sha256"] == hashlib.sha256(saved).hexdigest())
        assert saved == file_of(house, company.admin, made["id"], run["id"])
        expect(page).to_have_url(re.compile(f"{LISTED}$"))

    @at_both_widths
    def test_that_fails_leads_to_the_error(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        made = house.schedule(company, "To nobody", recipients=[GONE])
        page = visits.open(who=company.admin, width=width)
        run_now(page, made)
        told = toast(page, "“To nobody”")
        expect(told).to_have_attribute("data-type", "error")
        expect(row(page, made).locator(".c-run .status")).to_have_text("Failed")
        (run,) = house.rows(
            "SELECT id, error FROM export_history WHERE scheduled_export_id = ?", made["id"]
        )
        told.get_by_role("button", name="Show the error").click()
        dialog = page.get_by_role("dialog", name="To nobody")
        expect(dialog.locator(".detail")).to_contain_text(run_errors.readable(run["error"]))
        expect(dialog.locator(".detail")).to_contain_text("550 5.1.1 no such user")
        expect(page).to_have_url(re.compile(rf"{LISTED}/{made['id']}\?run={run['id']}$"))
        expect(toast(page, "“To nobody”")).to_have_count(0)  # it is not told again on another route

    def test_by_a_double_click_runs_once(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Numbers")
        page = visits.open(who=company.admin)
        row(page, made).get_by_role("button", name="Run Numbers now").dblclick()
        page.locator("#question-confirm").dblclick()
        expect(toast(page, "“Numbers” is ready")).to_be_visible()
        switch(page, made).click()  # is answered after both clicks
        expect(switch(page, made)).not_to_be_checked()
        assert (
            len(
                house.rows("SELECT 1 FROM export_history WHERE scheduled_export_id = ?", made["id"])
            )
            == 1
        )

    @pytest.mark.long
    def test_by_a_held_key_runs_once(self, house: House, company: Company, visits: Visits) -> None:
        made = house.schedule(company, "Numbers")
        page = visits.open(who=company.admin)
        row(page, made).get_by_role("button", name="Run Numbers now").click()
        page.locator("#question-confirm").focus()
        for _ in range(4):
            page.keyboard.down("Enter")  # again without up: the key repeats
        page.keyboard.up("Enter")
        expect(toast(page, "“Numbers” is ready")).to_be_visible()
        switch(page, made).click()  # is answered after all of them
        expect(switch(page, made)).not_to_be_checked()
        assert (
            len(
                house.rows("SELECT 1 FROM export_history WHERE scheduled_export_id = ?", made["id"])
            )
            == 1
        )

    def test_is_not_started_by_enter_alone(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Numbers")
        page = visits.open(who=company.admin)
        run = row(page, made).get_by_role("button", name="Run Numbers now")
        run.focus()
        for _ in range(2):
            page.keyboard.press("Enter")
            expect(page.locator("#question-cancel")).to_be_focused()
            page.keyboard.press("Enter")
            expect(page.get_by_role("alertdialog")).to_have_count(0)
            expect(run).to_be_focused()
        assert not house.rows(
            "SELECT 1 FROM export_history WHERE scheduled_export_id = ?", made["id"]
        )

    @pytest.mark.long
    def test_works_for_a_paused_schedule_and_leaves_it_paused(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Resting", isActive=False)
        page = visits.open(who=company.admin)
        run_now(page, made)
        expect(toast(page, "“Resting” is ready: 0 rows")).to_be_visible()
        expect(switch(page, made)).not_to_be_checked()

    @pytest.mark.long
    def test_without_data_says_that_it_was_skipped(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Nothing there", whenEmpty="skip")
        page = visits.open(who=company.admin)
        run_now(page, made)
        expect(toast(page, "“Nothing there” was skipped")).to_be_visible()
        expect(row(page, made).locator(".c-run .status")).to_have_text("Skipped")

    @pytest.mark.long
    def test_as_a_test_is_sent_to_the_signed_in_user_alone(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Trial", recipients=["everyone@example.com"])
        page = visits.open(who=company.admin)
        choose_more(page, made, "Send me a test")
        expect(toast(page, "Test of “Trial” is ready")).to_be_visible()
        mine = [m for m in house.mails.messages if m.rcpt_tos == [company.admin.user.email]]
        assert len(mine) == 1
        assert ["everyone@example.com"] not in [m.rcpt_tos for m in house.mails.messages]
