"""Figures for Prometheus: for those who have the token or call from this machine itself."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.concurrency import run_in_threadpool

from exports_app import metrics as process_metrics
from exports_app.api.access import Srv
from exports_app.api.middleware.local_callers import is_insider
from exports_app.domain.errors import Unauthenticated, Unavailable
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.health import Figures

router = APIRouter(prefix="/api", tags=["health"])

HEALTHY = ("exports_healthy", "1 while /api/health answers 200")


@router.get("/metrics", include_in_schema=False)
async def metrics(srv: Srv, request: Request) -> Response:
    """Prometheus's text format. 401 for everyone else."""
    if not is_insider(request, srv.settings):
        raise Unauthenticated(
            "Call from this machine itself, or send METRICS_TOKEN as 'Authorization: Bearer …'"
        )
    try:
        figures = await run_in_threadpool(srv.health.figures)
        troubles = await run_in_threadpool(srv.health.troubles)
        now = _now(figures, healthy=request.app.state.engine_alive() and not troubles)
    except Unavailable:
        now = CollectorRegistry()
        _gauge(now, HEALTHY, 0)
    content = generate_latest(now) + generate_latest(process_metrics.REGISTRY)
    return Response(content, media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})


def _now(figures: Figures, *, healthy: bool) -> CollectorRegistry:
    registry = CollectorRegistry()
    _gauge(registry, HEALTHY, float(healthy))
    _gauge(
        registry,
        ("exports_due_lag_seconds", "How late the scheduled export is that is due the longest"),
        figures.due_lag,
    )
    _gauge(
        registry,
        ("exports_queue_age_seconds", "How long the first of the runs that could begin waits"),
        figures.queue_age,
    )
    _gauge(
        registry, ("exports_queue_runs", "Runs that wait"), figures.runs.get(RunStatus.PENDING, 0)
    )
    _by_status(registry, "exports_runs", "Runs in the history", RunStatus, figures.runs)
    _by_status(
        registry,
        "exports_deliveries",
        "Messages in the history",
        DeliveryStatus,
        figures.deliveries,
    )
    return registry


def _gauge(registry: CollectorRegistry, named: tuple[str, str], value: float) -> None:
    Gauge(*named, registry=registry).set(value)


def _by_status(
    registry: CollectorRegistry, name: str, what: str, statuses: Any, counts: Mapping[str, int]
) -> None:
    gauge = Gauge(name, f"{what}, by status", ["status"], registry=registry)
    for status in dict.fromkeys([*statuses, *counts]):  # also those of a newer version
        gauge.labels(str(status)).set(counts.get(status, 0))
