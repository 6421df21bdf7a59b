"""Which endpoints get a thread, while receivers take their time."""

import threading
from collections.abc import Callable, Collection, Iterator

import pytest

from exports_app.engine.webhook_sender import FOR_FAILING, OF_A_TENANT, THREADS, WebhookSender
from exports_app.services.core.records import DueEndpoint
from tests.world import DEADLINE


class Sending:
    """Each endpoint has one message, which is on its way until the test lets its receiver
    answer. failing: the endpoints whose last attempt failed."""

    def __init__(self, *waiting: tuple[str, str]) -> None:
        self._waiting = list(waiting)
        self.failing: set[str] = set()
        self._changed = threading.Condition()
        self._answered: set[str] = set()
        self.on_the_way: list[str] = []

    def due(self, busy: Collection[str], full: Collection[str]) -> list[DueEndpoint]:
        with self._changed:
            return [
                DueEndpoint(webhook, tenant, webhook in self.failing)
                for webhook, tenant in self._waiting
                if webhook not in busy and tenant not in full
            ]

    def send_due(self, webhook_id: str, stopped: Callable[[], bool]) -> int:
        assert not stopped()
        with self._changed:
            self.on_the_way.append(webhook_id)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: webhook_id in self._answered, DEADLINE)
            self._waiting = [one for one in self._waiting if one[0] != webhook_id]
            self.on_the_way.remove(webhook_id)
            self._changed.notify_all()
        return 1

    def answer(self, *webhook_ids: str) -> None:
        with self._changed:
            self._answered.update(webhook_ids)
            self._changed.notify_all()

    def until(self, *on_the_way: str) -> None:
        with self._changed:
            wanted = sorted(on_the_way)
            assert self._changed.wait_for(lambda: sorted(self.on_the_way) == wanted, DEADLINE)


@pytest.fixture
def made() -> Iterator[Callable[..., tuple[Sending, WebhookSender]]]:
    begun: list[Sending] = []

    def make(*waiting: tuple[str, str]) -> tuple[Sending, WebhookSender]:
        sending = Sending(*waiting)
        begun.append(sending)
        return sending, WebhookSender(sending, threading.Event())  # type: ignore[arg-type]

    yield make
    for sending in begun:
        sending.answer(*(webhook for webhook, _ in sending._waiting))
        sending.until()


def test_slow_endpoints_of_a_tenant_leave_room_for_others(made: Callable[..., tuple]) -> None:
    slow = [(f"slow {n}", "a") for n in range(OF_A_TENANT + 2)]
    sending, sender = made(*slow, ("quick", "b"))
    sender.start()
    first = [webhook for webhook, _ in slow[:OF_A_TENANT]]
    sending.until(*first, "quick")
    sender.start()  # none gets a second thread
    sending.until(*first, "quick")
    sending.answer("quick")
    sending.until(*first)


def test_there_are_no_more_threads_than_the_most(made: Callable[..., tuple]) -> None:
    sending, sender = made(*((f"{n}", f"tenant {n}") for n in range(THREADS + 3)))
    sender.start()
    sending.until(*(f"{n}" for n in range(THREADS)))
    sender.start()
    assert len(sender._busy) == THREADS


def test_failing_endpoints_leave_threads_to_those_that_answer(
    made: Callable[..., tuple],
) -> None:
    failing = [f"failing {n}" for n in range(THREADS)]
    sending, sender = made(*((one, f"tenant of {one}") for one in failing), ("quick", "b"))
    sending.failing = set(failing)
    sender.start()
    sending.until(*failing[:FOR_FAILING], "quick")


def test_nothing_is_begun_once_the_engine_stops() -> None:
    closing = threading.Event()
    closing.set()
    sender = WebhookSender(Sending(("one", "a")), closing)  # type: ignore[arg-type]
    sender.start()
    assert sender._busy == {}
