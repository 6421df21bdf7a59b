"""Counters of this process for Prometheus. Figures of the database are read at each scrape: see
services/health.py."""

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()
TICKS = Counter("exports_ticks", "Times that the engine looked for what is due", registry=REGISTRY)
RUN_SECONDS = Histogram(
    "exports_run_seconds",
    "Seconds that a worker spent on a run, from its claim to its end",
    buckets=(0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600),
    registry=REGISTRY,
)
