"""What a page shows first stays where it is while the rest comes."""

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.ui.form import at_both_widths
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.visitor import Visits, wait_until_ready

MOST = 0.1
"""Of the score of layout shifts that pages count as good with (web.dev/articles/cls)."""
WATCH = """
window.jumps = [], window.busiest = 0;
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries())
    if (!hadRecentInput)
      jumps.push([value, sources.map(({ node }) => node?.outerHTML?.slice(0, 90))]);
}).observe({ type: "layout-shift", buffered: true });
new MutationObserver(() => {
  const busy = [...document.querySelectorAll("[aria-busy=true]")];
  busiest = Math.max(busiest, busy.filter((one) => one.checkVisibility()).length);
}).observe(document, { childList: true, subtree: true, attributeFilter: ["aria-busy"] });
"""
PAGES = (
    *("/scheduled-exports", "/runs", "/analytics", "/analytics/exports", "/webhooks"),
    *("/settings", "/settings/keys", "/settings/feeds", "/settings/members"),
    *("/settings/tenant", "/settings/data", "/settings/tenant-keys", "/settings/audit"),
    "/settings/destinations",
)


def measured(page: Page, path: str) -> tuple[float, int, list[object]]:
    """The score of the page's first load, how many parts were busy at once, and what moved. Its
    fonts come last."""
    fonts = list[Route]()

    def hold(route: Route) -> None:
        fonts.append(route)

    page.route("**/*.woff2", hold)
    page.goto(path, wait_until="domcontentloaded")
    wait_until_ready(page)
    for font in fonts:
        font.continue_()
    page.unroute("**/*.woff2", hold)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    jumps = page.evaluate("jumps")
    return sum(value for value, _ in jumps), page.evaluate("busiest"), jumps


@pytest.mark.long
@at_both_widths
def test_no_page_jumps_while_it_loads(
    house: House, company: Company, visits: Visits, width: int
) -> None:
    made = [house.schedule(company, f"Report {number}", tags=["EU"]) for number in range(8)]
    house.run(company, made[0]["id"])
    page = visits.open(who=company.admin, width=width)
    stranger = visits.open("/login", width=width)
    for each in (page, stranger):
        each.add_init_script(WATCH)
    scores = {"/login": measured(stranger, "/login")}
    for path in (*PAGES, f"/scheduled-exports/{made[0]['id']}"):
        scores[path] = measured(page, path)
    assert {path: of for path, of in scores.items() if of[0] > MOST or of[1] > 1} == {}
