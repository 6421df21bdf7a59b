"""Where a call comes from: who asks for rate limits, the audit and the demo's login reads it here.

The API sets it for each request, the pages for each event. On the command line and in the engine it is empty.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from exports_app.settings import loopback

FORWARDING = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
"""Headers by which a proxy tells that it forwards somebody else's request."""


@dataclass(frozen=True)
class RequestContext:
    """address: the client's, as far as trusted proxies tell; empty outside requests. session: the id of the browser's session
    that may be shown and logged (`sessions.id_of`); empty for access tokens. request_id: as in the answer and in the log.
    local: the caller is on this machine, and no proxy forwarded the request."""

    address: str = ""
    session: str = ""
    request_id: str = ""
    local: bool = False


_NONE = RequestContext()
_context: ContextVar[RequestContext] = ContextVar("request_context", default=_NONE)


def current() -> RequestContext:
    """Of the request or event that is handled now, in its threads too; empty where there is none."""
    return _context.get()


def begin(context: RequestContext) -> None:
    """From here on, in this task, calls come from there. For events of pages, which have a task each."""
    _context.set(context)


@contextmanager
def use(context: RequestContext) -> Iterator[None]:
    """Within the block, calls come from there."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)


def is_local(address: str, header_names: Collection[str]) -> bool:
    """Whether a request comes from this machine itself. address: of the connection; header_names: in lower case."""
    return loopback(address) and FORWARDING.isdisjoint(header_names)
