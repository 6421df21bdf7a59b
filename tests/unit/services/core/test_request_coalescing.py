"""Which readings are shared: for a moment by all who ask, and in a group of pages by all of it."""

from collections.abc import Iterator

import pytest

from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.request_coalescing import RequestCoalescing, begin_group, in_group

TENANT = "acme"


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("time.monotonic", made)
    return made


@pytest.fixture(autouse=True)
def nobodys_group() -> Iterator[None]:
    yield
    begin_group(None)


class Shown:
    """A view, read through the coalescing, and how often it was."""

    def __init__(self, kept: float = 0.25) -> None:
        self.changes = Changes()
        self.readings: RequestCoalescing[int] = RequestCoalescing(self.changes, kept)
        self.count = 0

    def read(self) -> int:
        return self.readings.get(TENANT, "the view", self._read)

    def _read(self) -> int:
        self.count += 1
        return self.count

    def change(self, tenant_id: str = TENANT) -> None:
        self.changes.publish(Change(Topic.RUNS, tenant_id))


def test_who_asks_gets_nothing_from_before_a_change(clock: Clock) -> None:
    shown = Shown()
    assert [shown.read(), shown.read()] == [1, 1]
    shown.change("another tenant")
    assert shown.read() == 1
    shown.change()
    assert [shown.read(), shown.read()] == [2, 2]
    clock.now += 0.3  # other processes' changes are not heard here
    assert shown.read() == 3


def test_a_group_reads_once_whatever_changes_meanwhile(clock: Clock) -> None:
    shown = Shown()
    shown.read()
    clock.now += 0.1
    begin_group(clock.now)
    assert in_group()
    shown.change()
    assert shown.read() == 2
    clock.now += 0.5
    shown.change()
    assert [shown.read(), shown.read()] == [2, 2]
    clock.now += 0.1
    begin_group(clock.now)  # the next one, which is due to that change
    assert shown.read() == 3


def test_a_group_takes_no_reading_from_before_it_that_may_have_changed(clock: Clock) -> None:
    shown = Shown()
    shown.read()
    shown.change()
    clock.now += 0.1
    begin_group(clock.now)
    assert shown.read() == 2


def test_who_asks_does_not_get_what_a_group_still_shares(clock: Clock) -> None:
    shown = Shown()
    begin_group(clock.now)
    shown.read()
    shown.change()
    assert shown.read() == 1
    begin_group(None)
    assert shown.read() == 2


def test_a_group_shares_for_some_time_only(clock: Clock) -> None:
    shown = Shown()
    begin_group(clock.now)
    shown.read()
    clock.now += 3
    assert shown.read() == 2
