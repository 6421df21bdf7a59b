"""The focus as someone without a mouse moves it."""

from playwright.sync_api import Locator, Page, expect

STOPS = 90
SEEN = """() => {
    const marked = (e) => {
        const style = getComputedStyle(e);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    const on = document.activeElement;
    const around = [".preset", ".chips", ".filter"].map((selector) => on.closest(selector));
    return [on, ...around].some((e) => e && marked(e));
}"""


def here(locator: Locator) -> bool:
    return bool(locator.count()) and bool(
        locator.first.evaluate("(element) => element === document.activeElement")
    )


def go_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press the key until the focus is there; it is seen at every stop."""
    expect(target.first).to_be_visible()
    for _ in range(STOPS):
        if here(target):
            return
        page.keyboard.press(key)
        assert page.evaluate(SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    raise AssertionError(f"not reached: {target}")
