"""Open pages follow what happens elsewhere."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, expect

from exports_app.domain.access import Role
from exports_app.services.core.records import Metric
from tests.e2e.client import wait_until
from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import choose_more, confirm, mail_held, names, row, rows, switch, toast
from tests.e2e.ui.visitor import SOON_MS, Visits
from tests.world import Person

MANY_DAYS, MANY_CAMPAIGNS = 1_000, 180


@pytest.fixture
def other(house: House, company: Company) -> Person:
    """A second admin of the tenant."""
    return house.person("Ola Other", {company.id: Role.ADMIN})


def soon(locator: Locator) -> None:
    expect(locator).to_be_visible(timeout=SOON_MS)


class TestWhatAnotherDoes:
    def test_to_the_list_shows_by_itself(
        self, house: House, company: Company, other: Person, visits: Visits
    ) -> None:
        there, here = visits.open(who=company.admin), visits.open(who=other)
        loads: list[str] = []
        here.on("framenavigated", lambda frame: loads.append(frame.url))
        expect(here.get_by_role("heading", name="No scheduled exports yet")).to_be_visible()

        there.get_by_role("button", name="New scheduled export").click()
        form = there.get_by_role("dialog")
        form.get_by_label("Name").fill("Shared report")
        form.get_by_label("Add recipients").fill("ann@example.com")
        form.get_by_role("button", name="Create", exact=True).click()
        expect(form).to_have_count(0)
        expect(names(here)).to_have_text(["Shared report"], timeout=SOON_MS)
        (stored,) = house.rows(
            "SELECT id, name FROM scheduled_exports WHERE tenant_id = ?", company.id
        )
        made = dict(stored)

        there.get_by_role("button", name="Edit Shared report").click()
        form.get_by_label("Name").fill("Renamed report")
        form.get_by_role("button", name="Save", exact=True).click()
        expect(form).to_have_count(0)
        expect(names(here)).to_have_text(["Renamed report"], timeout=SOON_MS)
        made["name"] = "Renamed report"

        switch(there, made).click()
        expect(switch(there, made)).not_to_be_checked()
        expect(switch(here, made)).not_to_be_checked(timeout=SOON_MS)
        expect(here.locator("#counts")).to_contain_text("None active", timeout=SOON_MS)

        row(there, made).get_by_role("button", name="Run Renamed report now").click()
        confirm(there)
        expect(row(there, made).locator(".c-run .status")).to_have_text("Completed")
        expect(row(here, made).locator(".c-run .status")).to_have_text("Completed", timeout=SOON_MS)
        expect(toast(there, "is ready")).to_be_visible()
        expect(here.locator("[data-sonner-toast]")).to_have_count(0)  # it was not this one's run

        choose_more(there, made, "Delete")
        expect(rows(there)).to_have_count(0)
        soon(here.get_by_role("heading", name="No scheduled exports", exact=True))
        assert loads == []

    @pytest.mark.long
    def test_shows_in_an_open_history(
        self, house: House, company: Company, other: Person, visits: Visits
    ) -> None:
        made = house.schedule(company, "Watched")
        there = visits.open(who=company.admin)
        here = visits.open(f"/scheduled-exports/{made['id']}", who=other)
        history = here.get_by_role("dialog", name="Watched")
        expect(history).to_contain_text("No runs yet")
        for number in (1, 2):
            row(there, made).get_by_role("button", name="Run Watched now").click()
            confirm(there)
            expect(history.locator("tr[data-run]")).to_have_count(number, timeout=SOON_MS)
            expect(history.locator("tr[data-run] .status").first).to_have_text(
                "Completed", timeout=SOON_MS
            )
        expect(history).to_contain_text("2 runs")
        expect(history).to_contain_text(company.admin.user.name)
        house.call(
            company.admin,
            "PUT",
            f"/api/scheduled-exports/{made['id']}",
            json={"name": "Watched, renamed"},
        )
        soon(here.get_by_role("dialog", name="Watched, renamed"))
        house.call(company.admin, "DELETE", f"/api/scheduled-exports/{made['id']}", 204)
        soon(here.get_by_role("heading", name="Scheduled export not found"))

    @pytest.mark.long
    def test_to_what_is_being_edited_is_said_in_the_form(
        self, house: House, company: Company, other: Person, visits: Visits
    ) -> None:
        made = house.schedule(company, "Edited by two")
        here, there = visits.open(who=company.admin), visits.open(who=other)
        row(here, made).locator("button.name").click()
        mine = here.get_by_role("dialog")
        mine.get_by_label("Description").fill("Half written")
        mine.get_by_label("Name", exact=True).fill("Mine")
        row(there, made).locator("button.name").click()
        theirs = there.get_by_role("dialog")
        theirs.get_by_label("Name").fill("Edited by the other")
        theirs.get_by_role("button", name="Save", exact=True).click()
        expect(theirs).to_have_count(0)
        told = mine.get_by_role("alert").filter(has_text="changed this scheduled export")
        expect(told).to_be_visible(timeout=SOON_MS)
        expect(mine.get_by_label("Description")).to_have_value("Half written")
        mine.get_by_role("button", name="Save", exact=True).click()
        expect(told).to_be_visible()
        assert house.rows("SELECT description FROM scheduled_exports WHERE id = ?", made["id"]) == [
            {"description": None}
        ]
        mine.get_by_role("button", name="Take all theirs").click()
        expect(mine.get_by_label("Name", exact=True)).to_have_value("Edited by the other")
        expect(mine.get_by_label("Description")).to_have_value("Half written")

    def test_in_another_tenant_does_not_show(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        rival = house.company("Rival")
        here, theirs = visits.open(who=company.admin), visits.open(who=rival.admin)
        seen: list[str] = []
        here.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda frame: seen.append(str(frame))),
        )
        here.reload()
        expect(here.get_by_role("heading", name="No scheduled exports yet")).to_be_visible()
        house.schedule(rival, "Rival's own")
        expect(names(theirs)).to_have_text(["Rival's own"])
        house.schedule(company, "Our own")
        expect(names(here)).to_have_text(["Our own"], timeout=SOON_MS)
        assert seen
        assert not [frame for frame in seen if "Rival" in frame]

    @pytest.mark.long
    def test_to_webhooks_and_destinations_shows_by_itself(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        hooks, places = (
            visits.open(path, who=company.admin) for path in ("/webhooks", "/settings/destinations")
        )
        expect(hooks.get_by_role("heading", name="No webhooks yet")).to_be_visible()
        made = house.webhook(company, "Warehouse")
        soon(hooks.get_by_role("link", name="Warehouse"))
        house.call(company.admin, "PATCH", f"/api/webhooks/{made['id']}", json={"isActive": False})
        soon(hooks.locator("#webhooks").get_by_text("Switched off"))
        share = house.destination(company, "Share")
        soon(places.locator("#destinations").get_by_text("Share", exact=True))
        house.schedule(company, "Filed", destinationIds=[share["id"]])
        soon(places.locator("#destinations").get_by_text("“Filed”"))

    @pytest.mark.long
    def test_comes_to_many_pages_of_one_browser(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        first = visits.open(who=company.admin)
        tabs = [first, *(first.context.new_page() for _ in range(3))]
        for tab in tabs[1:]:
            tab.goto("/scheduled-exports")
        for tab in tabs:
            expect(tab.get_by_role("heading", name="No scheduled exports yet")).to_be_visible()
        house.schedule(company, "For every tab")
        for tab in tabs:
            expect(names(tab)).to_have_text(["For every tab"], timeout=SOON_MS)


class TestARunUnderWay:
    @at_both_widths
    def test_shows_since_when_and_how_far_it_is_with_its_mail(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        address = f"slow.{width}@example.com"
        made = house.schedule(company, "Slow mail", recipients=["ann@example.com", address])
        here, opened = (
            visits.open(path, who=company.admin, width=width)
            for path in ("/scheduled-exports", f"/scheduled-exports/{made['id']}")
        )
        last = row(here, made).locator(".c-run")
        with mail_held(house.mails, address) as let_go:
            started = house.call(
                company.admin, "POST", f"/api/scheduled-exports/{made['id']}/trigger", 202
            )
            expect(last.locator(".status")).to_have_text("Processing", timeout=SOON_MS)
            expect(last).to_contain_text("1 of 2 sent so far ·", timeout=SOON_MS)
            shown = opened.locator(f'tr[data-run="{started["historyId"]}"]')
            expect(shown.locator(".status")).to_have_text("Processing")
            before = elapsed(last)
            wait_until("the seconds count on", lambda: elapsed(last) > before, 10)
            expect(shown).to_contain_text(re.compile(r"for \d+ s"))
            let_go.set()
            expect(last.locator(".status")).to_have_text("Completed", timeout=SOON_MS)
            expect(shown.locator(".status")).to_have_text("Completed", timeout=SOON_MS)

    @pytest.mark.long
    def test_shows_the_rows_so_far(self, house: House, company: Company, visits: Visits) -> None:
        _many_rows(house, company)
        made = house.schedule(
            company,
            "Large",
            exportType="campaign",
            format="excel",
            filters={"campaignIds": _campaigns(house, company)},
        )
        here = visits.open(who=company.admin)
        opened = visits.open(f"/scheduled-exports/{made['id']}", who=company.admin)
        expect(opened.get_by_role("dialog")).to_contain_text("No runs yet")
        row(here, made).get_by_role("button", name="Run Large now").click()
        confirm(here)
        last, shown = row(here, made).locator(".c-run"), opened.locator("tr[data-run]")
        expect(last).to_contain_text(re.compile(r"[1-9][\d,]+ rows so far · \d+ s"), timeout=30_000)
        expect(shown).to_contain_text(re.compile(r"Processing.*for \d+ s", re.DOTALL))
        expect(shown.locator(".right").first).to_have_text(re.compile(r"^[1-9][\d,]+$"))
        expect(last.locator(".status")).to_have_text("Completed", timeout=120_000)
        expect(shown.locator(".right").first).to_have_text(f"{MANY_DAYS * MANY_CAMPAIGNS:,}")


def elapsed(last: Locator) -> int:
    """Seconds that the list says the run has taken so far."""
    found = re.search(r"· (\d+) s", last.inner_text())
    return int(found[1]) if found else -1


def _campaigns(house: House, company: Company) -> list[str]:
    return [
        one["id"] for one in house.rows("SELECT id FROM campaigns WHERE tenant_id = ?", company.id)
    ]


def _many_rows(house: House, company: Company) -> None:
    last = house.services.clock().date()
    for number in range(MANY_CAMPAIGNS):
        made = house.campaign(company, f"Campaign {number:03}", days=0)
        with house.services.store.write() as tx:
            days = (last - timedelta(days=back) for back in range(1, MANY_DAYS + 1))
            tx.campaigns.add_metrics(
                [Metric(made.id, day, 1000, 100, 10, 12_345, 67_890) for day in days]
            )
