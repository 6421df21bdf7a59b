"""No request of allowed size keeps the event loop from others: neither the largest body nor the
largest answer."""

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from exports_app.api.app import create
from exports_app.domain import bounds
from exports_app.domain.runs.states import DeliveryStatus, RunStatus, Trigger
from exports_app.services.core.records import Campaign, Delivery, Run, new_id
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.new_run import new_run
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, SCHEDULES, Api, schedule_body
from tests.api.conftest import Clients, Engine
from tests.api.routes import CASES, SUPER_ADMINS, Case, named
from tests.inputs import PATTERNS
from tests.loopwatch import LoopWatch
from tests.loopwatch import loop_watch as loop_watch  # noqa: PLC0414  (a fixture)
from tests.world import Cast, draft, make_schedule, uuid_of

RECIPIENTS = tuple(f"{'x' * 50}{i}@{'y' * 60}.example.com" for i in range(bounds.RECIPIENTS))


@named([case for case in [*CASES, *SUPER_ADMINS] if case.body is not None])
def test_the_largest_body_is_read_beside_the_loop(
    api: Clients, ids: dict[str, str], loop_watch: LoopWatch, case: Case
) -> None:
    path = case.path.format(**ids)
    fields = list(case.body)
    shapes = {
        "brackets": b"[" * case.limit,
        "digits": b'{"a":' + b"9" * (case.limit - 6) + b"}",
        "one text": b'{"' + fields[0].encode() + b'":"' + b"x" * (case.limit - 40) + b'"}',
        "many names": ("{" + ",".join(f'"k{i}":1' for i in range(case.limit // 14)) + "}").encode(),
        "escapes": b'{"a":"' + b"\\u0301" * ((case.limit - 8) // 6) + b'"}',
    }
    api.super_admin.request(case.method, path, content=json.dumps(case.body).encode())
    loop_watch.slow.clear()
    for what, content in shapes.items():
        loop_watch.about = f"{case.method} {case.path}: {what}"
        assert len(content) <= case.limit
        assert api.super_admin.request(case.method, path, content=content).status_code in {
            404,
            409,
            422,
        }


def test_ten_thousand_days_are_read_beside_the_loop(
    api: Clients, campaign: dict[str, Any], loop_watch: LoopWatch
) -> None:
    days = [
        {
            "date": str(date(1990, 1, 1) + timedelta(days=i)),
            "impressions": 10**12,
            "spend": "12345678901.25",
            "revenue": 0.5,
        }
        for i in range(bounds.METRIC_DAYS)
    ]
    content = json.dumps({"items": days}).encode()
    loop_watch.slow.clear()
    loop_watch.about = "the metrics of ten thousand days"
    answer = api.admin.request("POST", f"{CAMPAIGNS}/{campaign['id']}/metrics", content=content)
    assert answer.json() == {"written": bounds.METRIC_DAYS}


def test_the_longest_history_is_written_beside_the_loop(
    api: Clients, services: Services, cast: Cast, loop_watch: LoopWatch
) -> None:
    schedule = make_schedule(services, cast.admin.who, recipients=RECIPIENTS)
    with services.store.write() as tx:
        for i in range(500):
            at = services.clock() - timedelta(minutes=i)
            run = new_run(
                schedule, Trigger.MANUAL, at, triggered_by=cast.admin.user.id, created_at=at
            )
            tx.runs.add(Run(**run.__dict__ | {"status": RunStatus.FAILED, "error": "x" * 500}))
            tx.deliveries.add(
                Delivery(
                    new_id(),
                    run.id,
                    "email",
                    target,
                    DeliveryStatus.FAILED,
                    new_id(),
                    9,
                    "550 " + "x" * 200,
                )
                for target in RECIPIENTS
            )
    path = f"{SCHEDULES}/{schedule.id}/history"
    api.admin.get(path)
    loop_watch.slow.clear()
    loop_watch.about = "a history of 500 runs with 50 recipients each"
    answer = api.admin.get(path, params={"limit": "500"})
    assert len(answer.json()["items"]) == 500


def test_the_largest_list_is_written_beside_the_loop(
    api: Clients, services: Services, cast: Cast, loop_watch: LoopWatch
) -> None:
    made = [
        Campaign(uuid_of(0xF0000 + i), cast.acme.id, f"C{i}", "search", "active", "EUR")
        for i in range(bounds.CAMPAIGNS)
    ]
    with services.store.write() as tx:
        tx.campaigns.add(made)
    filters = Filters(campaign_ids=tuple(campaign.id for campaign in made))
    values = draft(description="\N{GRINNING FACE}" * 2_000, recipients=RECIPIENTS, filters=filters)
    schedule = services.schedules.create(cast.admin.who, None, values)
    with services.store.write() as tx:
        for number in range(1, 200):
            tx.schedules.add(replace(schedule, id=new_id(), slug=f"export-{number}"))
    api.admin.get(SCHEDULES, params={"size": "1"})
    loop_watch.slow.clear()
    loop_watch.about = "a page of 200 scheduled exports with all that they may hold"
    assert len(api.admin.get(SCHEDULES, params={"size": "200"}).json()["items"]) == 200


def sent_raw(
    api: Api, runner: asyncio.Runner, path: str, query: bytes, headers: dict[str, bytes]
) -> int:
    """The status of a GET that no client has touched on its way: clients read addresses too."""
    statuses: list[int] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [
            (b"host", b"exports.test"),
            (b"authorization", f"Bearer {api.token}".encode()),
            *((name.lower().encode(), value) for name, value in headers.items()),
        ],
        "client": ("192.0.2.7", 4711),
        "server": ("exports.test", 80),
        "state": {},
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    runner.run(api.app(scope, receive, send))
    return statuses[0]


@pytest.mark.parametrize("what", PATTERNS)
def test_addresses_and_headers_are_read_in_no_time(
    api: Clients, runner: asyncio.Runner, loop_watch: LoopWatch, what: str
) -> None:
    text = PATTERNS[what](8_000).encode("utf-8", "surrogatepass")
    header = bytes(byte for byte in text if byte >= 32 and byte != 127)[:10_000]
    sent_raw(api.admin, runner, SCHEDULES, b"", {})
    loop_watch.slow.clear()
    loop_watch.about = f"headers and queries of {what}"
    for name in ("X-Request-ID", "User-Agent", "Accept", "Cookie"):
        assert sent_raw(api.admin, runner, SCHEDULES, b"", {name: header}) == 200
    escaped = b"".join(b"%%%02X" % byte for byte in text[:5_000])
    for query in (
        b"q=" + escaped,
        b"&".join([b"q"] * 7_000),
        b"q=" + b"%" * 15_000,
        b"q=" + b"+" * 15_000,
        b"a=1&" * 4_000,
    ):
        assert sent_raw(api.admin, runner, SCHEDULES, query, {}) in {200, 422}
        assert sent_raw(api.admin, runner, "/api/files/x", query, {}) in {404, 422}


def test_bodies_for_others_are_as_small_as_they_can_be(api: Clients, ids: dict[str, str]) -> None:
    content = json.dumps(schedule_body()).encode() + b" " * 70_000
    assert api.admin.request("POST", SCHEDULES, content=content).status_code == 201
    assert (
        api.admin.request("POST", f"{SCHEDULES}/validate-cron", content=content).status_code == 413
    )


def test_the_openapi_document_is_made_beside_the_loop(
    services: Services, engine: Engine, runner: asyncio.Runner, loop_watch: LoopWatch
) -> None:
    nobody = Api(create(services, engine), runner)
    nobody.get("/api/health")
    loop_watch.slow.clear()
    loop_watch.about = "the OpenAPI document, asked for the first time"
    answers = [nobody.get("/api/openapi.json") for _ in range(2)]
    assert {answer.json()["openapi"][:2] for answer in answers} == {"3."}
