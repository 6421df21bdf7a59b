"""Range requests (RFC 9110, section 14), as all files answer them."""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import problems
from exports_app.domain.errors import RangeNotSatisfiable

_RANGE = r"(?:\d{1,18}-\d{0,18}|-\d{1,18})"
_RANGES = re.compile(rf"bytes=\s*{_RANGE}(?:\s*,\s*{_RANGE})*", re.ASCII)
_FIRST_AND_LAST = re.compile(r"(\d+)-(\d+)", re.ASCII)


class Ranges:
    """ASGI middleware. Starlette answers 400 for a header that is not well-formed, and 416 as plain
    text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope).get("range") if scope["type"] == "http" else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        if not _is_well_formed(asked):
            scope["headers"] = [header for header in scope["headers"] if header[0] != b"range"]
        refused: dict[str, str] | None = None

        async def out(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 416:
                size = Headers(raw=message["headers"]).get("content-range", "")
                refused = {"Content-Range": size}
            if refused is None:
                await send(message)

        await self._app(scope, receive, out)
        if refused is not None:
            await problems.of(RangeNotSatisfiable(), refused)(scope, receive, send)


def _is_well_formed(value: str) -> bool:
    """One that is not, and one in other units, is ignored: the answer is the whole file (RFC 9110,
    sections 14.1.1 and 14.2)."""
    return bool(_RANGES.fullmatch(value)) and all(
        int(first) <= int(last) for first, last in _FIRST_AND_LAST.findall(value)
    )
