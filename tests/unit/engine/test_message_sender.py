"""The app's own messages, while the mail server takes its time."""

import threading
from collections.abc import Iterator

import pytest

from exports_app.engine.message_sender import ACCOUNT_THREADS, MessageSender
from tests.world import DEADLINE


class Outbox:
    """Messages, each of which is on its way until the test lets the mail server answer."""

    def __init__(self, count: int = 0) -> None:
        self._waiting = count
        self._changed = threading.Condition()
        self._answered = threading.Event()
        self.on_the_way = 0
        self.accepted = 0

    def due(self) -> bool:
        with self._changed:
            return self._waiting > 0

    def send_due(self) -> int:
        with self._changed:
            if not self._waiting:
                return 0
            self._waiting -= 1
            self.on_the_way += 1
            self._changed.notify_all()
        assert self._answered.wait(2 * DEADLINE)
        with self._changed:
            self.on_the_way -= 1
            self.accepted += 1
            self._changed.notify_all()
        return 1

    def answer(self) -> None:
        self._answered.set()

    def until(self, *, on_the_way: int = 0, accepted: int = 0) -> None:
        with self._changed:
            reached = self._changed.wait_for(
                lambda: (self.on_the_way, self.accepted) == (on_the_way, accepted), DEADLINE
            )
            assert reached, f"{self.on_the_way} on the way, {self.accepted} accepted"


@pytest.fixture
def account() -> Iterator[Outbox]:
    outbox = Outbox(ACCOUNT_THREADS + 2)
    yield outbox
    outbox.answer()


@pytest.fixture
def notices() -> Iterator[Outbox]:
    outbox = Outbox(3)
    yield outbox
    outbox.answer()


def test_messages_about_accounts_wait_neither_for_notices_nor_all_for_a_slow_one(
    account: Outbox, notices: Outbox
) -> None:
    sender = MessageSender(account, notices, threading.Event())
    for cycle in range(ACCOUNT_THREADS + 2):
        sender.start()
        account.until(on_the_way=min(cycle + 1, ACCOUNT_THREADS))
        notices.until(on_the_way=1)
    account.answer()
    account.until(accepted=ACCOUNT_THREADS + 2)
    notices.until(on_the_way=1)
    notices.answer()
    notices.until(accepted=3)


def test_nothing_is_begun_once_the_engine_stops(account: Outbox, notices: Outbox) -> None:
    closing = threading.Event()
    closing.set()
    MessageSender(account, notices, closing).start()
    assert (account.on_the_way, notices.on_the_way) == (0, 0)
