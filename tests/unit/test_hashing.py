"""Nobody takes all threads by having passwords hashed."""

import threading
from contextlib import ExitStack

import pytest

from exports_app.domain.errors import TooManyRequests
from exports_app.services import passwords, request_context
from exports_app.services.hashing import WAITING, WAITING_PER_NETWORK, Hashing
from exports_app.services.request_context import RequestContext


def refused(limit: Hashing, address: str) -> bool:
    with request_context.use(RequestContext(address, "")):
        try:
            with limit.place():
                return False
        except TooManyRequests:
            return True


def hold(limit: Hashing, stack: ExitStack, address: str, count: int) -> None:
    with request_context.use(RequestContext(address, "")):
        for _ in range(count):
            stack.enter_context(limit.place())


def test_one_network_takes_a_part_of_the_places() -> None:
    limit = Hashing(at_once=WAITING)
    with ExitStack() as held:
        hold(limit, held, "192.0.2.7", WAITING_PER_NETWORK)
        assert refused(limit, "192.0.2.7")
        assert not refused(limit, "192.0.2.8")
    assert not refused(limit, "192.0.2.7")


def test_many_networks_leave_threads_to_everybody_else() -> None:
    limit = Hashing(at_once=WAITING)
    with ExitStack() as held:
        for number in range(WAITING // WAITING_PER_NETWORK):
            hold(limit, held, f"198.51.100.{number}", WAITING_PER_NETWORK)
        assert refused(limit, "192.0.2.8")
    assert not limit._waiting


def test_only_so_many_are_hashed_at_a_time() -> None:
    limit, begun = Hashing(at_once=1), threading.Event()

    def second() -> None:
        with request_context.use(RequestContext("192.0.2.8", "")), limit.place():
            begun.set()

    with ExitStack() as held:
        hold(limit, held, "192.0.2.7", 1)
        thread = threading.Thread(target=second)
        thread.start()
        assert not begun.wait(0.05)
    assert begun.wait(10)
    thread.join()


def test_the_command_line_has_no_limit() -> None:
    limit = Hashing(at_once=1)
    with ExitStack() as held:
        for _ in range(WAITING + 1):
            held.enter_context(limit.place())


def test_a_new_password_asks_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports_app.services.hashing.WAITING", 0)
    with request_context.use(RequestContext("192.0.2.7", "")), pytest.raises(TooManyRequests):
        passwords.hash_password("a password")
