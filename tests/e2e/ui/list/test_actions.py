"""What is done to schedules from the list: switching and deleting, one or several."""

import pytest
from playwright.sync_api import expect

from exports_app.domain.access import Role
from tests.e2e.client import wait_until
from tests.e2e.ui.focus import go_to
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.list.viewing import NEVER
from tests.e2e.ui.listed import (
    choose_more,
    confirm,
    names,
    row,
    rows,
    switch,
    toast,
)
from tests.e2e.ui.visitor import Visits


def active(house: House, schedule_id: str) -> bool:
    return bool(
        house.rows("SELECT is_active FROM scheduled_exports WHERE id = ?", schedule_id)[0][
            "is_active"
        ]
    )


class TestTheSwitch:
    @at_both_widths
    def test_pauses_and_activates_at_once(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        made = house.schedule(company, "Often paused")
        page = visits.open(who=company.admin, width=width)
        switch(page, made).click()
        expect(switch(page, made)).not_to_be_checked()
        expect(row(page, made).locator(".c-when")).to_contain_text("paused")
        assert not active(house, made["id"])
        switch(page, made).click()
        expect(switch(page, made)).to_be_checked()
        expect(row(page, made).locator(".c-when")).not_to_contain_text("paused")
        assert active(house, made["id"])
        stored = house.call(company.admin, "GET", f"/api/scheduled-exports/{made['id']}")
        assert (stored["nextRunAt"], stored["version"]) == (made["nextRunAt"], 3)
        page.reload()
        expect(switch(page, made)).to_be_checked()

    @pytest.mark.long
    def test_comes_back_where_the_schedule_cannot_be_activated(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "From older times", isActive=False)
        with house.services.store.write() as tx:
            assert tx.schedules.update(made["id"], made["version"], {"schedule": NEVER})
        page = visits.open(who=company.admin)
        switch(page, made).click()
        expect(page.locator("[data-sonner-toast][data-type=error]")).to_contain_text(
            "no such day ever comes"
        )
        expect(switch(page, made)).not_to_be_checked()
        assert not active(house, made["id"])

    @pytest.mark.long
    def test_comes_back_where_the_right_was_lost_meanwhile(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Not yours any more")
        other = house.person("Ola Other", {company.id: Role.ADMIN})
        page = visits.open(who=other)
        house.set_role(other, company, Role.VIEWER)
        switch(page, made).click()
        expect(toast(page, "Your role has changed")).to_be_visible()
        expect(page.get_by_text("Not yours any more")).to_be_visible()
        expect(page.get_by_role("switch")).to_have_count(0)
        assert active(house, made["id"])

    @pytest.mark.long
    def test_of_a_schedule_that_is_gone_says_so_and_the_line_goes(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "Gone elsewhere")
        page = visits.open(who=company.admin)
        house.services.schedules.delete(
            company.admin.who, made["id"]
        )  # this page hears nothing of it
        switch(page, made).click()
        expect(page.locator("[data-sonner-toast][data-type=error]")).to_be_visible()
        expect(row(page, made)).to_have_count(0)


class TestDeleting:
    def test_happens_at_once_and_is_undone_by_keyboard(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made, other = house.schedule(company, "Old report"), house.schedule(company, "Stays")
        page = visits.open(who=company.admin)
        for way in ("the notice", "Ctrl+Z"):
            choose_more(page, made, "Delete")
            expect(row(page, made)).to_have_count(0)
            expect(row(page, other)).to_be_visible()
            told = toast(page, "“Old report” deleted")
            expect(told.get_by_role("status")).to_be_visible()
            if way == "the notice":
                page.keyboard.press("Alt+t")
                undo = told.get_by_role("button", name="Undo")
                go_to(page, undo)
                page.keyboard.press("Enter")
            else:
                page.keyboard.press("Control+z")
            expect(row(page, made)).to_be_visible()
            expect(toast(page, "Undone").first).to_be_visible()  # one before may be leaving
        assert house.rows("SELECT deleted_at FROM scheduled_exports WHERE id = ?", made["id"]) == [
            {"deleted_at": None}
        ]

    @pytest.mark.long
    def test_of_the_last_one_leaves_the_beginning(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = house.schedule(company, "The only one")
        page = visits.open(who=company.admin)
        choose_more(page, made, "Delete")
        expect(page.get_by_role("heading", name="No scheduled exports", exact=True)).to_be_visible()
        page.get_by_role("button", name="Recently deleted (1)").click()
        expect(page.locator("#deleted")).to_contain_text("The only one")


@at_both_widths
class TestSeveralAtOnce:
    @pytest.mark.long
    def test_are_paused_and_activated(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        one, two, three = (house.schedule(company, name) for name in ("One", "Two", "Three"))
        page = visits.open(who=company.admin, width=width)
        bar = page.get_by_role("toolbar", name="Selected scheduled exports")
        for word, told, wanted in (("Pause", "paused", False), ("Activate", "activated", True)):
            for made in (one, two):
                row(page, made).get_by_role("checkbox", name="Select").click()
            expect(bar).to_contain_text("2 selected")
            bar.get_by_role("button", name=word).click()
            expect(toast(page, f"2 scheduled exports {told}")).to_be_visible()
            expect(bar).to_have_count(0)
            expect(switch(page, one)).to_be_checked(checked=wanted)
            assert [active(house, made["id"]) for made in (one, two, three)] == [
                wanted,
                wanted,
                True,
            ]

    @pytest.mark.long
    def test_are_run(self, house: House, company: Company, visits: Visits, width: int) -> None:
        one, two, three = (house.schedule(company, name) for name in ("One", "Two", "Three"))
        page = visits.open(who=company.admin, width=width)
        for made in (one, two):
            row(page, made).get_by_role("checkbox", name="Select").click()
        page.get_by_role("toolbar").get_by_role("button", name="Run now").click()
        confirm(page)
        expect(toast(page, "2 scheduled exports started")).to_be_visible()
        for made in (one, two):
            expect(row(page, made).locator(".c-run .status")).to_have_text("Completed")
        expect(row(page, three).locator(".c-run .status")).to_have_text("No runs yet")

    def test_are_deleted(self, house: House, company: Company, visits: Visits, width: int) -> None:
        made = {name: house.schedule(company, name) for name in ("One", "Two", "Three")}
        page = visits.open(who=company.admin, width=width)
        for name in ("One", "Two"):
            row(page, made[name]).get_by_role("checkbox", name="Select").click()
        page.get_by_role("toolbar").get_by_role("button", name="Delete").click()
        expect(names(page)).to_have_text(["Three"])
        left = house.rows(
            "SELECT name FROM scheduled_exports WHERE tenant_id = ? AND deleted_at IS NULL",
            company.id,
        )
        assert left == [{"name": "Three"}]


@pytest.mark.long
def test_everything_on_the_page_is_selected_with_one_click(
    house: House, company: Company, visits: Visits
) -> None:
    for number in range(4):
        house.schedule(company, f"Report {number}")
    page = visits.open(who=company.admin)
    page.get_by_role("checkbox", name="Select all on this page").click()
    expect(page.get_by_role("toolbar")).to_contain_text("4 selected")
    expect(page.locator("tr[data-selected=true]")).to_have_count(4)
    page.get_by_role("button", name="Clear selection").click()
    expect(page.get_by_role("toolbar")).to_have_count(0)
    expect(rows(page)).to_have_count(4)


@pytest.mark.long
def test_what_cannot_be_done_to_some_of_several_is_told(
    house: House, company: Company, visits: Visits
) -> None:
    good, bad = (
        house.schedule(company, "Good", isActive=False),
        house.schedule(company, "Bad", isActive=False),
    )
    with house.services.store.write() as tx:
        assert tx.schedules.update(bad["id"], bad["version"], {"schedule": NEVER})
    page = visits.open(who=company.admin)
    page.get_by_role("checkbox", name="Select all on this page").click()
    page.get_by_role("toolbar").get_by_role("button", name="Activate").click()
    expect(toast(page, "1 scheduled export activated")).to_be_visible()
    expect(toast(page, "1 not activated: ")).to_be_visible()
    expect(switch(page, good)).to_be_checked()
    expect(switch(page, bad)).not_to_be_checked()
    wait_until(
        "it is stored", lambda: active(house, good["id"]) and not active(house, bad["id"]), 5
    )
