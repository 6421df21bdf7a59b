"""What of a page is loaded only when it is wanted: the palette and the form."""

from playwright.sync_api import Request, expect

from tests.e2e.ui.form import Form
from tests.e2e.ui.house import Company
from tests.e2e.ui.visitor import Visits, wait_until_ready

PALETTE, FORM = "/assets/palette-", "/assets/EditorPart-"
NEW = "New scheduled export"
FAILED = r"console error: Failed to load resource: .*404|preload|dynamically imported module"


def _is_part(request: Request) -> bool:
    return PALETTE in request.url or FORM in request.url


def test_palette_and_form_are_loaded_when_wanted(company: Company, visits: Visits) -> None:
    parts: list[str] = []
    page = visits.open(who=company.admin)
    page.context.on("request", lambda r: parts.append(r.url) if _is_part(r) else None)
    page.reload(wait_until="networkidle")
    wait_until_ready(page)
    assert parts == []
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Commands")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_response(lambda answer: FORM in answer.url):
        page.get_by_role("button", name=NEW).hover()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name=NEW).click()
    Form.opened(page, NEW)
    assert [PALETTE in parts[0], FORM in parts[1]] == [True, True], parts
    assert len(parts) == 2


def test_a_page_older_than_the_server_is_loaded_again(company: Company, visits: Visits) -> None:
    page = visits.open(who=company.admin, allow=[FAILED])
    missing = f"**{FORM}*"
    page.route(missing, lambda route: route.fulfill(status=404, body="no such file"))
    with page.expect_event("load"):
        page.keyboard.press("n")
    wait_until_ready(page)
    page.keyboard.press("n")
    notice = page.get_by_text("A part of this page could not be loaded.")
    expect(notice).to_be_visible()  # and not again and again
    page.unroute(missing)
    page.keyboard.press("n")
    Form.opened(page, NEW)
