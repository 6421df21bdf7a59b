"""Whose word about the client's address counts."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from exports_app.api.middleware import proxies
from exports_app.api.middleware.gateway import Edge
from exports_app.api.middleware.proxies import MAX_PROXIES, TrustedProxies
from exports_app.services.core import request_context
from exports_app.services.core.network_addresses import PEER
from exports_app.settings import Settings

TRUSTED = "127.0.0.1, 10.0.0.0/8 2001:db8:aaaa::/48"
CLIENT = "203.0.113.7"


def seen(
    peer: str | None,
    *forwarded: str,
    proto: tuple[str, ...] = (),
    trusted: str = TRUSTED,
    kind: str = "http",
) -> tuple[str, str]:
    """The client's address and the scheme that the app sees of a connection from peer. forwarded:
    lines of X-Forwarded-For."""
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    headers = [(b"x-forwarded-for", line.encode("latin1")) for line in forwarded]
    headers += [(b"x-forwarded-proto", line.encode()) for line in proto]
    client = (peer, 4711) if peer is not None else None
    scope = {
        "type": kind,
        "scheme": "ws" if kind == "websocket" else "http",
        "client": client,
        "headers": headers,
    }
    networks = Settings.model_validate({"trusted_proxies": trusted}).trusted_proxies
    asyncio.run(TrustedProxies(app, networks)(scope, None, None))  # type: ignore[arg-type]  # neither is used
    assert scopes[0]["headers"] == headers
    return scopes[0]["client"] and scopes[0]["client"][0], scopes[0]["scheme"]


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8:aaaa::1"])
def test_a_trusted_proxy_tells_the_client_and_https(peer: str) -> None:
    assert seen(peer, CLIENT, proto=("https",)) == (CLIENT, "https")
    assert seen(peer, CLIENT, proto=("https",), kind="websocket") == (CLIENT, "wss")
    assert seen(peer, CLIENT, proto=("http",)) == (CLIENT, "http")


@pytest.mark.parametrize("peer", ["127.0.0.2", "192.0.2.1", "::1", "2001:db8:bbbb::1", "", None])
def test_nobody_else_is_believed(peer: str | None) -> None:
    assert seen(peer, CLIENT, proto=("https",)) == (peer, "http")


def test_without_the_setting_nobody_is() -> None:
    assert seen("127.0.0.1", CLIENT, proto=("https",), trusted="") == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        # What the client wrote itself stands left of what the proxy appended
        ([f"198.51.100.1, {CLIENT}"], CLIENT),
        ([f"127.0.0.1, {CLIENT}"], CLIENT),
        (["198.51.100.1", CLIENT], CLIENT),
        ([f"198.51.100.1, {CLIENT}, 10.0.0.1", "10.0.0.2"], CLIENT),
        (["10.0.0.3, 10.0.0.1"], "10.0.0.3"),
        (["unknown, 10.0.0.1"], "10.0.0.1"),
        ([f"{CLIENT}, unknown"], "10.9.9.9"),
        ([""], "10.9.9.9"),
        ([], "10.9.9.9"),
        ([f"{CLIENT}:4711"], CLIENT),
        (["[2001:db8::7]:4711"], "2001:db8::7"),
        (["2001:DB8:0::7"], "2001:db8::7"),
        (["::ffff:203.0.113.7"], CLIENT),
        ([f"{CLIENT}\xff"], "10.9.9.9"),
    ],
)
def test_the_first_address_from_the_right_that_is_no_proxy_is_the_client(
    forwarded: list[str], client: str
) -> None:
    assert seen("10.9.9.9", *forwarded)[0] == client


def test_a_long_header_is_read_for_some_hops_only() -> None:
    assert seen("10.9.9.9", ", ".join([CLIENT] + ["10.0.0.1"] * MAX_PROXIES))[0] == "10.0.0.1"
    assert seen("10.9.9.9", ", ".join([CLIENT] + ["10.0.0.1"] * (MAX_PROXIES - 1)))[0] == CLIENT


@pytest.mark.parametrize(
    ("protos", "scheme"),
    [(("https, http",), "http"), (("http", "https"), "https"), (("HTTPS x",), "http")],
)
def test_the_nearest_proxy_tells_the_scheme(protos: tuple[str, ...], scheme: str) -> None:
    assert seen("10.9.9.9", CLIENT, proto=protos)[1] == scheme


@pytest.mark.parametrize(
    "wrong", ["10.0.0.5/24", "proxy.example.com", "10.0.0.0/33", "0.0.0.0/0", "::/0"]
)
def test_a_setting_that_is_no_network_or_everybody_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match=f"must (be|not contain) .*{wrong}"):
        Settings.model_validate({"trusted_proxies": f"127.0.0.1,{wrong}"})


def test_the_connections_own_other_end_is_kept() -> None:
    scopes = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    trusted = Settings.model_validate({"trusted_proxies": "10.0.0.0/8"}).trusted_proxies
    scope = {
        "type": "websocket",
        "client": ("10.9.9.9", 4711),
        "headers": [(b"x-forwarded-for", CLIENT.encode())],
    }
    asyncio.run(TrustedProxies(app, trusted)(scope, None, None))  # type: ignore[arg-type]
    assert (scopes[0]["client"], scopes[0][PEER]) == ((CLIENT, 0), ("10.9.9.9", 4711))


def test_a_client_that_a_proxy_names_is_never_this_machine_itself() -> None:
    contexts = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        contexts.append(request_context.current())

    headers = [(b"x-forwarded-for", b"127.0.0.1"), (b"host", b"localhost")]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/x",
        "client": ("127.0.0.1", 1),
        "headers": headers,
    }
    edge = TrustedProxies(
        Edge(app, app, None),
        Settings.model_validate({"trusted_proxies": "127.0.0.1"}).trusted_proxies,
    )
    asyncio.run(edge(scope, None, None))  # type: ignore[arg-type]
    assert [(c.address, c.local) for c in contexts] == [("127.0.0.1", False)]


@pytest.mark.parametrize(
    ("headers", "said"),
    [([], 0), ([(b"x-forwarded-for", b"192.0.2.1")], 1), ([(b"forwarded", b"for=192.0.2.1")], 1)],
)
def test_a_proxy_is_noted_once_where_the_public_address_is_not_known(
    headers: list[tuple[bytes, bytes]], said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings = list[str]()
    monkeypatch.setattr(proxies._log, "warning", warnings.append, raising=False)

    async def app(*_: object) -> None: ...

    noticing = proxies.UnknownProxy(app)
    for _ in range(2):
        asyncio.run(noticing({"type": "http", "headers": headers}, None, None))  # type: ignore[arg-type]
    assert len(warnings) == said
