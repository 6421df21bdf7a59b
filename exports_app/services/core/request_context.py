"""Where a call comes from: who asks for rate limits, the audit and the demo's login reads it here.

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
"""Headers by which proxies and tunnels tell that they forward a request; and all that begin with
FORWARDED."""
FORWARDED = "x-forwarded"


@dataclass(frozen=True)
class RequestContext:
    """address: the client's, as far as trusted proxies tell; empty outside requests. session: the
    id of the browser's session that may be shown and logged (`sessions.id_of`); empty for access
    tokens. request_id: as in the answer and in the log. device: what the client calls itself
    (User-Agent), printable, at most MAX_DEVICE characters. local: the caller is on this machine,
    and no proxy forwarded the request."""

    address: str = ""
    session: str = ""
    request_id: str = ""
    device: str = ""
    local: bool = False


_NONE = RequestContext()
_context: ContextVar[RequestContext] = ContextVar("request_context", default=_NONE)


def current() -> RequestContext:
    """Of the request or event that is handled now, in its threads too; empty where there is
    none."""
    return _context.get()


def begin(context: RequestContext) -> None:
    """From here on, in this task, calls come from there. For events of pages, which have a task
    each."""
    _context.set(context)


@contextmanager
def use(context: RequestContext) -> Iterator[None]:
    """Within the block, calls come from there."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


def is_local(address: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from this machine itself, and asks for it by a name of its own.

    A tunnel may add no header; and a page of another site, whose name was made to lead here, is
    loaded by a browser on this machine. Both ask by another Host. address: of the connection;
    headers: by name in lower case.
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
    """A User-Agent header as it is kept and shown."""
    return "".join(c for c in user_agent[: 4 * MAX_DEVICE] if c.isprintable())[:MAX_DEVICE]
