"""What a schedule does on bad days: chosen in the folded sections of its form; and one that was
paused by itself, in the list."""

import pytest
from playwright.sync_api import Locator, Page, expect

from exports_app.services.core.records import Schedule
from tests.e2e.ui.axe import serious
from tests.e2e.ui.form import Form, at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.listed import assert_nothing_overflows, switch, toast
from tests.e2e.ui.visitor import Visits
from tests.world import pause

CHOSEN = {
    "overlap": ("Queue the new run", "queue_one"),
    "on_unknown": ("Hold it for review", "hold"),
    "catch_up": ("All missed runs, up to 100", "all"),
}
TYPED = {
    "catch_up_hours": ("catchUpHours", 24),
    "retry_attempts": ("retryAttempts", 3),
    "retry_base_seconds": ("retryBaseSeconds", 10),
    "pause_after": ("pauseAfter", 0),
    "jitter_seconds": ("jitterSeconds", 60),
}
USUAL = {
    "overlap": "skip",
    "onUnknown": "resend",
    "catchUp": "latest",
    "catchUpHours": 168,
    "retryAttempts": None,
    "retryBaseSeconds": None,
    "pauseAfter": 5,
    "jitterSeconds": 0,
}
REASON = (
    "5 runs failed in a row; the last one: mail.example:587 cannot be reached (Connection refused)"
)


def note(page: Page, schedule: dict[str, str]) -> Locator:
    """The line below a schedule's own that says why it was paused."""
    return page.locator(f'tr[data-paused="{schedule["id"]}"]')


def paused(house: House, company: Company, name: str) -> dict[str, str]:
    """As after five failed runs. Pages that are open hear of it with the next change."""
    made = house.schedule(company, name)
    with house.services.store.read() as tx:
        stored = tx.schedules.get(made["id"])
    assert isinstance(stored, Schedule)
    pause(house.services, stored, REASON)
    return made


class TestOptions:
    @at_both_widths
    def test_begins_closed_and_sets_every_policy(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        made = house.schedule(company, "Careful")
        assert {name: made[name] for name in USUAL} == USUAL
        page = visits.open(who=company.admin, width=width)
        form = Form.edit(page, "Careful")
        expect(page.locator("details.fold").locator("input, select")).to_have_count(0)
        for section in ("retries", "missed"):
            form.unfold(section)
        expect(form.field("catch_up_hours")).to_have_count(0)
        for name, (words, _) in CHOSEN.items():
            form.choose(name, words)
        for name, (_, value) in TYPED.items():
            form.field(name).fill(str(value))
        assert_nothing_overflows(page)
        assert serious(page) == []
        form.save()
        stored = house.call(company.admin, "GET", f"/api/scheduled-exports/{made['id']}")
        wanted = {"overlap": "queue_one", "onUnknown": "hold", "catchUp": "all"} | dict(
            TYPED.values()
        )
        assert {name: stored[name] for name in USUAL} == wanted

    @pytest.mark.long
    def test_opens_for_what_is_wrong_in_it_each_time(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        house.schedule(company, "Wrong")
        form = Form.edit(visits.open(who=company.admin), "Wrong")
        form.unfold("retries")
        form.field("retry_attempts").fill("99")
        for _ in range(2):
            form.field("options-retries").locator("summary").click()
            expect(form.field("retry_attempts")).to_have_count(0)
            form.field("save").click()
            expect(form.error("retry_attempts")).to_have_text(
                "Must be 1 to 50 attempts, or empty for the server's default"
            )
            expect(form.field("retry_attempts")).to_be_focused()
            expect(form.field("retry_attempts")).to_be_in_viewport()
        form.field("retry_attempts").fill("")
        expect(form.error("retry_attempts")).to_have_count(0)
        form.save()


class TestOnePausedByItself:
    @at_both_widths
    def test_says_why_in_the_list_and_one_click_resumes_it(
        self, house: House, company: Company, visits: Visits, width: int
    ) -> None:
        page = visits.open(who=company.admin, width=width)
        made = paused(house, company, "Weekly")
        house.schedule(company, "Another")  # the open page hears of this
        expect(note(page, made)).to_contain_text("Paused automatically")
        expect(note(page, made)).to_contain_text(REASON)
        expect(page.locator("#counts")).to_contain_text("1 paused (1 automatically)")
        expect(switch(page, made)).not_to_be_checked()
        assert_nothing_overflows(page)
        assert serious(page) == []
        note(page, made).get_by_role("button", name="Resume Weekly").press("Enter")
        expect(toast(page, "“Weekly” is active again and runs on your behalf")).to_be_visible()
        expect(note(page, made)).to_have_count(0)
        expect(switch(page, made)).to_be_checked()
        expect(switch(page, made)).to_be_focused()
        expect(page.locator("#counts")).not_to_contain_text("automatically")
        stored = house.call(company.admin, "GET", f"/api/scheduled-exports/{made['id']}")
        assert (stored["pausedAt"], stored["failures"], stored["isActive"]) == (None, 0, True)
        assert stored["nextRunAt"] is not None

    @pytest.mark.long
    def test_stands_out_in_the_dark_too(
        self, house: House, company: Company, visits: Visits
    ) -> None:
        made = paused(house, company, "Weekly")
        page = visits.open(who=company.admin, dark=True)
        expect(note(page, made)).to_be_visible()
        assert serious(page) == []
