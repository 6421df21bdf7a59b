"""Clicks of the other pages: the runs, the history of a schedule with many runs, saved views, and
the palette."""

from playwright.async_api import Page

from bench.clicks import SETTLE, Answer, Clicks, Sample
from bench.company import VIEW

RUN = "tr[data-run]"


class Runs(Clicks):
    """The page of all runs."""

    path = "/runs"
    row = RUN

    def actions(self) -> dict[str, Sample]:
        return {
            "runs: open the page": self.arrive,
            "runs: filter": self.filter,
            "runs: next page": self.turn,
        }

    async def arrive(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        """From the list. The way back is not measured."""
        await self._page.locator(".page-top").get_by_role("link", name="Scheduled exports").click()
        await self._page.locator(super().row).first.wait_for()
        await self._page.wait_for_timeout(SETTLE)
        link = self._page.locator(".page-top").get_by_role("link", name="All runs")
        return await self._timed("click", "there", RUN, link.click)

    async def filter(self, number: int) -> Answer:
        value = ("failed", "partial", "completed", "")[number % 4]
        return await self._rows_change(
            "change", lambda: self._page.select_option("#filter-status", value)
        )

    async def turn(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        return await self._rows_change(
            "click", self._page.get_by_role("button", name="Older").click
        )


class History(Clicks):
    """The history of the newest schedule, which has many runs."""

    def __init__(self, page: Page, newest: str) -> None:
        super().__init__(page)
        self._row = page.locator(f'tr[data-id="{newest}"]')

    def actions(self) -> dict[str, Sample]:
        return {"history: next page": self.turn}

    async def open(self) -> None:
        await super().open()
        await self._row.locator('[title^="History of"]').click()
        await self._page.locator(RUN).first.wait_for()
        await self._page.wait_for_timeout(SETTLE)

    async def turn(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        older = self._page.get_by_role("dialog").get_by_role("button", name="Older")
        return await self._rows_change("click", older.click)


class Header(Clicks):
    """Saved views and the palette, on the list."""

    def __init__(self, page: Page, count: int) -> None:
        super().__init__(page)
        self._count = count

    def actions(self) -> dict[str, Sample]:
        return {
            "open a saved view": self.choose,
            "open the palette": self.open_palette,
            "palette: search, from the last key": self.search,
        }

    async def choose(self, number: int) -> Answer:
        await self._page.locator("#views").click()
        view = self._page.get_by_role("menuitem", name=("All", VIEW)[number % 2 == 0])
        await view.wait_for()
        return await self._rows_change("click", view.click)

    async def open_palette(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        took = await self._timed("keydown", "there", "#palette-0", self._press)
        await self._close("dialog.palette")
        return took

    async def search(self, number: int) -> Answer:
        """The letters follow each other too fast for the page to ask in between."""
        name = f"Export {number * 97 % self._count:05}"
        await self._press()
        await self._page.locator("#palette-0").wait_for()
        field = self._page.locator(".palette-input")
        await field.fill(name[:-3])
        await self._page.wait_for_timeout(2 * SETTLE)
        for letter in name[-3:-1]:
            await field.press(letter)
        took = await self._timed("keydown", "offered", name, lambda: field.press(name[-1]))
        await self._close("dialog.palette")
        return took

    async def _press(self) -> None:
        await self._page.keyboard.press("Control+k")
