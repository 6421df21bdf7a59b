"""Whether the server can do its work."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from exports_app.api.access import Srv
from exports_app.api.middleware.local_callers import is_insider
from exports_app.api.schemas.health import HealthOut
from exports_app.domain.errors import Unavailable
from exports_app.services.delivery import channels

router = APIRouter(prefix="/api", tags=["health"])


@router.get(
    "/health",
    response_model=HealthOut,
    response_model_exclude_unset=True,
    responses={503: {"model": HealthOut}},
)
async def health(srv: Srv, request: Request, response: Response) -> Any:
    """503 when something that is needed is down, or what is due does not get its turn; mail that is
    not set up is no error.

    Strangers get the status alone; the rest is for this machine itself, and for those who send
    METRICS_TOKEN as a bearer token.
    """
    reasons = []
    try:
        # Not in the threads of the other routes: it must answer when they all wait
        await asyncio.to_thread(srv.store.ping)
        reasons = await asyncio.to_thread(srv.health.troubles)
        database = "ok"
    except Unavailable as e:
        database = "down"
        reasons.append(e.message)
    engine = "ok" if request.app.state.engine_alive() else "down"
    if engine == "down":
        reasons.append("the engine's loop does not turn: restart the server, and see its log")
    reasons += await asyncio.to_thread(srv.health.unreachable)
    working = not reasons
    response.status_code = 200 if working else 503
    status = "ok" if working else "down"
    if not is_insider(request, srv.settings):
        return {"status": status}
    email = "not configured" if channels.unconfigured() else "configured"
    files = await asyncio.to_thread(srv.retention.usage)
    return {
        "status": status,
        "database": database,
        "engine": engine,
        "email": email,
        "reasons": reasons,
        "files": files,
    }
