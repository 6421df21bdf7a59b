"""What a page cannot do over its websocket: set the session's cookie, delete it, and receive a
file.

Not in the OpenAPI document: these addresses are for the app's own pages.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from exports_app.api.access import Srv
from exports_app.api.cookies import is_secure, set_cookie
from exports_app.api.file_response import FileResponse, disposition
from exports_app.domain.errors import ExportsError
from exports_app.services.identity import known_browsers
from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE, cookie
from exports_app.services.identity.known_browsers import KNOWN_COOKIE
from exports_app.services.identity.sessions import MAX_PATH, local_path
from exports_app.services.runs.browser_downloads import PreparedDownload

LOGIN = "/login"
EXPIRED = f"{LOGIN}?expired=1"
SECRET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""The address contains a code: the answer must not be cached, nor the address sent to another
page."""

router = APIRouter(include_in_schema=False)


def _cookie(name: str) -> object:
    def read(request: Request) -> str:
        return cookie("; ".join(request.headers.getlist("cookie")), name)

    return Depends(read)


SessionId = Annotated[str, _cookie(SESSION_COOKIE)]
Browser = Annotated[str, _cookie(BROWSER_COOKIE)]
Known = Annotated[str, _cookie(KNOWN_COOKIE)]


def _with_session(
    srv: Srv, request: Request, to: str, session_id: str, max_age: int
) -> RedirectResponse:
    secure = is_secure(request.url.scheme, srv.settings.public_url)
    headers = SECRET | {
        "Set-Cookie": set_cookie(SESSION_COOKIE, session_id, max_age, secure=secure)
    }
    return RedirectResponse(to, 303, headers)


@router.head("/api/session/{code}")
@router.head("/api/download/{code}")
def look(code: str) -> Response:  # noqa: ARG001 (FastAPI passes each part of the path)
    """Uses up no code, and tells nothing about it: mail filters and previews look at a link before
    a person follows it."""
    return Response(status_code=204, headers=SECRET)


@router.get("/api/session/end")
def end(
    srv: Srv,
    request: Request,
    session_id: SessionId,
    goto: Annotated[str, Query(alias="next", max_length=MAX_PATH)] = LOGIN,
) -> RedirectResponse:
    """Takes the cookie of a session that is over already. A link on any site leads here, so that it
    ends none itself. next: the page to show then."""
    to = local_path(goto)
    if srv.sessions.visit(session_id, counts=False):
        return RedirectResponse(to, 303, SECRET)
    return _with_session(srv, request, to, "", 0)


@router.get("/api/session/{code}")
def begin(
    srv: Srv, request: Request, code: str, browser: Browser, known: Known
) -> RedirectResponse:
    try:
        session_id, to = srv.sessions.redeem(code, browser, request.headers.get("user-agent", ""))
        marked = srv.sessions.mark_browser(session_id, known)
    except ExportsError:
        # It is opened in a browser: the sign-in page says what to do, a problem document does not
        return RedirectResponse(EXPIRED, 303, SECRET)
    # No websocket can renew the cookie; the database ends the session
    max_age = srv.settings.session_max_days * 24 * 60 * 60
    answer = _with_session(srv, request, to, session_id, max_age)
    secure = is_secure(request.url.scheme, srv.settings.public_url)
    lasting = int(known_browsers.LIFETIME.total_seconds())
    answer.headers.append("Set-Cookie", set_cookie(KNOWN_COOKIE, marked, lasting, secure=secure))
    return answer


@router.get("/api/download/{code}", response_class=FileResponse)
def download(srv: Srv, code: str, session_id: SessionId) -> Response:
    prepared = srv.browser_downloads.take(code, session_id)
    headers = {
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if isinstance(prepared, PreparedDownload):
        return StreamingResponse(
            prepared.pieces,
            media_type=prepared.mime,
            headers=headers | disposition(prepared.name),
        )
    return FileResponse(prepared.path, prepared.name, prepared.mime, headers)
