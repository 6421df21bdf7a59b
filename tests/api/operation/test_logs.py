"""What log lines of requests and runs name."""

from typing import Any

import pytest
import structlog

from exports_app import log
from exports_app.wiring import Services
from tests.api.client import SCHEDULES
from tests.api.conftest import Clients
from tests.world import claim, execute

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_lines_name_request_tenant_and_run(api: Clients, services: Services, schedule: Any) -> None:
    tenant, path = schedule["tenantId"], f"{SCHEDULES}/{schedule['id']}"
    with structlog.testing.capture_logs(log.CONTEXT) as lines:
        api.admin.post(f"{path}/trigger", headers={"X-Request-ID": "mine"})
        api.anonymous.get(path)
        execute(services, run := claim(services))
    triggered, refused = [line for line in lines if line["event"] == "request"]
    assert (triggered["request"], triggered["tenant"]) == ("mine", tenant)
    assert "tenant" not in refused
    assert refused["request"] != "mine"
    (finished,) = [line for line in lines if line["event"] == "run finished"]
    assert (finished["run"], finished["schedule"]) == (run.id, schedule["id"])
    assert (finished["tenant"], finished["attempt"]) == (tenant, 1)
    assert "request" not in finished


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (f"00-{TRACE}-b7ad6b7169203331-01", TRACE),
        (f"01-{TRACE}-b7ad6b7169203331-01-later", TRACE),
        (f"ff-{TRACE}-b7ad6b7169203331-01", None),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-b7ad6b7169203331-01", None),
        ("x", None),
    ],
)
def test_lines_name_the_callers_trace(api: Clients, sent: str, named: str | None) -> None:
    with structlog.testing.capture_logs(log.CONTEXT) as lines:
        api.anonymous.get("/api/nope", headers={"traceparent": sent})
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line.get("trace") == named
