"""Whether the server can do its work."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response

from exports_app.api.middleware.local_callers import is_insider
from exports_app.api.schemas.health import HealthOut, LiveOut, ReadyOut
from exports_app.api.serving import Serving, Stage
from exports_app.api.single_flight import SingleFlight
from exports_app.services.core.interfaces import Usage
from exports_app.services.delivery import channels
from exports_app.wiring import Services

PATIENCE = 4.0
"""Seconds that any check may take: the answer comes within 5 seconds, whatever is stuck."""

ENGINE_STOPPED = "The engine has stopped: restart the server, and check its log"

NO_DATABASE = "The database does not answer"
NOT_SERVING = {
    Stage.STARTING: "The server is still starting",
    Stage.DRAINING: "The server is shutting down: it finishes open requests, then closes its port",
}

router = APIRouter(prefix="/api", tags=["health"])


@dataclass(frozen=True)
class Findings:
    """reasons: why it is down, in words; empty while all is well."""

    database_works: bool
    engine_alive: bool
    reasons: list[str]


@dataclass(frozen=True)
class _Checks:
    """In threads of their own, which must answer when all others wait."""

    database: SingleFlight[tuple[bool, list[str]]] = field(
        default_factory=lambda: SingleFlight("health")
    )
    others: SingleFlight[list[str]] = field(default_factory=lambda: SingleFlight("health-others"))
    files: SingleFlight[Usage | None] = field(default_factory=lambda: SingleFlight("health-files"))
    reachable: SingleFlight[bool] = field(default_factory=lambda: SingleFlight("ready"))

    async def of_database(self, srv: Services) -> tuple[bool, list[str]]:
        """Whether it works, and what is wrong or late."""
        try:
            return await self.database.do(srv.health.database, PATIENCE)
        except TimeoutError:
            return False, [f"The database has not answered for {PATIENCE:.0f} seconds"]

    async def of_others(self, srv: Services) -> list[str]:
        try:
            return await self.others.do(srv.health.unreachable, PATIENCE)
        except TimeoutError:
            return [f"The file store or Redis has not answered for {PATIENCE:.0f} seconds"]

    async def answers(self, srv: Services) -> bool:
        """Whether the database does."""
        try:
            return await self.reachable.do(srv.health.reachable, PATIENCE)
        except TimeoutError:
            return False

    async def usage(self, srv: Services) -> Usage | None:
        """None before the files were measured, which may take long."""
        try:
            return await self.files.do(srv.retention.usage, PATIENCE)
        except TimeoutError:
            return None


@router.get(
    "/health",
    response_model=HealthOut,
    response_model_exclude_unset=True,
    responses={503: {"model": HealthOut}},
    summary="Check health",
)
async def health(request: Request, response: Response) -> Any:
    """503 when something that is required is down, or when due work is not being processed. Missing
    mail settings and maintenance don't count as down.

    Unauthenticated callers get only the status. The details are for callers on this machine, and
    for those who send METRICS_TOKEN as a bearer token."""
    srv: Services = request.app.state.services
    insider = is_insider(request, srv.settings)
    found, files = await asyncio.gather(
        examine(request), _checks(request).usage(srv) if insider else _nothing()
    )
    response.status_code = 503 if found.reasons else 200
    status = "down" if found.reasons else "ok"
    if not insider:
        return {"status": status}
    maintenance = srv.maintenance.seen
    return {
        "status": status,
        **({"maintenance": maintenance} if maintenance.is_on else {}),
        "database": "ok" if found.database_works else "down",
        "engine": "ok" if found.engine_alive else "down",
        "email": "not configured" if channels.unconfigured() else "configured",
        "reasons": found.reasons,
        "files": files,
    }


@router.get("/live", response_model=LiveOut, summary="Check liveness")
async def live() -> Any:
    """200 as long as the process serves requests. Nothing else is checked: restart the server if
    there is no response."""
    return {"status": "ok"}


@router.get(
    "/ready",
    response_model=ReadyOut,
    response_model_exclude_unset=True,
    responses={503: {"model": ReadyOut}},
    summary="Check readiness",
)
async def ready(request: Request, response: Response) -> Any:
    """Whether a load balancer should send requests here. 503 while the server is starting or
    shutting down, and while the database does not answer.

    Unauthenticated callers get only the status, as with /api/health."""
    srv: Services = request.app.state.services
    serving: Serving = request.app.state.serving
    reasons = [NOT_SERVING[serving.stage]] if serving.stage in NOT_SERVING else []
    if not reasons and not await _checks(request).answers(srv):
        reasons = [NO_DATABASE]
    response.status_code = 503 if reasons else 200
    status = "not ready" if reasons else "ready"
    if not is_insider(request, srv.settings):
        return {"status": status}
    return {"status": status, "reasons": reasons}


async def examine(request: Request) -> Findings:
    """What is wrong now. Takes at most PATIENCE seconds."""
    srv: Services = request.app.state.services
    checks = _checks(request)
    (works, late), away = await asyncio.gather(checks.of_database(srv), checks.of_others(srv))
    alive = request.app.state.engine_alive()
    stopped = [] if alive else [ENGINE_STOPPED]
    return Findings(works, alive, [*late, *stopped, *away])


async def _nothing() -> None:
    """Strangers are not told what the files take."""


def _checks(request: Request) -> _Checks:
    state = request.app.state
    if not hasattr(state, "health_checks"):
        state.health_checks = _Checks()
    checks: _Checks = state.health_checks
    return checks
