"""The figures for Prometheus, and who may read them."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from exports_app import __version__
from exports_app.domain.access import Principal
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, problem
from tests.api.conftest import Clients, Engine
from tests.api.lost_database import without_database
from tests.doubles import FakeClock
from tests.mailserver import MailServer
from tests.world import claim, execute

METRICS = "/api/metrics"
TOKEN = "a token for the tests of metrics"


@pytest.fixture
def reader(services: Services, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The headers of someone with the token."""
    monkeypatch.setattr(
        services.settings,
        "__dict__",
        services.settings.__dict__ | {"metrics_token": SecretStr(TOKEN)},
    )
    return {"Authorization": f"Bearer {TOKEN}"}


def figures(answer: httpx.Response) -> dict[str, float]:
    """By name, with its status where it has one."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    samples = [s for family in text_string_to_metric_families(answer.text) for s in family.samples]
    return {
        s.name + (f" {s.labels['status']}" if "status" in s.labels else ""): s.value
        for s in samples
    }


def test_tell_what_waits_what_is_late_and_how_it_ended(
    api: Clients,
    reader: dict[str, str],
    services: Services,
    admin: Principal,
    schedule: Any,
    clock: FakeClock,
) -> None:
    before = figures(api.anonymous.get(METRICS, headers=reader))
    assert (
        before["exports_healthy"],
        before["exports_queue_runs"],
        before["exports_due_lag_seconds"],
    ) == (1, 0, 0)
    for _ in range(2):
        services.schedules.trigger(admin, schedule["id"])
    execute(services, claim(services))
    clock.advance(seconds=7)
    after = figures(api.anonymous.get(METRICS, headers=reader))
    assert (
        after["exports_queue_runs"],
        after["exports_queue_age_seconds"],
        after["exports_runs pending"],
    ) == (1, 7, 1)
    assert (after["exports_runs completed"], after["exports_runs failed"]) == (1, 0)
    assert after["exports_deliveries skipped"] == len(
        schedule["recipients"]
    )  # no mail server is set
    clock.advance(days=60)
    late = figures(api.anonymous.get(METRICS, headers=reader))
    assert late["exports_due_lag_seconds"] > 50 * 86_400
    assert late["exports_healthy"] == 0


def test_say_that_the_engine_is_down(api: Clients, reader: dict[str, str], engine: Engine) -> None:
    engine.alive = False
    assert figures(api.anonymous.get(METRICS, headers=reader))["exports_healthy"] == 0


def test_are_nobody_elses(api: Clients, reader: dict[str, str]) -> None:
    for client in (api.anonymous, api.admin, api.super_admin):
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": TOKEN},
            {"Authorization": f"Basic {TOKEN}"},
        ):
            if client is not api.anonymous and headers:
                continue
            problem(client.get(METRICS, headers=headers), 401, "metrics_token_required")


def test_without_a_token_nobody_elsewhere_reads_them(api: Clients) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}):
        problem(api.anonymous.get(METRICS, headers=headers), 401, "metrics_token_required")


@pytest.mark.parametrize(
    ("host", "name", "headers", "status"),
    [
        ("127.0.0.1", "localhost", {}, 200),
        ("::1", "[::1]", {}, 200),
        ("127.0.0.1", "localhost", {"X-Forwarded-For": "203.0.113.9"}, 401),
        ("127.0.0.1", "localhost", {"Forwarded": "for=203.0.113.9"}, 401),
        ("127.0.0.1", "localhost", {"Via": "1.1 proxy"}, 401),
        ("127.0.0.1", "localhost", {"Fly-Client-IP": "203.0.113.9"}, 401),
        ("127.0.0.1", "rebound.example.com", {}, 401),
        ("203.0.113.9", "localhost", {}, 401),
    ],
)
def test_are_for_this_machine_itself(
    api: Clients, runner: Any, host: str, name: str, headers: dict[str, str], status: int
) -> None:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(api.anonymous.app, client=(host, 1234))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as client:
            return await client.get(METRICS, headers=headers)

    assert runner.run(call()).status_code == status


def test_behind_a_proxy_only_the_token_counts(
    api: Clients,
    runner: Any,
    services: Services,
    reader: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = services.settings.__dict__ | {"public_url": "https://exports.example.com"}
    monkeypatch.setattr(services.settings, "__dict__", held)
    near = api.anonymous.using(None, "127.0.0.1")
    problem(near.get(METRICS, headers={"Host": "127.0.0.1:3720"}), 401, "metrics_token_required")
    assert figures(near.get(METRICS, headers=reader))["exports_healthy"] == 1


def test_say_so_while_the_database_is_away(
    api: Clients, reader: dict[str, str], services: Services
) -> None:
    with without_database(services):
        told = figures(api.anonymous.get(METRICS, headers=reader))
    assert told["exports_healthy"] == 0
    assert "exports_ticks_total" in told
    assert "exports_queue_runs" not in told


def test_nothing_of_a_tenant_is_told(api: Clients, reader: dict[str, str], schedule: Any) -> None:
    api.admin.get(f"{SCHEDULES}/{schedule['id']}")
    api.anonymous.get(f"/api/of-{schedule['id']}")
    told = api.anonymous.get(METRICS, headers=reader).text
    assert f'route="{SCHEDULES}/{{schedule_id}}"' in told
    for secret in (
        schedule["id"],
        schedule["tenantId"],
        schedule["name"],
        *schedule["recipients"],
    ):
        assert secret not in told


def test_say_what_health_says(
    api: Clients, reader: dict[str, str], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.health, "unreachable", lambda: ["the files are away"])
    assert figures(api.anonymous.get(METRICS, headers=reader))["exports_healthy"] == 0
    assert api.anonymous.get("/api/health").status_code == 503


def samples(api: Clients, reader: dict[str, str], name: str) -> dict[tuple[str, ...], float]:
    """Values by the values of the labels, in the order of the labels' names."""
    text = api.anonymous.get(METRICS, headers=reader).text
    found = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {
        tuple(value for _, value in sorted(s.labels.items())): s.value
        for s in found
        if s.name == name
    }


def test_count_requests_by_route_and_strange_ones_together(
    api: Clients, reader: dict[str, str], schedule: Any
) -> None:
    name, seconds = "exports_http_requests_total", "exports_http_request_duration_seconds_count"
    one = f"{SCHEDULES}/{{schedule_id}}"
    before, timed = samples(api, reader, name), samples(api, reader, seconds)
    api.admin.get(f"{SCHEDULES}/{schedule['id']}")
    api.anonymous.get(f"{SCHEDULES}/{schedule['id']}")
    api.admin.request("HEAD", f"{SCHEDULES}/{schedule['id']}")
    for path in ("/api/a", "/api/b/c"):
        api.anonymous.get(path)
    for method in ("BREW", "BAKE"):
        api.anonymous.request(method, "/api/a")
    after, timed_after = samples(api, reader, name), samples(api, reader, seconds)
    more = {k: v - before.get(k, 0) for k, v in after.items() if v != before.get(k, 0)}
    more.pop(("GET", METRICS, "200"))
    others = {k: more.pop(k) for k in list(more) if k[0] == "other"}
    assert more.pop(("HEAD", one, "200")) == 1
    assert more == {("GET", one, "200"): 1, ("GET", one, "401"): 1, ("GET", "none", "404"): 2}
    assert sum(others.values()) == 2
    assert timed_after["GET", one] == timed.get(("GET", one), 0) + 2


def test_tell_of_the_process_and_its_machine(
    api: Clients, reader: dict[str, str], services: Services
) -> None:
    told = figures(api.anonymous.get(METRICS, headers=reader))
    assert told["exports_workers"] == 0
    assert told["exports_database_connections_max"] >= told["exports_database_connections_in_use"]
    assert told["exports_disk_free_bytes"] > 0
    assert told["exports_disk_used_bytes"] > 0
    assert told["process_resident_memory_bytes"] > 0
    kind = "sqlite" if services.database.embedded else "postgresql"
    assert samples(api, reader, "exports_build_info") == {(kind, "server", __version__): 1}
    with services.store.read():
        busy = figures(api.anonymous.get(METRICS, headers=reader))
    assert busy["exports_database_connections_in_use"] > told["exports_database_connections_in_use"]


def test_tell_how_late_runs_were_created(
    api: Clients, reader: dict[str, str], services: Services, schedule: Any, clock: FakeClock
) -> None:
    name = "exports_schedule_lateness_seconds_sum"
    before = samples(api, reader, name)[()]
    clock.set(datetime.fromisoformat(schedule["nextRunAt"]) + timedelta(seconds=40))
    assert services.ticks.tick() == 1
    assert samples(api, reader, name)[()] - before == 40


def test_count_emails_and_those_that_wait(
    api: Clients,
    reader: dict[str, str],
    services: Services,
    admin: Principal,
    schedule: Any,
    mail: MailServer,
) -> None:
    name, waiting = "exports_messages_total", "exports_messages_waiting"
    before = samples(api, reader, name)
    services.schedules.trigger(admin, schedule["id"])
    execute(services, claim(services))
    with services.store.read() as tx:
        user = tx.users.get(admin.user_id)
    assert user is not None
    api.anonymous.post("/api/auth/forgot-password", json={"email": user.email})
    wait = samples(api, reader, waiting)
    services.account_messages.send_due()
    after = samples(api, reader, name)
    sent = {k: v - before[k] for k, v in after.items() if v != before[k]}
    assert wait["account",] == 1
    assert sent == {
        ("file", "accepted"): len(schedule["recipients"]),
        ("account", "accepted"): 1,
    }
    assert samples(api, reader, waiting)["account",] == 0
