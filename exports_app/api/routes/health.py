"""Whether the server can do its work."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from exports_app.api.access import Srv
from exports_app.api.shapes import HealthOut
from exports_app.domain.errors import Unavailable
from exports_app.services.plugs import CHANNELS

router = APIRouter(prefix="/api", tags=["health"])


@router.get("/health", response_model=HealthOut, responses={503: {"model": HealthOut}})
async def health(srv: Srv, request: Request, response: Response) -> Any:
    """503 only when database or engine is down; mail that is not set up is said, and no error."""
    try:
        # Not in the threads of the other routes: it must answer when they all wait
        await asyncio.to_thread(srv.store.ping)
        database = "ok"
    except Unavailable:
        database = "down"
    engine = "ok" if request.app.state.engine_alive() else "down"
    working = database == engine == "ok"
    response.status_code = 200 if working else 503
    email = "not configured" if CHANNELS["email"].unconfigured() else "configured"
    try:
        files = await asyncio.to_thread(srv.retention.usage)
    except OSError:  # the disk is away: then the database on it is what is down
        files = None
    return {"status": "ok" if working else "down", "database": database, "engine": engine, "email": email, "files": files}
