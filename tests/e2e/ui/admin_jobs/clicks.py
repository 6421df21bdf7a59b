"""Counts what a person clicks."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

_COUNT = """
const count = () => sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1);
let pressed = null;
addEventListener("pointerdown", (event) => { pressed = event.target; count(); }, true);
addEventListener("change", (event) => {
    // Playwright chooses in a native drop-down without opening it: a person clicks twice
    if (event.target.tagName === "SELECT") { count(); if (pressed !== event.target) count(); }
}, true);
"""


class Clicks:
    """Of one page, also over navigations. Keys are not counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(_COUNT)
        page.evaluate(f"() => {{ {_COUNT} }}")

    @contextmanager
    def job(self, name: str, most: int) -> Iterator[None]:
        """Prints how many clicks the block took; fails where they are more than `most`."""
        self.page.evaluate("() => sessionStorage.removeItem('clicks')")
        yield
        took = int(self.page.evaluate("() => Number(sessionStorage.getItem('clicks'))"))
        print(f"{name}: {took} clicks")
        assert took <= most, f"{name}: {took} clicks, at most {most} are meant"
