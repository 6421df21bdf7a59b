"""RateLimit and RateLimit-Policy on the answers to callers whose calls are counted, as in
draft-ietf-httpapi-ratelimit-headers-10: structured fields (RFC 9651)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports_app.api import allowances
from exports_app.domain.allowance import Allowance


def fields(of: Allowance) -> dict[str, str]:
    """As header fields. policy: of letters, so that it needs no escapes."""
    return {
        "RateLimit-Policy": f'"{of.policy}";q={of.limit};w={of.window}',
        "RateLimit": f'"{of.policy}";r={of.remaining};t={of.resets_in}',
    }


class RateLimitHeaders:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})  # one for all copies of the scope

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start" and (left := allowances.noted(state)):
                added = [(k.lower().encode(), v.encode()) for k, v in fields(left).items()]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self._app(scope, receive, out)
