"""What strangers do."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

from tests.e2e.ui.house import House
from tests.e2e.ui.wire import HYDRATE, HYDRATE_AND_LOAD, LISTED, LOGIN, event
from tests.faults.strangers.connections import (
    BROKEN,
    STRANGER,
    dial,
    join,
    long_path,
    packet,
    send,
    tally,
)


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
