"""What strangers do to the websocket of a real server: its memory stays, and other people's pages
answer meanwhile.

The attacks come from an address of their own (127.0.0.2), as strangers' do; without any cookie
where nothing else is said.
"""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.e2e.ui.house import House, build_pages, open_house
from tests.e2e.ui.wire import HYDRATE, HYDRATE_AND_LOAD, LISTED, LOGIN, ROOT, Wire, event
from tests.mailserver import mail_server
from tests.paths import ROOT as REPOSITORY

STRANGER = "127.0.0.2"
MANY_NETWORKS = "2001:db8:7::/48"
MOST_MORE = 50.0
"""MB that the server may grow by, in each attack."""
SLOWEST = 0.5
"""Seconds that another person's page may wait for an answer."""
LIST = f"{ROOT}.exports_app___ui___pages___scheduled_exports___list___state____list_state"
LEAST_ANSWERS = 1.0
"""That another person gets for each second of an attack."""
MOST_DEBT = 10.0
"""Seconds that somebody else's page takes to load at the attacker's own address, once the attack is
over."""
MOST_CPU = 0.9
"""Of one core, for each second of an attack."""
QUIET_SECONDS = 60
"""Between two log lines about the same incident."""
BROKEN = (OSError, TimeoutError, WebSocketException, EOFError)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[House]:
    build_pages()
    with (
        mail_server() as mails,
        open_house(
            tmp_path_factory.mktemp("strangers"), mails, password_hash, TRUSTED_PROXIES=STRANGER
        ) as house,
    ):
        yield house


# What the server is like


def processes(pid: int) -> list[int]:
    """The process and all below it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parents[int(entry.name)] = int(
                (entry / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory(pids: list[int]) -> float:
    """MB of theirs alone."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                total += int(line.split()[1])
    return total / 1024


def cpu(pids: list[int]) -> float:
    """Seconds of CPU time that they have used so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def incidents(log: str) -> Iterator[str]:
    """What the log says about strangers' websockets."""
    for line in log.splitlines():
        with suppress(ValueError):
            entry = json.loads(line)
            if entry.get("address") in {STRANGER, MANY_NETWORKS} and entry["event"].startswith(
                "a websocket"
            ):
                yield entry["event"]


@dataclass
class Figures:
    more: float = 0.0
    """MB at the highest, beyond those before."""
    left: float = 0.0
    """MB afterwards, beyond those before."""
    cpu: float = 0.0
    slowest: float = 0.0
    """Seconds, of another person's page."""
    answers: int = 0
    log_lines: int = 0
    seconds: float = 0.0
    """The whole attack."""
    incidents: Counter[str] = field(default_factory=Counter)
    """Log lines about strangers' websockets, by what they say."""


class Tally:
    """How much of an attack really happened: a server that refuses everything at once would pass
    all limits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.handshakes = self.packets = self.bytes = 0

    def began(self) -> None:
        with self._lock:
            self.handshakes += 1

    def sent(self, size: int) -> None:
        with self._lock:
            self.packets += 1
            self.bytes += size


tally = Tally()


class Bystander:
    """Another person, who searches their list all the while; in a process of its own, since the
    attack keeps this one busy."""

    def __init__(self, url: str, cookie: str) -> None:
        command = [sys.executable, "-m", "tests.faults.bystander", url, LIST]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(cookie)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def start(self) -> None:
        self._say("go")

    def stop(self) -> list[float]:
        """The seconds that each answer took."""
        out, _ = self._process.communicate("stop\n", timeout=60)
        assert self._process.returncode == 0, "the bystander's page broke"
        return [float(line) for line in out.splitlines()]


@contextmanager
def watched(house: House) -> Iterator[Figures]:
    """The figures are complete when the block has ended."""
    company = house.company("Bystanders")
    pids, figures, log = processes(house.server.process.pid), Figures(), house.log()
    bystander = Bystander(house.url, house.cookie(company.admin))
    before, cpu_before, began, over = memory(pids), cpu(pids), time.monotonic(), threading.Event()
    tally.reset()

    def sample() -> None:
        while not over.wait(0.02):
            figures.more = max(figures.more, memory(pids) - before)

    sampler = threading.Thread(target=sample)
    sampler.start()
    bystander.start()
    try:
        yield figures
    finally:
        answers = bystander.stop()
        over.set()
        sampler.join()
        figures.slowest, figures.answers = max(answers, default=0.0), len(answers)
        figures.left, figures.cpu = memory(pids) - before, cpu(pids) - cpu_before
        figures.log_lines = len(log().splitlines())
        figures.seconds = time.monotonic() - began
        figures.incidents = Counter(incidents(log()))
        print(
            f"\n{figures.more:+.0f} MB at the highest, {figures.left:+.0f} MB afterwards, "
            f"{figures.cpu:.1f} s of CPU,"
            f" slowest of {figures.answers} answers {figures.slowest * 1000:.0f} ms, "
            f"{figures.log_lines} log lines,"
            f" {figures.seconds:.1f} s; {tally.handshakes} handshakes, {tally.packets} packets, "
            f"{tally.bytes / 1e6:.1f} MB;"
            f" {dict(figures.incidents)}"
        )


# What strangers do


def send(connection: ClientConnection, content: str | bytes) -> None:
    connection.send(content)
    tally.sent(len(content))


def dial(
    url: str, cookie: str = "", token: str = "", address: str = "", **more: Any
) -> ClientConnection:
    """address: of the client, where the server trusts us as a proxy."""
    tally.began()
    return connect(
        f"ws://{urlsplit(url).netloc}/_event/?EIO=4&transport=websocket"
        f"&token={token or uuid.uuid4()}",
        source_address=(STRANGER, 0),
        additional_headers=({"Cookie": cookie} if cookie else {})
        | ({"X-Forwarded-For": address} if address else {}),
        max_size=None,
        proxy=None,
        compression=None,
        legacy=True,
        **more,
    )


def join(url: str, cookie: str = "", **more: Any) -> ClientConnection:
    """A connection that is a page's."""
    connection = dial(url, cookie, **more)
    connection.recv(timeout=15)
    connection.send("40/_event,")
    connection.recv(timeout=15)
    return connection


def packet(content: Any) -> str:
    return "42/_event," + json.dumps(["event", content])


def long_path(size: int, number: int = 0) -> str:
    return f"/scheduled-exports?q={number}" + "x" * size


def paths_of_970_kb(house: House) -> None:
    """Over one connection, or a new one where that was closed."""
    connection = None
    for number in range(60):
        with suppress(*BROKEN):
            connection = connection or join(house.url)
            content = event(HYDRATE_AND_LOAD, path=long_path(970_000, number))
            content["router_data"]["pathname"] += "y" * 1000
            send(connection, packet(content))
            while True:
                connection.recv(timeout=0.2)
        if connection is not None and connection.close_code is not None:
            connection = None
    if connection is not None:
        connection.close()


def many_long_paths(house: House) -> None:
    """As long as they may be, each another one."""
    with join(house.url) as connection:
        with suppress(*BROKEN):
            for number in range(400):
                content = event(HYDRATE, path=f"/scheduled-exports/{number}" + "x" * 1_900)
                send(connection, packet(content))


def short_connections(house: House) -> None:
    """200 of them, each with 970 KB where a page says what it shows, and more where it says
    anything else."""

    def once(number: int) -> None:
        with suppress(*BROKEN), join(house.url) as connection:
            content = event(HYDRATE_AND_LOAD)
            content["router_data"] |= {
                "asPath": long_path(970_000, number),
                "headers": {"x": "y" * 1000},
                "more": "z" * 9_000,
            }
            send(connection, packet(content))
            for _ in range(4):
                connection.recv(timeout=0.5)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(once, range(200)))


def binary_attachments(house: House) -> None:
    """Announced without end, and sent, over a new connection whenever one is closed."""
    for _ in range(40):
        with suppress(*BROKEN), join(house.url) as connection:
            send(connection, '45999999999-/_event,["event",{"_placeholder":true,"num":0}]')
            for _ in range(8):
                send(connection, b"\0" * 970_000)


def unread_hydrates(house: House) -> None:
    """3,000, over connections whose answers nobody reads."""

    def ask(_: int) -> None:
        with suppress(*BROKEN), join(house.url, max_queue=1) as connection:
            connection.socket.settimeout(5)
            for _ in range(300):
                send(connection, packet(event(HYDRATE)))
            time.sleep(3)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(ask, range(10)))


def unread_answers_of_somebody_who_is_signed_in(house: House) -> None:
    """Of a list with many rows, asked for again and again."""
    company = house.company("Rows")
    for number in range(50):
        house.schedule(company, f"Schedule {number} " + "x" * 150)
    cookie = house.cookie(company.admin)

    def ask(_: int) -> None:
        with suppress(*BROKEN), join(house.url, cookie, max_queue=1) as connection:
            connection.socket.settimeout(5)
            for number in range(200):
                send(connection, packet(event(HYDRATE_AND_LOAD, path=f"{LISTED}?n={number}")))
            time.sleep(5)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(ask, range(10)))


def many_tokens(house: House) -> None:
    """A new tab each, loaded and closed."""

    def once(_: int) -> None:
        with suppress(*BROKEN), join(house.url) as connection:
            send(connection, packet(event(HYDRATE_AND_LOAD, path="/login")))
            connection.recv(timeout=5)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(once, range(600)))


def tabs_left_open(house: House) -> None:
    """As many as one address gets, with all that they may say."""
    with ExitStack() as stack, suppress(*BROKEN):
        for number in range(250):
            connection = stack.enter_context(join(house.url))
            send(
                connection, packet(event(HYDRATE_AND_LOAD, path=f"/login?n={number}" + "x" * 1_900))
            )


def large_frames_of_strangers(house: House) -> None:
    """As large as a frame may be of people who are signed in, of what takes most time and
    memory."""
    text = packet(event(f"{LOGIN}.login", {"form": {"a": [[]] * 60_000}}, "/login"))

    def ask(_: int) -> None:
        with suppress(*BROKEN), join(house.url) as connection:
            send(connection, text)
            connection.recv(timeout=5)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(ask, range(200)))


def large_frames_of_somebody_who_is_signed_in(house: House) -> None:
    """As large as a frame may be, of what takes most time and memory, over many connections."""
    cookie = house.cookie(house.company("Frames").admin)
    text = packet(event(f"{LOGIN}.login", {"form": {"a": [[]] * 4_900, "b": "x" * 240_000}}))

    def ask(_: int) -> None:
        with suppress(*BROKEN), join(house.url, cookie) as connection:
            connection.socket.settimeout(5)
            send(connection, packet(event(HYDRATE_AND_LOAD)))
            connection.recv(timeout=5)
            for _ in range(3):
                send(connection, text)

    with ThreadPoolExecutor(100) as pool:
        list(pool.map(ask, range(100)))


def headers_of_300_kb(house: House) -> None:
    def once(number: int) -> None:
        with suppress(*BROKEN), join(house.url, cookie="a=" + "x" * 300_000):
            time.sleep(2)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(once, range(150)))


def half_of_a_frame(house: House) -> None:
    """Large ones that never end."""
    key = "x3JJHMbDL1EzLkh9GBhXDw=="

    def once(_: int) -> None:
        import socket

        tally.began()

        port = urlsplit(house.url).port
        with (
            suppress(*BROKEN),
            socket.create_connection(("127.0.0.1", port), 5, (STRANGER, 0)) as line,
        ):
            target = f"/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}"
            line.sendall(
                f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            line.recv(1000)
            line.sendall(b"\x81\xff" + (15_000_000).to_bytes(8, "big") + b"\0\0\0\0")
            for _ in range(140):
                line.sendall(b"4" * 100_000)
                tally.sent(100_000)
            time.sleep(5)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(once, range(20)))


def half_frames_from_many_networks(house: House) -> None:
    """Of one customer's /48, each from a /64 of its own."""
    with ExitStack() as stack:
        for number in range(250):
            with suppress(*BROKEN):
                connection = stack.enter_context(
                    join(house.url, address=f"2001:db8:7:{number:x}::1")
                )
                connection.socket.settimeout(5)
                connection.socket.sendall(
                    b"\x81\xff" + (360_000).to_bytes(8, "big") + b"\0\0\0\0" + b"4" * 350_000
                )
                tally.sent(350_000)
        time.sleep(3)


def connections_in_a_row(house: House) -> None:
    """With made-up cookies, each closed at once."""

    def once(number: int) -> None:
        with (
            suppress(*BROKEN),
            dial(
                house.url, cookie=f"exports_session={number:043}", close_timeout=0.1
            ) as connection,
        ):
            connection.send("40/_event,")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(once, range(3_000)))


ATTACKS: list[Callable[[House], None]] = [
    paths_of_970_kb,
    many_long_paths,
    short_connections,
    binary_attachments,
    unread_hydrates,
    unread_answers_of_somebody_who_is_signed_in,
    many_tokens,
    tabs_left_open,
    large_frames_of_strangers,
    large_frames_of_somebody_who_is_signed_in,
    headers_of_300_kb,
    half_of_a_frame,
    half_frames_from_many_networks,
    connections_in_a_row,
]


def loads(house: House) -> bool:
    """Whether a page of somebody else at the attacker's address has come; False if it was cut
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
