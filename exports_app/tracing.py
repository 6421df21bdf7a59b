"""Traces: spans of requests, ticks, runs and messages, for OpenTelemetry's collectors.

Off unless otel.py was told to send them: then each call does nothing, and OpenTelemetry's SDK is
not imported. Attributes are ids, numbers and codes, never texts of people, addresses, paths or
secrets.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Protocol

Value = str | int
Kind = Literal["internal", "server", "client", "consumer"]
_PARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)


class Span:
    """One that is not recorded."""

    def set(self, **values: Value) -> None:
        """Add attributes; ``exports.`` goes before their names."""

    def answered(self, method: str, route: str, status: int) -> None:
        """A request's outcome, in OpenTelemetry's names. route: a template; may be empty."""

    def fail(self, code: str) -> None:
        """code: of the error, or its class."""


class Tracer(Protocol):
    def span(
        self,
        name: str,
        kind: Kind,
        run_id: str,
        traceparent: str,
        attributes: Mapping[str, Value],
    ) -> AbstractContextManager[Span]: ...
    def run_created(self, run_id: str, attributes: Mapping[str, Value]) -> None: ...
    def close(self) -> None: ...


_tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """None: no traces."""
    global _tracer  # noqa: PLW0603 (the one of the process)
    _tracer = tracer


def stop() -> None:
    """Send what is left, for a few seconds at most."""
    if _tracer is not None:
        _tracer.close()
        use(None)


@contextmanager
def span(
    name: str, kind: Kind = "internal", run_id: str = "", traceparent: str = "", **values: Value
) -> Iterator[Span]:
    """A span for the length of the block, within the one at work. run_id: in the run's trace
    instead. traceparent: the header of a caller with a trace of its own. values: attributes, as
    `Span.set`."""
    if _tracer is None:
        yield Span()
        return
    with _tracer.span(name, kind, run_id, traceparent, named(values)) as recorded:
        yield recorded


def run_created(run_id: str, tenant_id: str, schedule_id: str) -> None:
    """Begin the run's trace, linked with the request or the tick that created it. Called once the
    run is stored."""
    if _tracer is not None:
        _tracer.run_created(
            run_id, named({"run": run_id, "tenant": tenant_id, "schedule": schedule_id})
        )


def trace_of(traceparent: str) -> str:
    """The trace's id in the header (W3C Trace Context, section 3.2); empty where it is not
    valid."""
    found = _PARENT.fullmatch(traceparent)
    return found[1] if found else ""


def named(values: dict[str, Value]) -> dict[str, Value]:
    """With the names that they have in traces."""
    return {f"exports.{name}": value for name, value in values.items()}
