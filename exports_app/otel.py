"""Traces by OpenTelemetry's SDK. Imported only where they are wanted.

Ids: the trace of a run has the run's id, and the span of its creation one that follows from it. So
a worker's spans belong to the trace that a server or another worker began, and nothing needs to be
stored for that.
"""

import hashlib
import socket
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from os import getpid
from typing import Any, cast

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.re import parse_env_headers

from exports_app import __version__, tracing

EXPORT_SECONDS = 5.0
"""For one attempt to send spans to the collector."""
STOP_SECONDS = 3.0
"""For the last spans, when the process stops."""
KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}

_forced: ContextVar[SpanContext | None] = ContextVar("forced", default=None)


class _Ids:
    """Random ids, but for the span that is made with `_forced` set."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_span_id(self) -> int:
        forced = _forced.get()
        return forced.span_id if forced else int(self._random.generate_span_id())

    def generate_trace_id(self) -> int:
        forced = _forced.get()
        return forced.trace_id if forced else int(self._random.generate_trace_id())

    def is_trace_id_random(self) -> bool:
        return True


def start(endpoint: str, headers: str) -> None:
    """Send traces from now on. endpoint: OTLP over HTTP, without /v1/traces. headers:
    ``name=value``, separated by commas. Called in the process that serves or works, after any
    fork."""
    exporter = OTLPSpanExporter(
        endpoint=f"{endpoint.rstrip('/')}/v1/traces",
        headers=parse_env_headers(headers, liberal=True),
        timeout=EXPORT_SECONDS,
    )
    tracing.use(Tracer(BatchSpanProcessor(exporter)))


class Recorded(tracing.Span):
    def __init__(self, span: Span) -> None:
        self._span = span

    def set(self, **values: tracing.Value) -> None:
        self._span.set_attributes(tracing.named(values))

    def answered(self, method: str, route: str, status: int) -> None:
        self._span.update_name(f"{method} {route}".strip())
        self._span.set_attributes(
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            }
        )
        if status >= 500:
            self.fail(str(status))

    def fail(self, code: str) -> None:
        self._span.set_attribute("error.type", code)
        self._span.set_status(StatusCode.ERROR)


class Tracer:
    """processor: a SpanProcessor, which gets the spans that have ended."""

    def __init__(self, processor: Any) -> None:
        self._provider = TracerProvider(
            resource=Resource.create(
                {
                    "service.name": "exports_app",
                    "service.version": __version__,
                    "service.instance.id": f"{socket.gethostname()}:{getpid()}",
                }
            ),
            id_generator=cast(Any, _Ids()),
            shutdown_on_exit=False,  # it may wait for half a minute
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("exports_app", __version__)

    @contextmanager
    def span(
        self,
        name: str,
        kind: tracing.Kind,
        run_id: str,
        traceparent: str,
        attributes: Mapping[str, tracing.Value],
    ) -> Iterator["Recorded"]:
        """run_id: of the run to whose trace it belongs. traceparent: the header of a caller that
        has a trace of its own."""
        context: Context | None = None
        if run_id:
            context = trace.set_span_in_context(NonRecordingSpan(self._context_of(run_id)))
        elif traceparent:
            carrier = {"traceparent": traceparent}
            context = TraceContextTextMapPropagator().extract(carrier, Context())
        with self._tracer.start_as_current_span(
            name,
            context,
            KINDS[kind],
            dict(attributes),
            # The text of an error may name a recipient
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield Recorded(span)

    def run_created(self, run_id: str, attributes: Mapping[str, tracing.Value]) -> None:
        """Begin the trace of a run, and link it with the span at work: a tick's or a request's."""
        own, at_work = self._context_of(run_id), trace.get_current_span()
        links = [Link(at_work.get_span_context())] if at_work.is_recording() else []
        token = _forced.set(own)
        try:
            self._tracer.start_span(
                "run created", Context(), SpanKind.PRODUCER, dict(attributes), links
            ).end()
        finally:
            _forced.reset(token)
        at_work.add_link(own)

    def close(self) -> None:
        """Send the last spans, for STOP_SECONDS at most."""
        last = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        last.start()
        last.join(STOP_SECONDS)

    def _context_of(self, run_id: str) -> SpanContext:
        trace_id = uuid.UUID(run_id).int
        span_id = int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:8]) or 1
        # As the sampler decided, or will decide, where the run is created
        result = self._provider.sampler.should_sample(None, trace_id, "run created")
        sampled = result.decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
        return SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
