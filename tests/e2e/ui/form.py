"""The form of a scheduled export as a person uses it."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.ui.house import Company, House

NARROW = pytest.param(390, marks=pytest.mark.long)
at_both_widths = pytest.mark.parametrize("width", [1280, NARROW])
"""On a phone with `--long` only."""


class Form:
    """The open dialog. Fields go by their ids: while a question stands over the form, roles do not
    reach it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.dialog = page.locator("[role=dialog]").filter(has=page.locator("#save"))
        self.name = page.locator("#name")
        self.expression = page.locator("#schedule")
        self.recipients = page.locator("#recipients")
        self.chips = page.locator(".chips .chip")
        self.question = page.get_by_role("alertdialog")

    @classmethod
    def new(cls, page: Page) -> "Form":
        page.locator("#new").click()
        return cls.opened(page, "New scheduled export")

    @classmethod
    def edit(cls, page: Page, name: str) -> "Form":
        page.get_by_role("button", name=f"Edit {name}", exact=True).click()
        return cls.opened(page, "Edit scheduled export")

    @classmethod
    def opened(cls, page: Page, title: str) -> "Form":
        form = cls(page)
        expect(form.dialog.get_by_role("heading", level=1)).to_have_text(title)
        expect(form.name).to_be_focused()
        return form

    def field(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    def error(self, name: str) -> Locator:
        return self.page.locator(f"#{name}-error")

    def choose(self, name: str, words: str) -> None:
        """In one of the drop-down fields."""
        self.field(name).select_option(label=words)

    def unfold(self, section: str) -> None:
        """A folded section: delivery, retries or missed."""
        fold = self.field(f"options-{section}")
        if not fold.evaluate("fold => fold.open"):
            fold.locator("summary").press("Enter")
        expect(fold.locator(".folded")).to_be_visible()

    def preset(self, label: str) -> Locator:
        return self.page.locator(f".presets label:has-text('{label}') input")

    def address(self, *addresses: str) -> None:
        """Type them into the recipients, each one ended by Enter."""
        for one in addresses:
            self.recipients.click()
            self.page.keyboard.type(one)
            self.page.keyboard.press("Enter")
            expect(self.chips.filter(has_text=one)).to_have_count(1)

    def shows_chips(self, *texts: str) -> None:
        expect(self.chips).to_have_text(list(texts))

    def save(self) -> None:
        """And wait until it is done."""
        self.field("save").click()
        self.is_closed()

    def is_open(self) -> None:
        expect(self.dialog).to_be_visible()

    def is_closed(self) -> None:
        expect(self.dialog).to_have_count(0)

    def close(self) -> None:
        self.page.get_by_role("button", name="Close the form").click()


def paste(field: Locator, text: str) -> None:
    """As the clipboard would."""
    field.focus()
    field.evaluate(
        """(element, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const options = { clipboardData: data, bubbles: true, cancelable: true };
            element.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        text,
    )


def stored(house: House, company: Company) -> list[dict[str, Any]]:
    """The tenant's scheduled exports as the database holds them, by name, with JSON read."""
    rows = house.rows(
        "SELECT * FROM scheduled_exports WHERE tenant_id = ? AND deleted_at IS NULL ORDER BY name",
        company.id,
    )
    return [
        row | {"recipients": json.loads(row["recipients"]), "filters": json.loads(row["filters"])}
        for row in rows
    ]


def the_one(house: House, company: Company) -> dict[str, Any]:
    (found,) = stored(house, company)
    return found


def options(page: Page) -> Locator:
    return page.locator("button.option")
