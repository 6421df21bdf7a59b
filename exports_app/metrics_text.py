"""What a scrape of Prometheus gets: the counters of this process, figures of the machine, and those
of the installation, which are read from the database."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy.pool import QueuePool

from exports_app import __version__, metrics
from exports_app.db.engine import POOL_OVERFLOW, POOL_SIZE, Database
from exports_app.db.process_registry import ProcessKind
from exports_app.domain.errors import Unavailable
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.interfaces import Usage
from exports_app.services.health import Figures
from exports_app.settings import Settings
from exports_app.wiring import Services


def of_server(services: Services, *, healthy: bool) -> bytes:
    """Without the installation's figures while the database cannot be reached."""
    registry = _of_process(services, "server", healthy=healthy)
    try:
        figures = services.health.figures()
        workers = 0 if services.database.embedded else _workers(services)
    except Unavailable:
        pass
    else:
        _add_figures(registry, figures, workers)
    if (usage := services.retention.measured) is not None:
        _add_usage(registry, usage)
    return _text(registry)


def of_worker(services: Services, *, healthy: bool) -> bytes:
    """Without the installation's figures, which servers give."""
    return _text(_of_process(services, "worker", healthy=healthy))


def _text(registry: CollectorRegistry) -> bytes:
    return generate_latest(registry) + generate_latest(metrics.REGISTRY)


def _workers(services: Services) -> int:
    return services.process_registry.count(ProcessKind.WORKER)


def _of_process(services: Services, kind: str, *, healthy: bool) -> CollectorRegistry:
    registry = CollectorRegistry()
    _gauge(registry, "exports_healthy", "1 while the process can do its work", float(healthy))
    build = {
        "version": __version__,
        "kind": kind,
        "database": "sqlite" if services.database.embedded else "postgresql",
    }
    _by(registry, "exports_build_info", "1, for the version that runs", build)
    _add_pool(registry, services.database)
    _add_disks(registry, services.settings)
    return registry


def _add_pool(registry: CollectorRegistry, database: Database) -> None:
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    _gauge(
        registry,
        "exports_database_connections_in_use",
        "Connections of the pool that are in use",
        pool.checkedout(),
    )
    _gauge(
        registry,
        "exports_database_connections_max",
        "Connections that the pool may have",
        POOL_SIZE + POOL_OVERFLOW,
    )


def _add_disks(registry: CollectorRegistry, settings: Settings) -> None:
    labels = ["place"]
    free = Gauge("exports_disk_free_bytes", "Free space of the disk", labels, registry=registry)
    used = Gauge("exports_disk_used_bytes", "Used space of the disk", labels, registry=registry)
    for place, folder in _folders(settings):
        try:
            disk = shutil.disk_usage(folder)
        except OSError:  # e.g. not mounted, which health reports
            continue
        free.labels(place).set(disk.free)
        used.labels(place).set(disk.used)


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "data", settings.data_dir
    if settings.files_url.startswith("/"):
        yield "files", Path(settings.files_url)


def _add_usage(registry: CollectorRegistry, usage: Usage) -> None:
    _gauge(registry, "exports_stored_files", "Finished files that are kept", usage.count)
    _gauge(registry, "exports_stored_files_bytes", "Size of the finished files", usage.bytes)


def _add_figures(registry: CollectorRegistry, figures: Figures, workers: int) -> None:
    _gauge(
        registry,
        "exports_maintenance",
        "1 in maintenance, during which no runs start",
        float(figures.maintenance),
    )
    _gauge(registry, "exports_workers", "Workers that run, on all machines", workers)
    _gauge(
        registry,
        "exports_due_lag_seconds",
        "How late the most overdue scheduled export is",
        figures.due_lag,
    )
    _gauge(
        registry,
        "exports_queue_age_seconds",
        "How long the oldest queued run that could start has waited",
        figures.queue_age,
    )
    _gauge(registry, "exports_queue_runs", "Queued runs", figures.runs.get(RunStatus.PENDING, 0))
    _by_status(registry, "exports_runs", "Runs in the history", list(RunStatus), figures.runs)
    _by_status(
        registry,
        "exports_deliveries",
        "Messages in the history",
        list(DeliveryStatus),
        figures.deliveries,
    )
    waiting = Gauge(
        "exports_messages_waiting",
        "Emails that are still to be sent, by kind; of notice and account at most 1000 are counted",
        ["kind"],
        registry=registry,
    )
    for kind, count in figures.messages_waiting.items():
        waiting.labels(kind).set(count)
    _gauge(
        registry,
        "exports_webhooks_waiting",
        "Messages to webhooks that are still to be sent; at most 1000 are counted",
        figures.webhooks_waiting,
    )


def _gauge(registry: CollectorRegistry, name: str, what: str, value: float) -> None:
    Gauge(name, what, registry=registry).set(value)


def _by(registry: CollectorRegistry, name: str, what: str, labels: Mapping[str, str]) -> None:
    Gauge(name, what, list(labels), registry=registry).labels(**labels).set(1)


def _by_status(
    registry: CollectorRegistry,
    name: str,
    what: str,
    statuses: list[RunStatus] | list[DeliveryStatus],
    counts: Mapping[str, int],
) -> None:
    gauge = Gauge(name, f"{what}, by status", ["status"], registry=registry)
    for status in dict.fromkeys([*statuses, *counts]):  # also those of a newer version
        gauge.labels(str(status)).set(counts.get(status, 0))
