"""Nobody takes all threads by having passwords hashed."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from exports_app.domain.errors import Busy
from exports_app.services.core import request_context
from exports_app.services.core.request_context import RequestContext
from exports_app.services.identity import passwords
from exports_app.services.identity.password_hashing import (
    PER_ACCOUNT,
    PER_NETWORK,
    PLACES,
    Hashing,
    Queue,
    _caller,
)
from tests.world import DEADLINE

HOME = "203.0.113.7"


def refused(limit: Hashing, address: str, account: str = "", *, known: bool = False) -> bool:
    with request_context.use(RequestContext(address)):
        try:
            with limit._changed:
                limit._join(
                    caller := _caller(address, account, Queue.KNOWN if known else Queue.STRANGERS)
                )
        except Busy:
            return True
    limit._callers.remove(caller)
    return False


def hold(
    limit: Hashing,
    stack: ExitStack,
    address: str,
    count: int = 1,
    account: str = "",
    *,
    known: bool = False,
) -> None:
    with request_context.use(RequestContext(address)):
        for _ in range(count):
            stack.enter_context(limit.place(account, known=known))


@pytest.fixture
def limit() -> Hashing:
    return Hashing(at_once=100)


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_strangers_in_one_network_take_a_part_of_the_places(
    limit: Hashing, held: ExitStack
) -> None:
    hold(limit, held, "192.0.2.7", PER_NETWORK)
    assert refused(limit, "192.0.2.7")
    assert not refused(limit, "192.0.2.8")


def test_strangers_in_a_large_ipv6_network_take_a_part_of_the_places(
    limit: Hashing, held: ExitStack
) -> None:
    hold(limit, held, "2001:db8:0:1::1", 4)
    hold(limit, held, "2001:db8:0:2::1", 2)
    assert refused(limit, "2001:db8:0:3::1")
    hold(limit, held, "2001:db8:0:100::1", 2)
    assert refused(limit, "2001:db8:0:200::1")
    assert not refused(limit, "2001:db8:1::1")


def test_one_account_takes_two_places_of_each_queue(limit: Hashing, held: ExitStack) -> None:
    for known in (True, False):
        for number in range(PER_ACCOUNT):
            hold(limit, held, f"192.0.2.{number}", account="insider@example.com", known=known)
        assert refused(limit, "192.0.2.9", "insider@example.com", known=known)
        assert not refused(limit, "192.0.2.9", "owner@example.com", known=known)


def test_strangers_take_no_place_of_people_who_are_known(limit: Hashing, held: ExitStack) -> None:
    for number in range(PLACES[Queue.STRANGERS]):
        hold(limit, held, f"198.51.100.{number}", account=f"made-up-{number}@example.com")
    assert refused(limit, HOME, "owner@example.com")
    assert not refused(limit, HOME, "owner@example.com", known=True)


def test_the_newest_of_the_largest_group_makes_room(held: ExitStack) -> None:
    limit = Hashing(at_once=1)
    hold(limit, held, "198.51.100.1")
    flood = [
        _caller(f"198.51.100.{i % 3}", "", Queue.STRANGERS)
        for i in range(PLACES[Queue.STRANGERS] - 1)
    ]
    for caller in flood:
        limit._join(caller)
    largest = [caller for caller in flood if caller.group == "198.51.100.1"]
    assert not refused(limit, HOME)
    assert [caller for caller in flood if caller.displaced] == largest[-1:]


def test_the_queues_take_turns(held: ExitStack) -> None:
    limit = Hashing(at_once=1)
    queued = [_caller(f"198.51.100.{i}", "", Queue.STRANGERS) for i in range(5)]
    owner = _caller(HOME, "owner@example.com", Queue.KNOWN)
    for caller in (*queued, owner):
        limit._join(caller)
    assert [caller for caller in (*queued, owner) if limit._turn(caller)] == [owner]
    limit._last = Queue.KNOWN
    assert [caller for caller in (*queued, owner) if limit._turn(caller)] == queued[:1]


def test_only_so_many_are_hashed_at_a_time() -> None:
    limit, begun = Hashing(at_once=1), threading.Event()

    def second() -> None:
        with request_context.use(RequestContext("192.0.2.8", "")), limit.place():
            begun.set()

    with ExitStack() as held:
        hold(limit, held, "192.0.2.7")
        thread = threading.Thread(target=second)
        thread.start()
        assert not begun.wait(0.05)
    assert begun.wait(10)
    thread.join()
    assert not limit._callers


def test_who_is_displaced_is_told_to_come_back() -> None:
    limit = Hashing(at_once=1)
    answers = list[str]()
    begun = threading.Event()

    def sign_in(address: str) -> None:
        with request_context.use(RequestContext(address)):
            try:
                with limit.place():
                    answers.append("hashed")
            except Busy as e:
                answers.append(f"wait {e.retry_after}")
                begun.set()

    with ExitStack() as held:
        hold(limit, held, "192.0.2.9")
        threads = [
            threading.Thread(target=sign_in, args=(f"192.0.2.{i % 3}",))
            for i in range(PLACES[Queue.STRANGERS] - 1)
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + DEADLINE
        while len(limit._callers) < PLACES[Queue.STRANGERS]:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        owner = threading.Thread(target=sign_in, args=(HOME,))
        owner.start()
        assert begun.wait(10)
    for thread in (*threads, owner):
        thread.join()
    assert sorted(answers) == ["hashed"] * len(threads) + ["wait 1"]


def test_the_command_line_has_no_limit() -> None:
    limit = Hashing(at_once=1)
    with ExitStack() as held:
        for _ in range(PLACES[Queue.STRANGERS] + 1):
            held.enter_context(limit.place())


def test_a_new_password_asks_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLACES, Queue.KNOWN, 0)
    with request_context.use(RequestContext("192.0.2.7", "")), pytest.raises(Busy):
        passwords.hash_password("a password", "owner@example.com")
