"""Where a call comes from."""

import asyncio

import pytest

from exports_app.services import request_context
from exports_app.services.request_context import RequestContext, is_local


def test_outside_requests_there_is_none() -> None:
    assert request_context.current() == RequestContext()


async def _seen_in_a_thread() -> str:
    return (await asyncio.to_thread(request_context.current)).address


def test_it_holds_within_its_block_and_in_the_threads_of_its_task() -> None:
    with request_context.use(RequestContext("192.0.2.1")):
        assert asyncio.run(_seen_in_a_thread()) == "192.0.2.1"
    assert request_context.current().address == ""


@pytest.mark.parametrize(
    ("address", "headers", "local"),
    [
        ("127.0.0.1", ("host", "accept"), True),
        ("::1", (), True),
        ("127.0.0.1", ("host", "x-forwarded-for"), False),
        ("127.0.0.1", ("via",), False),
        ("127.0.0.1", ("forwarded",), False),
        ("192.0.2.1", (), False),
        ("", (), False),
    ],
)
def test_a_caller_is_local_only_from_loopback_and_without_a_proxy(address: str, headers: tuple[str, ...], *, local: bool) -> None:
    assert is_local(address, headers) is local
