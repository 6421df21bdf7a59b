"""Who we are in EHLO."""

import socket
import threading
from collections.abc import Iterator

import pytest

from exports_app.channels._smtp import own_name
from tests.world import DEADLINE


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    own_name._look_up.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    own_name._look_up.cache_clear()


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        ("exports.example.com", "exports.example.com"),
        ("exports", ""),
        ("a1b2c3d4e5f6", ""),
        ("localhost", ""),
        ("localhost.localdomain", ""),
        ("1.0.0.127.in-addr.arpa", ""),
        ("my_app.example.com", ""),
        ("10.0.0.7", ""),
        ("bücher.example", ""),
        ("exports..example.com", ""),
    ],
)
def test_the_machines_name_counts_where_servers_take_it(
    named: pytest.MonkeyPatch, machine: str, name: str
) -> None:
    named.setattr(socket, "getfqdn", lambda: machine)
    assert own_name.host_name() == name


def test_nobody_waits_long_for_a_slow_name_service(named: pytest.MonkeyPatch) -> None:
    answers = threading.Event()

    def slow() -> str:
        assert answers.wait(DEADLINE)
        return "exports.example.com"

    named.setattr(socket, "getfqdn", slow)
    named.setattr(own_name, "NAME_SECONDS", 0.01)
    assert own_name.host_name() == ""
    answers.set()
    own_name._look_up().thread.join(DEADLINE)
    assert own_name.host_name() == "exports.example.com"


@pytest.mark.parametrize(
    ("address", "literal"),
    [
        ("192.0.2.1", "[192.0.2.1]"),
        ("2001:db8::1", "[IPv6:2001:db8::1]"),
        ("fe80::1%eth0", "[IPv6:fe80::1]"),
        ("::ffff:192.0.2.1", "[192.0.2.1]"),
    ],
)
def test_an_address_stands_in_brackets(address: str, literal: str) -> None:
    assert own_name.literal(address) == literal
    assert own_name.checked(literal) == literal


@pytest.mark.parametrize("name", ["exports.example.com", "exports", "xn--bcher-kva.example", ""])
def test_a_host_name_may_be_set(name: str) -> None:
    assert own_name.checked(name) == name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("192.0.2.1", r"must be written \[192.0.2.1\]"),
        ("2001:db8::1", r"must be written \[IPv6:2001:db8::1\]"),
        ("[2001:db8::1]", r"must be written \[IPv6:2001:db8::1\]"),
        ("[IPv6:192.0.2.1]", r"must be written \[192.0.2.1\]"),
        ("exports example", "must be a host name"),
        ("exports.example.com\r\nMAIL FROM:<x@example.com>", "must be a host name"),
        ("-exports.example.com", "must be a host name"),
        ("my_app.example.com", "must be a host name"),
        ("bücher.example", "must be a host name"),
        ("[exports.example.com]", "must be a host name"),
        ("exports.example.com.", "must be a host name"),
        ("a" * 64 + ".example.com", "must be a host name"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(name: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        own_name.checked(name)
