"""Traces: which spans there are, how they belong together, and what they do not tell."""

import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from exports_app import otel, tracing
from exports_app.domain.access import Principal
from exports_app.wiring import Services
from tests.api.client import SCHEDULES
from tests.api.conftest import Clients
from tests.doubles import FakeClock
from tests.mailserver import MailServer
from tests.paths import ROOT
from tests.world import PASSWORD, claim, execute

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.use(otel.Tracer(SimpleSpanProcessor(exporter)))
    try:
        yield exporter
    finally:
        tracing.stop()


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    (one,) = [span for span in spans.get_finished_spans() if span.name == name]
    return one


def parent_of(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def links_of(span: ReadableSpan) -> list[int]:
    return [link.context.span_id for link in span.links]


@pytest.mark.usefixtures("mail")
def test_a_request_its_run_and_its_messages_belong_together(
    api: Clients, services: Services, schedule: Any, spans: InMemorySpanExporter
) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-ID": "mine"}
    api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger", headers=headers)
    run = execute(services, claim(services))

    request = named(spans, f"POST {SCHEDULES}/{{schedule_id}}/trigger")
    assert request.context is not None
    assert f"{request.context.trace_id:032x}" == TRACE
    assert f"{parent_of(request):016x}" == PARENT
    assert dict(request.attributes or {}) == {
        "exports.request": "mine",
        "http.request.method": "POST",
        "http.route": f"{SCHEDULES}/{{schedule_id}}/trigger",
        "http.response.status_code": 202,
    }

    created, attempt = named(spans, "run created"), named(spans, "run")
    assert (links_of(created), links_of(request)) == ([id_of(request)], [id_of(created)])
    of_run = [created, attempt, *(named(spans, n) for n in ("make file", "deliver"))]
    of_run += [s for s in spans.get_finished_spans() if s.name == "send message"]
    assert len(of_run) == 4 + len(schedule["recipients"])
    assert {s.context.trace_id for s in of_run if s.context} == {uuid.UUID(run.id).int}
    _, _, file, deliver, *sent = of_run
    assert created.parent is None
    assert parent_of(attempt) == id_of(created)
    assert parent_of(file) == parent_of(deliver) == id_of(attempt)
    assert {parent_of(s) for s in sent} == {id_of(deliver)}
    assert {(s.attributes or {})["exports.status"] for s in sent} == {"accepted"}


def test_a_tick_is_linked_with_its_runs(
    services: Services, schedule: Any, clock: FakeClock, spans: InMemorySpanExporter
) -> None:
    spans.clear()
    assert services.ticks.tick() == 0
    assert not spans.get_finished_spans()  # one a second would be noise
    clock.set(datetime.fromisoformat(schedule["nextRunAt"]))
    assert services.ticks.tick() == 1
    tick, created = named(spans, "tick"), named(spans, "run created")
    assert (links_of(tick), links_of(created)) == ([id_of(created)], [id_of(tick)])
    assert dict(tick.attributes or {}) == {"exports.due": 1, "exports.runs": 1}


def test_an_error_is_told_by_its_code(
    services: Services,
    admin: Principal,
    schedule: Any,
    spans: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("of anna@example.com")

    services.schedules.trigger(admin, schedule["id"])
    monkeypatch.setattr("exports_app.engine.worker._require_known", broken)
    execute(services, claim(services))
    run = named(spans, "run")
    assert not run.status.is_ok
    assert (run.attributes or {})["error.type"] == "RuntimeError"
    assert "anna" not in run.to_json()


@pytest.mark.usefixtures("mail")
def test_nothing_secret_or_of_people_is_told(
    api: Clients,
    services: Services,
    schedule: Any,
    spans: InMemorySpanExporter,
    mail: MailServer,
) -> None:
    api.anonymous.post("/api/auth/login", json={"email": "a@b.example", "password": PASSWORD})
    api.anonymous.get("/api/download/a-code-for-once?token=of-someone")
    api.anonymous.get("/api/health")
    api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger")
    execute(services, claim(services))
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "/api/auth/login" in told
    secrets = [PASSWORD, "a@b.example", "a-code-for-once", "of-someone", "Bearer", "/api/health"]
    for secret in [*secrets, schedule["name"], *schedule["recipients"], mail.host]:
        assert secret not in told, secret


def test_spans_are_sent_to_the_collector() -> None:
    got = list[tuple[str, str | None, bytes]]()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.path, self.headers["x-key"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            otel.start(f"http://127.0.0.1:{server.server_port}/", "x-key=a%20secret")
            with tracing.span("a span for the test"):
                pass
            tracing.stop()
        finally:
            server.shutdown()
            thread.join()
    ((path, key, body),) = got
    assert (path, key) == ("/v1/traces", "a secret")
    assert b"a span for the test" in body
    assert b"exports_app" in body


def test_without_the_setting_nothing_is_imported() -> None:
    code = (
        "import sys; from exports_app import tracing, wiring; import exports_app.engine.local\n"
        "with tracing.span('x'): tracing.run_created('a', 'b', 'c')\n"
        "tracing.stop()\n"
        "theirs = ('opentelemetry.sdk', 'opentelemetry.exporter')\n"
        "print([name for name in sys.modules if name.startswith(theirs)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
