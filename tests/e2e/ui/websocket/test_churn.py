"""Many pages that come and go: what the serving process holds afterwards, seen from outside."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.e2e.client import wait_until
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.wire import HYDRATE_AND_LOAD, Wire

ROUNDS = 4
PAGES = 50
POOL = 32
"""Threads for the pages' calls: as many stay as were ever needed at once, up to this. A leak would
be one for each page, 200."""
BYTES_OF_A_STATE = 250_000
"""Generous: a closed tab's state is kept for half an hour."""


@pytest.mark.long
def test_pages_that_come_and_go_leave_nothing_behind(house: House, company: Company) -> None:
    house.schedule(company, "Always there")
    process, cookie = Path(f"/proc/{_worker(house)}"), house.cookie(company.admin)
    with Wire(house.url, cookie) as watching:
        watching.load()
        _come_and_go(house, cookie)  # warms up threads, pools and caches
        files = _files(process)
        threads = _threads(process)
        memory = _memory(process)
        for number in range(ROUNDS):
            _come_and_go(house, cookie)
            house.schedule(company, f"Change {number}")
            watching.until(f"Change {number}")  # the push still reaches who is there
        wait_until("the files are closed", lambda: _files(process) <= files + 3, 15)
        assert _threads(process) <= threads + POOL
        assert _memory(process) - memory < ROUNDS * PAGES * BYTES_OF_A_STATE


def _come_and_go(house: House, cookie: str) -> None:
    """So many pages at once that load and leave, every other one without a goodbye."""
    with ExitStack() as held:
        wires = [held.enter_context(Wire(house.url, cookie)) for _ in range(PAGES)]
        for wire in wires:
            wire.send(HYDRATE_AND_LOAD)
        for wire in wires:
            wire.until("Always there")
        for wire in wires[::2]:
            wire.abort()


def _worker(house: House) -> int:
    """The process that serves; multiprocessing may keep a tracker beside it."""
    supervisor = house.server.process.pid
    return max(
        int(pid)
        for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    )


def _files(process: Path) -> int:
    """Open ones but the database's: of its connections the pool keeps as many as were ever needed
    at once, up to a limit."""
    found = 0
    for one in (process / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found += "exports.db" not in one.readlink().name
    return found


def _threads(process: Path) -> int:
    return len(list((process / "task").iterdir()))


def _memory(process: Path) -> int:
    """Bytes that it holds in RAM."""
    return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
