"""Where a call comes from."""

import asyncio

import pytest

from exports_app.services.core import request_context
from exports_app.services.core.request_context import RequestContext, is_local


def test_outside_requests_there_is_none() -> None:
    assert request_context.current() == RequestContext()


async def _seen_in_a_thread() -> str:
    return (await asyncio.to_thread(request_context.current)).address


def test_it_holds_within_its_block_and_in_the_threads_of_its_task() -> None:
    with request_context.use(RequestContext("192.0.2.1")):
        assert asyncio.run(_seen_in_a_thread()) == "192.0.2.1"
    assert request_context.current().address == ""


LOCALHOST = {"host": "localhost:3720"}


@pytest.mark.parametrize(
    ("address", "headers", "local"),
    [
        ("127.0.0.1", LOCALHOST | {"accept": "*/*"}, True),
        ("::1", {"host": "[::1]:3720"}, True),
        ("127.0.0.1", {"host": "127.0.0.1"}, True),
        ("127.0.0.1", {"host": "exports.localhost:3720"}, True),
        ("192.0.2.1", LOCALHOST, False),
        ("", LOCALHOST, False),
    ],
)
def test_a_caller_is_local_only_from_loopback(
    address: str, headers: dict[str, str], *, local: bool
) -> None:
    assert is_local(address, headers) is local


@pytest.mark.parametrize(
    "name",
    [
        "via",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded",
        "x-forwarded-port",
        "x-real-ip",
        "cf-connecting-ip",
    ],
)
def test_what_a_proxy_forwards_is_not_local(name: str) -> None:
    assert not is_local("127.0.0.1", LOCALHOST | {name: "127.0.0.1"})


@pytest.mark.parametrize(
    "host",
    [
        "",
        "exports.example.com",
        "rebound.example:3720",
        "192.0.2.1:3720",
        "localhost.example",
        "[::1",
    ],
)
def test_what_asks_for_another_host_is_not_local(host: str) -> None:
    """A tunnel that adds no header, or another site's page whose name leads here."""
    assert not is_local("127.0.0.1", {"host": host})
    assert not is_local("127.0.0.1", {})
