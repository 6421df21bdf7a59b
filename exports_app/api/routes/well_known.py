"""How to report a weakness (RFC 9116)."""

from datetime import timedelta

from fastapi import APIRouter, Response

from exports_app.api.access import Srv
from exports_app.domain.errors import NotFound

router = APIRouter()

VALID = timedelta(days=180)
"""The file says until when it can be believed; it is created for each request."""


@router.get("/.well-known/security.txt", include_in_schema=False)
async def security_txt(srv: Srv) -> Response:
    """404 where SECURITY_CONTACT is not set."""
    s = srv.settings
    if not s.security_contact:
        raise NotFound("No security contact is set: set SECURITY_CONTACT")
    expires = (srv.clock() + VALID).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [f"Contact: {s.security_contact}", f"Expires: {expires}"]
    if s.public_url:
        lines.append(f"Canonical: {s.base_url}/.well-known/security.txt")
    return Response("".join(f"{line}\n" for line in lines), media_type="text/plain; charset=utf-8")
