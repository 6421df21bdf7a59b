"""IDs in paths are found whatever the case of their letters: a UUID is written in small letters and
read in either (RFC 9562, section 4), and some programs print it in capitals."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_ID = re.compile(
    r"(?<=/)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=/|\Z)", re.IGNORECASE
)


class LowerCaseIds:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = _ID.sub(lambda found: found[0].lower(), scope["path"])
        await self._app(scope, receive, send)
