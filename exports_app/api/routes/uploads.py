"""A file that a page's browser sends for an import. A page cannot send one over its websocket.

Not in the OpenAPI document: this address is for the app's own pages.
"""

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from exports_app.api import file_body
from exports_app.api.access import Srv
from exports_app.api.middleware.allowed_hosts import same_origin
from exports_app.api.request_body import check_coding
from exports_app.api.routes.sessions import SECRET, SessionId
from exports_app.domain.errors import CrossSite
from exports_app.services.core.disk import writing

router = APIRouter(include_in_schema=False)


def own_page(srv: Srv, request: Request) -> None:
    """Refuses a request that a page of another site made, also one that has our cookie: a
    subdomain's. Browsers always send an Origin with POST."""
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin is not None and not same_origin(origin, host, srv.settings.public_url):
        raise CrossSite


@router.post(
    "/api/uploads/{code}",
    status_code=204,
    dependencies=[Depends(own_page), Depends(check_coding)],
)
async def upload(srv: Srv, request: Request, code: str, session_id: SessionId) -> Response:
    """The body is the file itself."""
    async with contextmanager_in_threadpool(srv.uploads.receive(code, session_id)) as incoming:
        await file_body.write(request, incoming.path)
        with writing():
            await run_in_threadpool(srv.uploads.keep, incoming)
    return Response(status_code=204, headers=SECRET)
