"""Pages that the server refreshes together. What several of one session ask for is read once.

`services/core/request_coalescing.py` shares readings among everyone who may see them; each page
still needs a thread to ask. Here the pages of one session, with the same rights, share the answer
itself.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from exports_app.services.core import request_coalescing
from exports_app.services.core.request_coalescing import GROUP_SECONDS

T = TypeVar("T")


@dataclass
class _Answer:
    asked: Any
    at: float
    coming: "asyncio.Future[Any]"

    def is_to(self, asked: Any) -> bool:
        return self.asked == asked and time.monotonic() - self.at < GROUP_SECONDS


@dataclass(eq=False)
class Group:
    """since: when it began, by time.monotonic(). Used on the event loop only."""

    since: float
    _answers: dict[Hashable, list[_Answer]] = field(default_factory=dict)

    async def share(self, key: Hashable, asked: Any, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` returns, or did for another page with an equal key and question. Raises what
        it raises; an error is shared only with those who wait for it already."""
        answers = self._answers.setdefault(key, [])
        answer = next((a for a in answers if a.is_to(asked)), None)
        if answer is None:
            # A task of its own: others wait for it, though its page may be closed meanwhile
            answer = _Answer(asked, time.monotonic(), asyncio.ensure_future(_awaited(ask)))
            answers.append(answer)
            answer.coming.add_done_callback(lambda coming: _forget_failed(answers, coming))
        return cast(T, await asyncio.shield(answer.coming))


async def _awaited(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()


def _forget_failed(answers: list[_Answer], coming: "asyncio.Future[Any]") -> None:
    if coming.cancelled() or coming.exception() is not None:
        answers[:] = [answer for answer in answers if answer.coming is not coming]


_current: ContextVar[Group | None] = ContextVar("refresh_group", default=None)


def begin(group: Group | None) -> None:
    """For the rest of this task: the page is refreshed in this group; None: someone asked for
    it."""
    _current.set(group)
    request_coalescing.begin_group(group.since if group else None)


def current() -> Group | None:
    return _current.get()
