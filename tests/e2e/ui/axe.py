"""What axe-core finds in a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

NARROW = 600
"""CSS pixels, below which a page is taken for one on a phone."""


def serious(page: Page) -> list[str]:
    """What it calls serious or critical."""
    # Not within frames: they are emails, in which no script may run, so that its calls into them
    # only make the browser complain
    found = (
        Axe()
        .run(page, options={"iframes": False, "resultTypes": ["violations"]})
        .response["violations"]
    )
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def assert_accessible(page: Page) -> None:
    """As axe sees it: on a wide screen in the light, on a phone in the dark."""
    theme = "dark" if page.evaluate("innerWidth") < NARROW else "light"
    page.emulate_media(color_scheme=theme)
    page.wait_for_function(
        "(theme) => document.documentElement.classList.contains(theme)", arg=theme
    )
    assert serious(page) == [], theme
