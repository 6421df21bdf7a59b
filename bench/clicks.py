"""From a click to its answer on the screen, measured by the page's own clock."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from bench.pages import PATH

ROW = "tr[data-id]"
PATIENCE = 10_000
"""Milliseconds any answer may take."""
SETTLE = 250
"""Milliseconds between two samples: what follows an answer (a refresh, a preview) must not be in
the next one."""

WARM = 2
"""Samples of each action that come first and are not counted."""


@dataclass(frozen=True)
class Answer:
    """When the event was and when its answer was seen, in milliseconds since 1970.

    came: when the last frame from the server came before the answer was seen; without one, the
    start.
    """

    start: float
    came: float
    end: float

    @property
    def took(self) -> float:
        return self.end - self.start

    @property
    def waiting(self) -> float:
        """For the server, with what a page waits before it asks."""
        return self.came - self.start

    @property
    def drawing(self) -> float:
        return self.end - self.came


Sample = Callable[[int], Awaitable[Answer]]
"""Does the action once more; the number counts them."""

# Before anything of the page runs: notes when frames come
NOTE_FRAMES = """() => {
  window.benchFrames = [];
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...values) {
      super(...values);
      this.addEventListener("message", () => window.benchFrames.push(performance.now()));
    }
  };
}"""

# The clock starts with the event, as the browser stamped it. It stops after the first frame that
# shows the answer: behind that frame's animation callbacks, as near to its paint as a page can get
ARM = """([kind, wanted]) => {
  const answered = (ANSWER);
  window.benchAnswer = new Promise((resolve, reject) => {
    let start = null;
    const begin = (event) => { start = event.timeStamp; };
    const end = () => {
      observer.disconnect();
      window.removeEventListener(kind, begin, true);
      clearTimeout(timer);
    };
    const look = () => {
      if (start === null || !answered(wanted)) return;
      const seen = performance.now();
      end();
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
          const end = performance.now();
          const came = window.benchFrames.splice(0).filter((at) => at >= start && at <= seen);
          resolve([start, came.at(-1) ?? start, end].map((at) => performance.timeOrigin + at));
        };
        channel.port2.postMessage(0);
      });
    };
    const observer = new MutationObserver(look);
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    observer.observe(document, all);
    const timer = setTimeout(() => { end(); reject(new Error(`no answer to ${kind}`)); }, PATIENCE);
    if (kind) window.addEventListener(kind, begin, true); else start = performance.now();
  });
}""".replace("PATIENCE", str(PATIENCE))
LISTED = """[...document.querySelectorAll("tr[data-id], tr[data-run]")]
    .map((row) => row.dataset.run ?? row.dataset.id).join()"""
ANSWERS = {
    "other rows": f"(before) => {{ const now = {LISTED}; return now !== before && now !== ''; }}",
    "found": """(text) => document.querySelector("tr[data-id] .name")?.textContent === text""",
    "picked": """([id, on]) => {
        const row = document.querySelector(`tr[data-id="${id}"]`);
        return row?.dataset.selected === String(on);
    }""",
    "off": """([id, off]) => {
        const row = document.querySelector(`tr[data-id="${id}"]`);
        return row?.classList.contains("off") === off;
    }""",
    "named": """([id, name]) => {
        const cell = document.querySelector(`tr[data-id="${id}"] .name`);
        return cell?.textContent === name;
    }""",
    "offered": """(title) => document.querySelector("#palette-0 .grow")?.textContent === title""",
    "there": """(selector) => document.querySelector(selector) !== null""",
    "gone": """(selector) => document.querySelector(selector) === null""",
    "filled": """(selector) => Boolean(document.querySelector(selector)?.value)""",
}


async def arm(page: Page, event: str, answer: str, wanted: Any) -> None:
    """From now on wait for the event (none: for nothing), then for the answer."""
    await page.evaluate(ARM.replace("ANSWER", ANSWERS[answer]), [event, wanted])


async def answered(page: Page) -> Answer:
    return Answer(*await page.evaluate("() => window.benchAnswer"))


class Clicks:
    """Actions of one page. path: its own."""

    path = PATH
    row = ROW
    """What is there when the page is."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def actions(self) -> dict[str, Sample]:
        """In this order: each leaves the page so that it can be done again."""
        raise NotImplementedError

    async def open(self) -> None:
        await self._page.goto(self.path)
        await self._page.locator(self.row).first.wait_for()
        await self._page.wait_for_timeout(4 * SETTLE)

    async def _timed(
        self, event: str, answer: str, wanted: Any, do: Callable[[], Awaitable[Any]]
    ) -> Answer:
        await arm(self._page, event, answer, wanted)
        await do()
        answer_seen = await answered(self._page)
        await self._page.wait_for_timeout(SETTLE)
        return answer_seen

    async def _rows_change(self, event: str, do: Callable[[], Awaitable[Any]]) -> Answer:
        listed = await self._page.evaluate(f"() => {LISTED}")
        return await self._timed(event, "other rows", listed, do)

    async def _close(self, layer: str) -> None:
        await self._page.keyboard.press("Escape")
        await self._page.locator(layer).wait_for(state="detached")
        await self._page.wait_for_timeout(SETTLE)


class List(Clicks):
    """The page of the scheduled exports. newest: the id of the schedule in its first line; count:
    of all."""

    def __init__(self, page: Page, newest: str, count: int) -> None:
        super().__init__(page)
        self._newest = newest
        self._count = count
        self._row = page.locator(f'tr[data-id="{newest}"]')

    def actions(self) -> dict[str, Sample]:
        return {
            "filter": self.filter,
            "sort": self.sort,
            "next page": self.turn,
            "search, from the last key": self.search,
            "select a row": self.pick,
            "pause or activate": self.toggle,
            "open the menu": self.open_menu,
            "close the menu": self.close_menu,
            "open the history": self.open_history,
            "open the form": self.open_form,
        }

    async def filter(self, number: int) -> Answer:
        value = ("campaign", "aggregate", "campaigns", "")[number % 4]
        return await self._rows_change(
            "change", lambda: self._page.select_option("#filter-type", value)
        )

    async def sort(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        return await self._rows_change(
            "click", self._page.get_by_role("button", name="Name", exact=True).click
        )

    async def turn(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        return await self._rows_change(
            "click", self._page.get_by_role("button", name="Next page").click
        )

    async def search(self, number: int) -> Answer:
        """The letters follow each other too fast for the page to ask in between."""
        name = f"Export {number * 97 % self._count:05}"
        field = self._page.locator("#search")
        await field.fill(name[:-1])
        await self._page.wait_for_timeout(2 * SETTLE)
        return await self._timed("keydown", "found", name, lambda: field.press(name[-1]))

    async def pick(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        on = await self._row.get_attribute("data-selected") != "true"
        return await self._timed(
            "click", "picked", [self._newest, on], self._row.locator(".tick").click
        )

    async def toggle(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        off = "off" not in (await self._row.get_attribute("class") or "").split()
        return await self._timed(
            "click", "off", [self._newest, off], self._row.locator(".switch").click
        )

    async def open_menu(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        took = await self._timed("pointerdown", "there", "[role=menu]", self._more)
        await self._page.keyboard.press("Escape")
        await self._page.locator("[role=menu]").wait_for(state="detached")
        return took

    async def close_menu(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        """Until it begins to fade."""
        await self._more()
        await self._page.locator("[role=menu]").wait_for()
        return await self._timed(
            "keydown",
            "gone",
            "[role=menu][data-state=open]",
            lambda: self._page.keyboard.press("Escape"),
        )

    async def _more(self) -> None:
        await self._row.get_by_role("button", name="More for").click()

    async def open_history(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        opened = self._row.locator('[title^="History of"]').click
        return await self._dialog("there", "[data-run]", opened)

    async def open_form(self, number: int) -> Answer:  # noqa: ARG002 (`Sample` calls each with a number)
        return await self._dialog("filled", "#name", self._row.locator('[title^="Edit"]').click)

    async def _dialog(self, answer: str, wanted: str, do: Callable[[], Awaitable[Any]]) -> Answer:
        took = await self._timed("click", answer, wanted, do)
        await self._close("[role=dialog]")
        return took


async def measure(pages: Iterable[Clicks], samples: int) -> dict[str, list[Answer]]:
    """Every sample, by action."""
    took: dict[str, list[Answer]] = {}
    for page in pages:
        for name, do in page.actions().items():
            await page.open()
            took[name] = [await do(number) for number in range(samples + WARM)][WARM:]
    return took
