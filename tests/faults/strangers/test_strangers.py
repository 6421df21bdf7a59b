"""What strangers do to the websocket of a real server: its memory stays, and other people's pages
answer meanwhile."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from websockets.exceptions import WebSocketException

from tests.e2e.ui.app_code import PagesBuild
from tests.e2e.ui.house import House, open_house
from tests.e2e.ui.wire import Wire
from tests.faults.strangers.attacks import ATTACKS
from tests.faults.strangers.connections import STRANGER, tally
from tests.faults.strangers.watching import watched
from tests.mailserver import mail_server

MOST_MORE = 50.0
"""MB that the server may grow by, in each attack."""
SLOWEST = 0.5
"""Seconds that another person's page may wait for an answer."""
LEAST_ANSWERS = 1.0
"""That another person gets for each second of an attack."""
MOST_DEBT = 10.0
"""Seconds that someone else's page takes to load at the attacker's own address, once the attack is
over."""
MOST_CPU = 0.9
"""Of one core, for each second of an attack."""
QUIET_SECONDS = 60
"""Between two log lines about the same incident."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[House]:
    PagesBuild().finish()
    with (
        mail_server() as mails,
        open_house(
            tmp_path_factory.mktemp("strangers"), mails, password_hash, TRUSTED_PROXIES=STRANGER
        ) as house,
    ):
        yield house


def loads(house: House) -> bool:
    """Whether a page of someone else at the attacker's address has come; False if it was cut
    off."""
    try:
        with Wire(house.url, source_address=(STRANGER, 0)) as wire:
            wire.load("/login")
    except WebSocketException:
        return False
    return True


@pytest.mark.long
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_strangers_websocket_neither_fills_the_memory_nor_holds_up_others(
    served: House, attack: Callable[[House], None]
) -> None:
    with watched(served) as figures:
        attack(served)
    assert figures.more <= MOST_MORE
    assert figures.slowest <= SLOWEST
    assert figures.answers >= LEAST_ANSWERS * figures.seconds
    assert figures.cpu <= MOST_CPU * figures.seconds
    assert tally.handshakes + tally.packets >= 20, "the attack did not take place"
    most_lines = 1 + figures.seconds // QUIET_SECONDS
    assert {what: lines for what, lines in figures.incidents.items() if lines > most_lines} == {}
    assert httpx.get(f"{served.url}/api/health").status_code == 200
    began = time.monotonic()
    while not loads(served):  # a page that is cut off connects again by itself
        assert time.monotonic() - began <= MOST_DEBT
    assert time.monotonic() - began <= MOST_DEBT, (
        "others at the attacker's address wait for what it did"
    )
