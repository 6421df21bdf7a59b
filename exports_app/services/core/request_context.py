"""The request context: where a call comes from. Rate limits, the audit and the demo's login use it.

The API sets it for each request, the pages for each event. On the command line and in the engine it
is empty.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlsplit

from exports_app.settings import loopback

MAX_DEVICE = 200
FORWARDING = frozenset(
    {
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-envoy-external-address",
        "x-original-forwarded-for",
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
        "fly-client-ip",
    }
)
"""Headers of proxies and tunnels that forward a request; also all that begin with FORWARDED."""
FORWARDED = "x-forwarded"


@dataclass(frozen=True)
class RequestContext:
    """address: the client's, as reported by trusted proxies; empty outside requests. session: the
    public id of the browser's session (`sessions.id_of`); empty for access tokens. request_id: as
    in the response and the log. device: the User-Agent, printable, at most MAX_DEVICE characters.
    local: whether the caller is on this machine, without a proxy."""

    address: str = ""
    session: str = ""
    request_id: str = ""
    device: str = ""
    local: bool = False


_NONE = RequestContext()
_context: ContextVar[RequestContext] = ContextVar("request_context", default=_NONE)


def current() -> RequestContext:
    """Of the request or event that is being handled, also in its threads; empty outside of one."""
    return _context.get()


def begin(context: RequestContext) -> None:
    """Set the context for the rest of this task. For events of pages, which have a task each."""
    _context.set(context)


@contextmanager
def use(context: RequestContext) -> Iterator[None]:
    """Set the context within the block."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


def is_local(address: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from this machine, and its Host header names this machine.

    The Host shows tunnels that add no header, and pages of another site whose name resolves to this
    machine. address: of the connection. headers: by name in lower case.
    """
    forwarded = any(name in FORWARDING or name.startswith(FORWARDED) for name in headers)
    return loopback(address) and not forwarded and _names_this_machine(headers.get("host", ""))


def _names_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:  # a broken IPv6 address
        return False
    return loopback(name) or name.endswith(".localhost")


def device_name(user_agent: str) -> str:
    """A User-Agent header as it is stored and shown."""
    return "".join(c for c in user_agent[: 4 * MAX_DEVICE] if c.isprintable())[:MAX_DEVICE]
