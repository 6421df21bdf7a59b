"""When open pages look again, and how many at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.services.core.change_events import Change, Topic
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.live import GAP, GROUP, RESERVE, SHARE, Live, until_half_hour
from tests import virtual_time


@pytest.mark.parametrize(
    ("now", "wanted"),
    [(0.0, 1800.1), (1.0, 1799.1), (1799.0, 1.1), (1800.0, 1800.1), (5399.95, 0.15)],
)
def test_just_after_the_next_half_hour(now: float, wanted: float) -> None:
    assert until_half_hour(now) == pytest.approx(wanted, abs=0.001)


COST = 0.02
"""Seconds that the pages of a group take, one after another."""


class App:
    """Takes refreshes as Reflex does, and works them off one after another."""

    def __init__(self, tokens: list[str]) -> None:
        self.event_namespace = SimpleNamespace(token_to_sid=dict.fromkeys(tokens, "sid"))
        self.event_processor = self
        self.begun: list[tuple[float, str]] = []
        self.most_at_once = 0
        self.hanging: set[str] = set()
        self.work = 0.0
        self._running = 0
        self._one = asyncio.Lock()

    async def enqueue(self, token: str, event: Any) -> "asyncio.Task[None]":
        assert event.name == "refresh"
        return asyncio.create_task(self._refresh(token))

    async def _refresh(self, token: str) -> None:
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        self.begun.append((asyncio.get_running_loop().time(), token))
        if token in self.hanging:
            await asyncio.sleep(600)
        async with self._one:
            await asyncio.sleep(COST)
            self.work += COST
        self._running -= 1

    def refreshes(self) -> Counter[str]:
        return Counter(token for _, token in self.begun)


class House:
    def __init__(self, pages: int) -> None:
        self.tokens = [f"page-{number}" for number in range(pages)]
        self.app = App(self.tokens)
        self.live = Live()
        self.live.refreshers = frozenset({"refresh"})
        who = Principal("ann", roles={"acme": Role.ADMIN})
        for token in self.tokens:
            self.live.seen(token, "refresh", Actor(who, "a session", "acme"))

    def change(self) -> None:
        self.live._note(Change(Topic.RUNS, "acme"))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        pump = asyncio.create_task(self.live._pump(self.app))  # type: ignore[arg-type]
        try:
            yield
        finally:
            pump.cancel()


def test_a_change_refreshes_each_page_once_and_few_at_once() -> None:
    async def story() -> None:
        house = House(50)
        async with house.open():
            house.change()
            await asyncio.sleep(20)
        assert house.app.refreshes() == dict.fromkeys(house.tokens, 1)
        assert house.app.most_at_once <= GROUP

    virtual_time.run(story())


def test_a_few_pages_are_refreshed_at_once() -> None:
    async def story() -> None:
        house = House(40)
        async with house.open():
            began = asyncio.get_running_loop().time()
            house.change()
            await asyncio.sleep(20)
        assert house.app.begun[-1][0] - began < RESERVE + 0.2

    virtual_time.run(story())


def test_pages_that_change_all_the_time_take_a_part_of_the_time_only() -> None:
    async def story() -> None:
        house, seconds = House(200), 120
        async with house.open():
            for _ in range(seconds * 10):
                house.change()
                await asyncio.sleep(0.1)
        assert house.app.work <= seconds * SHARE + RESERVE + GROUP * COST
        assert house.app.work >= seconds * SHARE * 0.8
        counts = house.app.refreshes()
        assert max(counts.values()) - min(counts.values()) <= 1  # each page has its turn

    virtual_time.run(story())


def test_what_changes_while_a_page_is_refreshed_is_shown_too() -> None:
    async def story() -> None:
        house = House(1)
        async with house.open():
            house.change()
            await asyncio.sleep(GAP + COST / 2)
            house.change()
            await asyncio.sleep(5)
        assert house.app.refreshes() == {"page-0": 2}

    virtual_time.run(story())


def test_a_page_that_hangs_does_not_hold_up_the_others() -> None:
    async def story() -> None:
        house = House(30)
        house.app.hanging = {"page-3"}
        async with house.open():
            house.change()
            await asyncio.sleep(60)
            house.change()
            await asyncio.sleep(60)
        counts = house.app.refreshes()
        assert counts.pop("page-3") == 1
        assert counts == dict.fromkeys(set(house.tokens) - {"page-3"}, 2)

    virtual_time.run(story())


def test_a_page_knows_its_group_while_it_is_refreshed_and_not_afterwards() -> None:
    async def story() -> None:
        house = House(1)
        async with house.open():
            assert house.live.group_of("page-0") is None
            house.change()
            while not house.app.begun:  # noqa: ASYNC110 (virtual time)
                await asyncio.sleep(0.001)
            assert house.live.group_of("page-0") is not None
            await asyncio.sleep(1)
            assert house.live.group_of("page-0") is None
            house.live.left("page-0")
            assert house.live.group_of("page-0") is None

    virtual_time.run(story())
