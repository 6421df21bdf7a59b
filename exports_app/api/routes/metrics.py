"""Figures for Prometheus: for whoever has the token, or calls from this machine itself."""

import asyncio
from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from exports_app import metrics as held
from exports_app.api.access import Srv
from exports_app.domain.errors import Unauthenticated, Unavailable
from exports_app.domain.run import DeliveryStatus, RunStatus
from exports_app.services.vitals import Figures
from exports_app.settings import loopback

router = APIRouter(prefix="/api", tags=["health"])

PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers by which a proxy on this machine tells that somebody else is calling."""
HEALTHY = ("exports_healthy", "1 while /api/health answers 200")


@router.get("/metrics", include_in_schema=False)
async def metrics(srv: Srv, request: Request) -> Response:
    """Prometheus's text format. 401 for everybody else."""
    s = srv.settings
    if not _may_read(request, s.metrics_token.get_secret_value(), behind_proxy=bool(s.public_url)):
        raise Unauthenticated("Call from this machine itself, or send METRICS_TOKEN as 'Authorization: Bearer …'")
    try:
        figures = await asyncio.to_thread(srv.vitals.figures)
        troubles = await asyncio.to_thread(srv.vitals.troubles)
        now = _now(figures, healthy=request.app.state.engine_alive() and not troubles)
    except Unavailable:
        now = CollectorRegistry()
        _gauge(now, HEALTHY, 0)
    content = generate_latest(now) + generate_latest(held.REGISTRY)
    return Response(content, media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})


def _may_read(request: Request, token: str, *, behind_proxy: bool) -> bool:
    given = request.headers.get("authorization", "")
    if token and compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    if behind_proxy or request.client is None or any(name in request.headers for name in PROXIES):
        return False
    # The Host too: a page of another site, whose name was made to lead here, must not read them
    return loopback(request.client.host) and loopback(request.url.hostname or "")


def _now(figures: Figures, *, healthy: bool) -> CollectorRegistry:
    registry = CollectorRegistry()
    _gauge(registry, HEALTHY, float(healthy))
    _gauge(registry, ("exports_due_lag_seconds", "How late the scheduled export is that is due the longest"), figures.due_lag)
    _gauge(registry, ("exports_queue_age_seconds", "How long the first of the runs that could begin waits"), figures.queue_age)
    _gauge(registry, ("exports_queue_runs", "Runs that wait"), figures.runs.get(RunStatus.PENDING, 0))
    _by_status(registry, "exports_runs", "Runs in the history", RunStatus, figures.runs)
    _by_status(registry, "exports_deliveries", "Messages in the history", DeliveryStatus, figures.deliveries)
    return registry


def _gauge(registry: CollectorRegistry, named: tuple[str, str], value: float) -> None:
    Gauge(*named, registry=registry).set(value)


def _by_status(registry: CollectorRegistry, name: str, what: str, statuses: Any, counts: Mapping[str, int]) -> None:
    one = Gauge(name, f"{what}, by status", ["status"], registry=registry)
    for status in statuses:
        one.labels(status.value).set(counts.get(status, 0))
