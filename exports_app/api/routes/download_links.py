"""Files that recipients download by the link in their message. The link is all they need."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from exports_app.api.access import Srv
from exports_app.api.file_response import FileResponse, sent
from exports_app.api.html_page import page, paragraph, wants_page
from exports_app.api.problems import status_of
from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError
from exports_app.services.runs.download_links import PATH
from exports_app.services.runs.history import RunFile

router = APIRouter(prefix=PATH, tags=["files"])

LATEST = 253_402_300_799
"""Seconds since 1970: the end of the year 9999."""
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
WORDS = {
    404: (
        "File not found",
        "This link no longer works. Ask the person who sent it for a new one.",
    ),
    410: ("This file is no longer available", ""),
    503: (
        "This file is temporarily unavailable",
        "Your link is still valid. Please try again in a few minutes.",
    ),
}
"""Title and text of a page by its status; where the text is empty, the error's message."""


@router.get("/{delivery_id}", response_class=FileResponse, summary="Download a file by link")
def download(
    srv: Srv,
    request: Request,
    delivery_id: str,
    expires: Annotated[int, Query(ge=0, le=LATEST)] = 0,
    signature: Annotated[str, Query(max_length=bounds.SIGNATURE)] = "",
) -> Response:
    """404 for a link that was never issued; 410 once it has expired or the file was removed."""

    def find(noted: bool) -> RunFile:
        return srv.download_links.file(delivery_id, expires, signature, noted=noted)

    try:
        return sent(request, HEADERS, find)
    except ExportsError as e:
        if not wants_page(request.headers.get("accept", "")):
            raise
        # Whoever opened the link in a browser gets a page, and not a problem document
        status = status_of(e)
        title, text = WORDS.get(status, WORDS[404])
        shown = page(title, paragraph(text or f"{e.message}."))
        return HTMLResponse(shown, status, HEADERS)
