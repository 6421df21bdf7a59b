"""The real client of a request that a proxy forwarded, where the proxy is one of
TRUSTED_PROXIES."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from starlette.types import ASGIApp, Receive, Scope, Send

from exports_app import log
from exports_app.api.middleware.header_limit import within_limit
from exports_app.services.core import network_addresses
from exports_app.services.core.request_context import FORWARDED, FORWARDING
from exports_app.setting_types import Network

MAX_PROXIES = 20
"""Proxies on the way of a request. Addresses further to the left in X-Forwarded-For are not
read."""

_FORWARDED_FOR = b"x-forwarded-for"
_FORWARDED_PROTO = b"x-forwarded-proto"
_log = log.get(__name__)
_TLS = {"http": "https", "ws": "wss"}


class TrustedProxies:
    """ASGI middleware, outermost: puts the client's address and scheme into the scope.

    X-Forwarded-For and X-Forwarded-Proto are believed only from a connection of a trusted proxy.
    From any other connection they have no effect. The headers stay, since they also show that a
    request did not begin on this machine.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._trusted and scope["type"] in {"http", "websocket"}:
            scope = self._resolved(within_limit(scope))
        await self._app(scope, receive, send)

    def _resolved(self, scope: Scope) -> Scope:
        peer = network_addresses.parse(scope["client"][0]) if scope.get("client") else None
        if peer is None or not self._trusts(peer):
            return scope
        client = self._client(peer, _values(scope, _FORWARDED_FOR))
        scheme = scope.get("scheme", "http")
        # The proxy nearest to us appends its value last
        if _values(scope, _FORWARDED_PROTO)[-1:] == ["https"]:
            scheme = _TLS.get(scheme, scheme)
        return {
            **scope,
            network_addresses.PEER: scope["client"],
            "client": (str(client), 0),
            "scheme": scheme,
        }

    def _client(
        self, peer: IPv4Address | IPv6Address, forwarded: list[str]
    ) -> IPv4Address | IPv6Address:
        """From right to left, the first address that is no trusted proxy. Those left of it may be
        false.

        Each proxy appends the address of its caller. Text that is no address ends the search at the
        proxy that sent it.
        """
        client = peer
        for text in reversed(forwarded[-MAX_PROXIES:]):
            hop = network_addresses.parse(_without_port(text))
            if hop is None:
                return client
            client = hop
            if not self._trusts(hop):
                return client
        return client

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._trusted)


class UnknownProxy:
    """ASGI middleware of a server without PUBLIC_URL: says once in the log that requests come
    through a proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._said = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._said and scope["type"] in {"http", "websocket"}:
            names = (name.decode("latin1") for name, _ in scope["headers"])
            if any(name in FORWARDING or name.startswith(FORWARDED) for name in names):
                self._said = True
                _log.warning(
                    "requests come through a proxy, and PUBLIC_URL is not set: links in emails lead"
                    " to HOST and PORT"
                )
        await self._app(scope, receive, send)


def _values(scope: Scope, name: bytes) -> list[str]:
    """The values of a list header, whose fields may come in several lines."""
    lines = [value.decode("latin1") for key, value in scope["headers"] if key == name]
    return [part.strip() for line in lines for part in line.split(",")]


def _without_port(text: str) -> str:
    """Some proxies add the port: 192.0.2.1:4711, [2001:db8::1]:4711."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
