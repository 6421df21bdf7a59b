"""The port of a worker for its liveness and its metrics."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from exports_app.domain.errors import ExportsError
from exports_app.engine import worker_metrics
from exports_app.wiring import Services
from tests.e2e.server import free_port

TOKEN = "a token for the tests of a worker"


@pytest.fixture
def port(services: Services, monkeypatch: pytest.MonkeyPatch) -> int:
    port = free_port()
    changed = {"worker_metrics_port": port, "metrics_token": SecretStr(TOKEN)}
    monkeypatch.setattr(services.settings, "__dict__", services.settings.__dict__ | changed)
    return port


@contextmanager
def served(services: Services, port: int, *, alive: bool = True) -> Iterator[httpx.Client]:
    with (
        worker_metrics.serve(services, lambda: alive),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        yield client


def test_says_that_the_worker_lives_and_is_well(services: Services, port: int) -> None:
    with served(services, port) as client:
        live, metrics = client.get("/live"), client.get("/metrics")
        assert (client.get("/").status_code, client.post("/live").status_code) == (404, 405)
    assert (live.status_code, live.text) == (200, "ok\n")
    assert metrics.status_code == 200
    assert "exports_healthy 1.0" in metrics.text
    assert 'kind="worker"' in metrics.text
    assert "exports_ticks_total" in metrics.text
    assert "exports_workers" not in metrics.text  # of the installation: servers give it


def test_says_that_the_engine_stands_still(services: Services, port: int) -> None:
    with served(services, port, alive=False) as client:
        assert client.get("/live").status_code == 503
        assert "exports_healthy 0.0" in client.get("/metrics").text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "rebound.example.com"}, 401),
        ({"X-Forwarded-For": "203.0.113.9"}, 401),
        ({"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {TOKEN}"}, 200),
        ({"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer wrong"}, 401),
    ],
)
def test_metrics_are_for_this_machine_and_those_with_the_token(
    services: Services, port: int, headers: dict[str, Any], status: int
) -> None:
    with served(services, port) as client:
        assert client.get("/metrics", headers=headers).status_code == status
        assert client.get("/live", headers=headers).status_code == 200


def test_clients_that_send_nothing_take_no_connections_from_others(
    services: Services, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_metrics._Handler, "timeout", None)
    with served(services, port) as client, ExitStack() as silent:
        opened = [
            silent.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(worker_metrics.MOST_CONNECTIONS + 1)
        ]
        assert client.get("/live").status_code == 200
        opened[0].settimeout(20)
        assert opened[0].recv(1) == b""  # ended before its own time was over


def test_a_port_in_use_stops_the_start(services: Services, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with (
            pytest.raises(ExportsError, match=f"WORKER_METRICS_PORT {port}"),
            served(services, port),
        ):
            pass


def test_nothing_is_opened_without_the_setting(services: Services) -> None:
    with worker_metrics.serve(services, lambda: True):
        assert services.settings.worker_metrics_port is None
