"""Counters of this process for Prometheus. Figures of the database and the machine are read at each
scrape: see metrics_text.py.

Names follow prometheus.io/docs/practices/naming. Each label has few values, which nobody outside
can add to: routes are templates, never paths.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no annotation
"""The time at which each counter began would double the number of series."""
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
TICKS = Counter("exports_ticks", "Times that the engine looked for what is due", registry=REGISTRY)
RUN_SECONDS = Histogram(
    "exports_run_seconds",
    "Seconds that a worker spent on a run, from its claim to its end",
    buckets=(0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800, 3600),
    registry=REGISTRY,
)
LATENESS_SECONDS = Histogram(
    "exports_schedule_lateness_seconds",
    "Seconds between the run time of a scheduled export and the creation of its run",
    buckets=(1, 2, 5, 15, 60, 300, 900, 3600, 21_600, 86_400),
    registry=REGISTRY,
)
MESSAGES = Counter(
    "exports_messages",
    "Attempts to send an email, by kind and by what became of them",
    ["kind", "result"],
    registry=REGISTRY,
)
MESSAGE_KINDS = ("file", "notice", "account")
MESSAGE_RESULTS = {
    "accepted": "accepted",
    "failed": "failed",
    "pending": "deferred",
    "unknown": "unknown",
}
"""By the status of the message after the attempt."""
DESTINATIONS = Counter(
    "exports_destination_attempts",
    "Attempts to deliver a file to a destination, by channel and by what became of them",
    ["channel", "result"],
    registry=REGISTRY,
)
WEBHOOKS = Counter(
    "exports_webhook_attempts",
    "Attempts to send a message to a webhook, by what became of it",
    ["result"],
    registry=REGISTRY,
)
WEBHOOK_RESULTS = ("delivered", "failed", "deferred")
HTTP_REQUESTS = Counter(
    "exports_http_requests",
    "Requests to the API, by method, route and status",
    ["method", "route", "status"],
    registry=REGISTRY,
)
HTTP_SECONDS = Histogram(
    "exports_http_request_duration_seconds",
    "Seconds from the head of a request to the end of its answer, by method and route",
    ["method", "route"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
    registry=REGISTRY,
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

for _kind in MESSAGE_KINDS:
    for _result in MESSAGE_RESULTS.values():
        MESSAGES.labels(_kind, _result)  # counted from 0, so that the first one is an increase too

for _result in WEBHOOK_RESULTS:
    WEBHOOKS.labels(_result)


def count_message(kind: str, status: str) -> None:
    """After an attempt to send. kind: of MESSAGE_KINDS. status: the message's now."""
    MESSAGES.labels(kind, MESSAGE_RESULTS.get(status, status)).inc()


def count_destination(channel: str, status: str) -> None:
    """After an attempt to deliver. channel: an installed one. status: the delivery's now."""
    DESTINATIONS.labels(channel, MESSAGE_RESULTS.get(status, status)).inc()


def known(method: str) -> str:
    """The method of a request; "other" for one that strangers made up."""
    return method if method in METHODS else "other"


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """method: as `known` returns it. route: a template such as /api/users/{user_id}; empty where
    no route matched. status: 0 where the client left before the answer began."""
    HTTP_REQUESTS.labels(method, route or "none", str(status)).inc()
    HTTP_SECONDS.labels(method, route or "none").observe(seconds)
