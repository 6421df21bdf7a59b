"""A file that a page's browser sends for an import. A page cannot send one over its websocket.

Not in the OpenAPI document: this address is for the app's own pages.
"""

import asyncio
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from exports_app import log
from exports_app.api.access import Srv
from exports_app.api.middleware.allowed_hosts import same_origin
from exports_app.api.middleware.request_log import BODY
from exports_app.api.request_body import check_coding, declares_more_than
from exports_app.api.routes.sessions import SECRET, SessionId
from exports_app.domain.errors import (
    CrossSite,
    FieldError,
    Invalid,
    StoreAway,
    TooLarge,
    TooSlow,
)
from exports_app.services.campaigns.uploads import LIMIT, MIB, TOO_LARGE

SECONDS = 30 * 60.0
"""The longest time that a file may take to arrive."""
PART = MIB
"""Bytes that are written at a time."""

_log = log.get(__name__)
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
        if declares_more_than(request, LIMIT):
            raise TooLarge(TOO_LARGE)
        if (body := request.scope.get(BODY)) is not None:
            body.spool()
        try:
            await _write(request, incoming.path)
            await run_in_threadpool(srv.uploads.keep, incoming)
        except OSError as e:
            _log.warning("a file for an import cannot be stored", reason=e.strerror)
            raise StoreAway("The server cannot store this file: its disk may be full") from e
    return Response(status_code=204, headers=SECRET)


async def _write(request: Request, path: Path) -> None:
    """Write the body to the path. Raises TooLarge, Invalid where it broke off, TooSlow."""
    file = await run_in_threadpool(path.open, "wb")
    try:
        async with asyncio.timeout(SECONDS):
            size, part = 0, bytearray()
            async for received in request.stream():
                size += len(received)
                if size > LIMIT:
                    raise TooLarge(TOO_LARGE)
                part += received
                if len(part) >= PART:
                    await run_in_threadpool(file.write, part)
                    part = bytearray()
            await run_in_threadpool(file.write, part)
    except ClientDisconnect:
        broke_off = FieldError("", "the upload was interrupted: send the file again")
        raise Invalid([broke_off]) from None
    except TimeoutError:
        raise TooSlow from None
    finally:
        await run_in_threadpool(file.close)
