"""Figures for Prometheus: for those who have the token or call from this machine itself."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from exports_app import metrics_text
from exports_app.api.access import Srv
from exports_app.api.middleware.local_callers import is_insider
from exports_app.api.routes import health
from exports_app.domain.errors import (
    MetricsTokenRequired,
)

router = APIRouter(prefix="/api", tags=["health"])


@router.get("/metrics", include_in_schema=False)
async def metrics(srv: Srv, request: Request) -> Response:
    """Prometheus's text format. 401 for everyone else."""
    if not is_insider(request, srv.settings):
        raise MetricsTokenRequired
    found = await health.examine(request)
    content = await run_in_threadpool(metrics_text.of_server, srv, healthy=not found.reasons)
    return Response(content, media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})
