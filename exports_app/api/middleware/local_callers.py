"""Who may read facts about the server that are not public: figures, files, and why it is down."""

from hmac import compare_digest

from fastapi import Request

from exports_app.services.core import request_context
from exports_app.settings import Settings


def is_insider(request: Request, settings: Settings) -> bool:
    """Whether the request has METRICS_TOKEN, or comes from this machine itself and no proxy
    forwarded it.

    With PUBLIC_URL only the token counts: a proxy on this machine may add no header, and then its
    callers look local.
    """
    token = settings.metrics_token.get_secret_value()
    authorization = request.headers.get("authorization", "")
    if token and compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        return True
    if settings.public_url or request.client is None:
        return False
    return request_context.is_local(request.client.host, request.headers)
