"""How a browser gets to the form and to the history of a schedule."""

from playwright.sync_api import Page

from tools.screenshots import cast
from tools.screenshots.list_steps import LIST, Ids, see_list


def see_editor(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("button", name="Weekly campaign report", exact=True).click()
    page.locator(".sample tbody tr").first.wait_for()
    page.locator("#name").blur()


def see_editor_advanced(page: Page, ids: Ids) -> None:
    see_editor(page, ids)
    page.locator("#options-missed summary").click()
    page.locator("#catch_up").select_option("all")
    page.locator("#catch_up_hours").wait_for()
    page.locator("#options-missed").evaluate("(section) => section.scrollIntoView()")


def see_editor_errors(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.locator("#new").click()
    page.locator("#name").wait_for()
    page.locator("#schedule").fill("0 25 * * 1")
    page.locator("#schedule-problem").wait_for()
    page.locator("#recipients").fill("manager@northwind.example, boss.northwind,")
    page.locator(".chip.bad").wait_for()
    page.locator("#save").click()
    page.locator(".chips.bad").wait_for()


def see_repeats(page: Page, ids: Ids) -> None:
    see_editor(page, ids)
    page.locator("#repeats").select_option(label="Monthly")
    page.locator("#repeat_which").select_option(label="Last")
    page.locator("#repeat_day").select_option(label="Friday")
    page.get_by_text("Monthly on the last Friday").first.wait_for()
    page.locator("#repeats").evaluate("(field) => field.scrollIntoView({ block: 'center' })")


def see_conflict(page: Page, ids: Ids) -> None:
    """The operator saves the schedule while the admin edits it."""
    signed_in = page.request.post(
        "/api/auth/login", data={"email": cast.OPERATOR.email, "password": cast.PASSWORD}
    )
    headers = {"Authorization": f"Bearer {signed_in.json()['accessToken']}"}
    board = f"/api/scheduled-exports/{ids['Board summary']}"

    def save(**values: object) -> None:
        assert page.request.put(board, headers=headers, data=values).ok

    save(description="", schedule="0 9 1 * *")
    see_list(page, ids)
    page.get_by_role("button", name="Edit Board summary").click()
    page.locator(".sample tbody tr").first.wait_for()
    page.locator("#description").fill("For the meeting of the board")
    page.wait_for_function(
        "() => Object.values(sessionStorage).some((kept) => kept.includes('For the meeting'))"
    )
    save(description="Before the board meets", schedule="30 7 1 * *")
    page.locator("#conflict").wait_for()
    page.locator("#conflict").evaluate("(panel) => panel.scrollIntoView({ block: 'nearest' })")


def see_email(page: Page, ids: Ids) -> None:
    see_editor(page, ids)
    page.get_by_role("button", name="Preview email").click()
    page.frame_locator(".mail").locator("table").first.wait_for()


def open_history(page: Page, ids: Ids, name: str, status: str) -> None:
    page.goto(f"{LIST}/{ids[name]}?tenant={cast.NORTHWIND.slug}")
    details = page.get_by_role("button", name=f"Details: {status}").first
    if details.get_attribute("aria-expanded") != "true":  # as they are where the last run failed
        details.click()
    page.locator("tr.detail").first.wait_for()


def see_history(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Daily spend check", "Partial")
    page.locator(".delivery").first.wait_for()


def see_waiting(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Partner drop", "Pending")
    page.locator(".attempts li").nth(1).wait_for()


def see_held(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Monthly books", "Partial")
    page.get_by_role("button", name="Mark as delivered").wait_for()


def see_notices(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Spring launch detail", "Failed")
    page.locator("#notices summary").click()
    page.locator("#notices .entry").nth(1).wait_for()
    page.locator("#notices").evaluate("(section) => section.scrollIntoView({ block: 'end' })")


def see_backfill(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Weekly campaign report", "Completed")
    page.locator("#backfill summary").click()
    page.locator("#backfill_start").wait_for()
    page.locator("#backfill").evaluate("(section) => section.scrollIntoView({ block: 'end' })")


def see_backfill_question(page: Page, ids: Ids) -> None:
    see_backfill(page, ids)
    page.locator("#backfill_start").fill("2026-01-05")
    page.locator("#backfill_end").fill("2026-03-02")
    page.get_by_role("button", name="Run backfill").click()
    page.locator("#question-confirm").wait_for()


def see_replacement(page: Page, ids: Ids) -> None:
    see_history(page, ids)
    page.get_by_role("button", name="Replace address old.boss@northwind.example").click()
    page.locator("#new-address").fill("new.boss@northwind.example")
    page.locator(".replacement .primary:enabled").wait_for()
