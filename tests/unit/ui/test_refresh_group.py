"""What pages that are refreshed together share."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from exports_app.domain.errors import Overloaded
from exports_app.services.core.request_coalescing import GROUP_SECONDS
from exports_app.ui.framework import refresh_group
from exports_app.ui.framework.refresh_group import Group


class Asked:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.count = 0
        self.may_answer = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> int:
        self.count += 1
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return self.count


def test_equal_questions_of_a_group_are_asked_once() -> None:
    async def story() -> None:
        group, asked = Group(0.0), Asked()
        asked.may_answer.set()
        pages = [group.share("ann", {"q": "a"}, asked) for _ in range(3)]
        assert await asyncio.gather(*pages) == [1, 1, 1]
        assert await group.share("ann", {"q": "b"}, asked) == 2
        assert await group.share("bob", {"q": "a"}, asked) == 3
        assert await group.share("ann", {"q": "a"}, asked) == 1
        assert await Group(0.0).share("ann", {"q": "a"}, asked) == 4

    asyncio.run(story())


def test_a_page_that_is_closed_does_not_take_the_answer_from_the_others() -> None:
    async def story() -> None:
        group, asked = Group(0.0), Asked()
        first, second = (asyncio.create_task(group.share("ann", "", asked)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        asked.may_answer.set()
        assert await second == 1
        assert first.cancelled()

    asyncio.run(story())


def test_an_error_is_shared_only_with_those_who_wait_for_it() -> None:
    async def story() -> None:
        group, asked = Group(0.0), Asked()
        asked.error = ValueError("away")
        pages = [asyncio.create_task(group.share("ann", "", asked)) for _ in range(2)]
        asked.may_answer.set()
        for page in pages:
            with pytest.raises(ValueError, match="away"):
                await page
        asked.error = None
        assert await group.share("ann", "", asked) == 2

    asyncio.run(story())


def test_an_answer_is_shared_for_some_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        now = 1_000.0
        monkeypatch.setattr("exports_app.ui.framework.refresh_group.time.monotonic", lambda: now)
        group, asked = Group(now), Asked()
        asked.may_answer.set()
        await group.share("ann", "", asked)
        now += GROUP_SECONDS - 0.1
        assert await group.share("ann", "", asked) == 1
        now += 0.1
        assert await group.share("ann", "", asked) == 2

    asyncio.run(story())


ASKS: ContextVar[str] = ContextVar("asks", default="")


def test_what_pages_ask_at_the_same_time_is_asked_in_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = list[str]()

    async def in_thread(work: Callable[[], None]) -> None:
        threads.append("")
        await asyncio.to_thread(work)

    async def page(group: Group, name: str) -> str:
        ASKS.set(name)
        return await group.together("name", _who_asks)

    async def story() -> None:
        group = Group(0.0)
        names = ["ann", "", "bob", "cleo"]
        answers = await asyncio.gather(
            *(page(group, name) for name in names), return_exceptions=True
        )
        assert [str(answer) for answer in answers] == ["ann", "nobody", "bob", "cleo"]
        assert isinstance(answers[1], LookupError), "an error is of the page that asked"
        assert await page(group, "dora") == "dora"

    monkeypatch.setattr(refresh_group, "in_thread", in_thread)
    asyncio.run(story())
    assert len(threads) == 2


def _who_asks() -> str:
    if not ASKS.get():
        raise LookupError("nobody")
    return ASKS.get()


def test_nobody_waits_for_the_answers_to_others() -> None:
    async def in_thread(work: Callable[[], None]) -> None:
        await asyncio.to_thread(work)

    async def story() -> None:
        group, may_end = Group(0.0), threading.Event()
        quick = asyncio.create_task(group.together("name", lambda: "quick"))
        slow = asyncio.create_task(group.together("name", lambda: may_end.wait(10)))
        assert await quick == "quick"
        assert not slow.done()
        may_end.set()
        assert await slow is True

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(refresh_group, "in_thread", in_thread)
        asyncio.run(story())


def test_all_who_wait_are_told_that_there_is_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async def in_thread(*_: Any) -> Any:
        raise Overloaded

    async def story() -> None:
        group = Group(0.0)
        pages = [group.together("name", _who_asks) for _ in range(2)]
        answers = await asyncio.gather(*pages, return_exceptions=True)
        assert [type(answer) for answer in answers] == [Overloaded, Overloaded]

    monkeypatch.setattr(refresh_group, "in_thread", in_thread)
    asyncio.run(story())
