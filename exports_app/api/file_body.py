"""A file as the body of a request, written to the disk while it arrives."""

import asyncio
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from exports_app.api.middleware.request_log import BODY
from exports_app.api.request_body import declares_more_than
from exports_app.domain.errors import FieldError, Invalid, TooLarge, TooSlow
from exports_app.services.campaigns.uploads import LIMIT, MIB, TOO_LARGE
from exports_app.services.core.disk import writing

SECONDS = 30 * 60.0
"""The longest time that a file may take to arrive."""
PART = MIB
"""Bytes that are written at a time."""


async def write(request: Request, path: Path) -> None:
    """Write the body to the path. Raises TooLarge, Invalid where it broke off, TooSlow, and
    StoreAway."""
    if declares_more_than(request, LIMIT):
        raise TooLarge(TOO_LARGE)
    if (body := request.scope.get(BODY)) is not None:
        body.spool()
    with writing():
        await _write(request, path)


async def _write(request: Request, path: Path) -> None:
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
