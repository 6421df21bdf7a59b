"""How a browser gets to the list, to what opens over it, and to the runs of all schedules."""

from playwright.sync_api import Page

from tools.screenshots import cast

LIST = "/scheduled-exports"
Ids = dict[str, str]
"""What `installation.fill` returns: schedules' ids by name, and the invitation's path."""


def see_list(page: Page, _: Ids) -> None:
    page.goto(f"{LIST}?tenant={cast.NORTHWIND.slug}")
    page.locator("tr[data-id]").first.wait_for()


def see_paused(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.locator("tr.noted").evaluate("(line) => line.scrollIntoView({ block: 'center' })")


def see_compact_list(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("button", name="Compact rows").click()
    page.evaluate("() => document.activeElement.blur()")


def see_selection(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    for name in ("Daily spend check", "Partner drop", "Board summary"):
        page.get_by_role("checkbox", name=f"Select {name}").click()
    page.get_by_role("toolbar").wait_for()


def see_tags(page: Page, ids: Ids) -> None:
    see_selection(page, ids)
    page.get_by_role("toolbar").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Add tags …").click()
    page.locator("#bulk-tags").fill("finance, month-end")


def see_deleted(page: Page, _: Ids) -> None:
    page.goto(f"{LIST}?tenant={cast.NORTHWIND.slug}&active=deleted")
    page.locator("#deleted li").first.wait_for()


def see_undo(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("switch", name="Board summary is active").click()
    page.get_by_role("button", name="Undo").wait_for()


def see_views(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.locator("#views").click()
    page.get_by_role("menuitem", name="Board and finance").click()
    page.wait_for_url("**view=*")
    page.locator("#views").click()
    page.get_by_role("menuitem", name="Rename …").wait_for()


def see_palette(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("button", name="Search and commands").click()
    page.get_by_role("combobox", name="Search or run a command").press_sequentially("week")
    page.get_by_role("option", name="Weekly campaign report").first.wait_for()


def see_shortcuts(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()


def see_question(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("button", name="Run Daily spend check now").click()
    page.locator("#question-confirm").wait_for()


def see_empty_list(page: Page, _: Ids) -> None:
    page.goto(f"{LIST}?tenant={cast.HARBOUR.slug}")
    page.locator("[data-empty]").wait_for()


def see_runs(page: Page, _: Ids) -> None:
    page.goto(f"/runs?tenant={cast.NORTHWIND.slug}")
    page.locator("tr[data-run]").first.wait_for()


def see_failed_runs(page: Page, _: Ids) -> None:
    page.goto(f"/runs?tenant={cast.NORTHWIND.slug}&status=failed")
    page.locator("tr[data-run]").first.wait_for()
    page.get_by_role("button", name="Details").first.click()
    page.locator("tr.detail").wait_for()


def see_run(page: Page, ids: Ids) -> None:
    """One that reached some of its recipients."""
    see_runs(page, ids)
    partial = page.locator("tr[data-run]").filter(has_text="Partial").first
    page.goto(f"/runs/{partial.get_attribute('data-run')}")
    page.locator("tr.detail").wait_for()
