"""What each code of an error means: the pages that `type` of a problem names. Programs get JSON,
browsers a page. They need no sign-in and no database."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from exports_app.api import parameters
from exports_app.api.causes import CAUSES, PATH, Cause
from exports_app.api.html_page import page, paragraph, wants_page
from exports_app.api.schemas import problem_pages as schemas
from exports_app.domain.errors import NotFound

router = APIRouter(prefix=PATH, tags=["errors"], dependencies=[parameters.OPEN])

HEADERS = {"Cache-Control": "public, max-age=3600", "Vary": "Accept"}
"""They change with the version of the app only."""


@router.get("", response_model=schemas.CausesOut, summary="List the error codes")
async def listed(request: Request, response: Response) -> Any:
    """Every code that a problem can have. Browsers get a page."""
    if _for_browser(request):
        return HTMLResponse(_table(), headers=HEADERS)
    response.headers.update(HEADERS)
    return {"items": list(CAUSES.values())}


@router.get("/{code}", response_model=schemas.CauseOut, summary="Explain an error code")
async def one(request: Request, response: Response, code: str) -> Any:
    """What the code means, and what to do. Browsers get a page."""
    cause = CAUSES.get(code)
    if cause is None:
        raise NotFound(f"There is no error with this code: {PATH} lists all of them")
    if _for_browser(request):
        return HTMLResponse(_page(cause), headers=HEADERS)
    response.headers.update(HEADERS)
    return cause


def _for_browser(request: Request) -> bool:
    return wants_page(request.headers.get("accept", ""))


def _page(cause: Cause) -> str:
    head = f"<p>{cause.status} <code>{escape(cause.code)}</code></p>"
    more = f'<p><a href="{PATH}">All codes</a></p>'
    return page(cause.title, head + paragraph(cause.about) + paragraph(cause.fix) + more)


def _table() -> str:
    rows = "".join(
        f'<p>{cause.status} <a href="{cause.type}"><code>{escape(cause.code)}</code></a><br>'
        f"{escape(cause.title)}</p>"
        for cause in CAUSES.values()
    )
    return page("Error codes", rows, width="44rem", top="3rem")
