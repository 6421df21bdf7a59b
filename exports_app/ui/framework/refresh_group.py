"""Pages that the server refreshes together. What several ask for is read once, and what each asks
for itself is read in one thread.

`services/core/request_coalescing.py` shares readings among everyone who may see them; each page
still needs a thread to ask. Here pages share the answer itself: those of one session, with the same
rights, every answer; those of one tenant what does not depend on who asks.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from exports_app.services.core import request_coalescing
from exports_app.services.core.request_coalescing import GROUP_SECONDS
from exports_app.ui.framework.threads import in_thread

TOGETHER_SECONDS = 0.1
"""An answer that is there is given after so long, though others are still read."""

T = TypeVar("T")


@dataclass
class _Answer:
    asked: Any
    at: float
    coming: "asyncio.Future[Any]"

    def is_to(self, asked: Any) -> bool:
        return self.asked == asked and time.monotonic() - self.at < GROUP_SECONDS


@dataclass
class _Question:
    """Of one page, asked in the context of its event."""

    context: Context
    ask: Callable[[], Any]
    answer: "asyncio.Future[Any]"

    def give(self, result: Any, error: BaseException | None) -> None:
        if self.answer.done():  # its page was closed
            return
        if error is None:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(error)


@dataclass(eq=False)
class Group:
    """since: when it began, by time.monotonic(). Used on the event loop only."""

    since: float
    _answers: dict[Hashable, list[_Answer]] = field(default_factory=dict, repr=False)
    _questions: dict[Hashable, list[_Question]] = field(default_factory=dict, repr=False)
    """Of each kind, that wait for their turn."""
    _tasks: dict[Hashable, asyncio.Task[None]] = field(default_factory=dict, repr=False)
    """Of each kind, while its questions are answered."""

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

    async def together(self, kind: Hashable, ask: Callable[[], T]) -> T:
        """What `ask` returns, or raises. It is called in a thread; what pages of the group ask of
        this kind while one is at work is asked there in turn, so a kind is of one tenant only:
        another one's slow query must not keep a page waiting."""
        answer = asyncio.get_running_loop().create_future()
        waiting = self._questions.setdefault(kind, [])
        waiting.append(_Question(copy_context(), ask, answer))
        if kind not in self._tasks:  # its own: the page may be closed meanwhile
            self._tasks[kind] = asyncio.create_task(self._answer(kind))
        return cast(T, await answer)

    async def _answer(self, kind: Hashable) -> None:
        waiting = self._questions[kind]
        try:
            while waiting:
                questions, waiting[:] = waiting[:], []
                await _answer_all(questions)
        finally:
            del self._tasks[kind]


async def _answer_all(questions: list[_Question]) -> None:
    """Each soon after its answer is there: several at once, since a page that goes on while others
    are still read takes turns with the thread that reads, and all of them end later."""
    answered = deque[tuple[_Question, Any, Exception | None]]()

    def ask_each() -> None:
        for question in questions:
            try:
                answered.append((question, question.context.run(question.ask), None))
            except Exception as e:  # noqa: BLE001  (raised for the page that asked)
                answered.append((question, None, e))

    asking = asyncio.ensure_future(in_thread(ask_each))
    while not asking.done():
        await asyncio.wait({asking}, timeout=TOGETHER_SECONDS)
        while answered:
            question, result, error = answered.popleft()
            question.give(result, error)
    if not_asked := asking.exception():  # there was no thread; all who wait are told
        for question in questions:
            question.give(None, not_asked)


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
