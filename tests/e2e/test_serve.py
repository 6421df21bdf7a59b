"""The server's life as a process: what stops a start, how it stops, what a second start costs."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from exports_app.stop_signals import ECHO_SECONDS
from tests.e2e.server import Server, free_port, refused, start_server
from tests.world import side_by_side


def children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(x) for x in found.stdout.split()]


def worker_of(server: Server) -> int:
    """The process that serves, among the supervisor's children (multiprocessing may keep a tracker
    beside it)."""
    return max(children(server.process.pid))


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def ended(pid: int) -> bool:
    """Gone, or a zombie that only its parent can reap."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/health").status_code == 200
    except httpx.TransportError:
        return False


def assert_one_line(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    assert done.returncode not in {0, None}
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("exports_app: ")
    for word in words:
        assert word in lines[0]


class TestWhatStopsAStart:
    def test_a_taken_port_is_named(self, tmp_path: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = str(other.getsockname()[1])
            assert_one_line(refused(tmp_path, {"PORT": port}), port, "taken")

    @pytest.mark.long
    def test_a_taken_port_on_ipv6_is_named(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_INET6) as other:
            try:
                other.bind(("::1", 0))
            except OSError:
                pytest.skip("this machine has no IPv6")
            other.listen()
            port = str(other.getsockname()[1])
            assert_one_line(refused(tmp_path, {"HOST": "::1", "PORT": port}), port, "taken")

    @pytest.mark.long
    def test_a_host_that_is_not_ours_is_named(self, tmp_path: Path) -> None:
        assert_one_line(refused(tmp_path, {"HOST": "192.0.2.1", "DEMO": "0"}), "192.0.2.1")

    def test_a_data_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        assert_one_line(refused(tmp_path, {"DATA_DIR": str(file)}), "data folder", str(file))

    @pytest.mark.long
    def test_a_data_folder_below_a_file_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        assert_one_line(
            refused(tmp_path, {"DATA_DIR": str(file / "below")}), "data folder", str(file)
        )

    def test_a_demo_at_a_public_address_is_named(self, tmp_path: Path) -> None:
        public = {
            "PUBLIC_URL": "https://exports.example.com",
            "TRUSTED_PROXIES": "127.0.0.1",
            "DEMO": "1",
        }
        assert_one_line(refused(tmp_path, public), "DEMO=1", "PUBLIC_URL")

    @pytest.mark.long
    def test_a_second_server_on_the_same_sqlite_file_and_the_demos_data_in_public_are_refused(
        self, tmp_path: Path
    ) -> None:
        with start_server(tmp_path) as first:
            # the same file by another road
            url = f"sqlite:///{tmp_path}/data/../data/exports.db"
            assert_one_line(refused(tmp_path / "other", {"DATABASE_URL": url}), "another server")
            assert healthy(first.url)
        public = {"PUBLIC_URL": "https://exports.example.com", "TRUSTED_PROXIES": "127.0.0.1"}
        for env in (public, {"HOST": "0.0.0.0"}, {"DEMO": "0"}):
            assert_one_line(
                refused(tmp_path, env), "admin@acme.test", "public password of the demo"
            )

    @pytest.mark.parametrize(
        ("name", "value"),
        [("PORT", "abc"), ("PORT", "70000"), ("TZ", "Mars/Olympus"), ("SECRET_KEY", "short")],
    )
    def test_a_bad_setting_is_named(self, tmp_path: Path, name: str, value: str) -> None:
        assert_one_line(refused(tmp_path, {name: value}), name)


class TestStopping:
    @pytest.mark.long
    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_a_signal_stops_it_cleanly_within_seconds(
        self, tmp_path: Path, how: signal.Signals
    ) -> None:
        with start_server(tmp_path) as server:
            worker = worker_of(server)
            assert server.stop(how) == 0
            assert ended(worker)
            assert "Traceback" not in server.output

    @pytest.mark.long
    def test_balancers_hear_of_a_stop_while_the_port_still_serves(self, tmp_path: Path) -> None:
        with (
            start_server(tmp_path, {"DRAIN_SECONDS": "60"}) as server,
            httpx.Client(base_url=server.url, trust_env=False) as client,
        ):
            before = client.get("/api/ready")
            assert (before.status_code, before.json()["status"]) == (200, "ready")
            assert "connection" not in before.headers
            server.process.send_signal(signal.SIGTERM)
            until(lambda: client.get("/api/ready").status_code == 503)
            assert client.get("/api/live").status_code == 200
            login = {"email": "super@admin.com", "password": "SuperAdmin123!"}
            answer = client.post("/api/auth/login", json=login)
            assert (answer.status_code, answer.headers["connection"]) == (200, "close")
            os.kill(worker_of(server), signal.SIGINT)  # enough
            assert server.process.wait(10) == 0
            assert "the server drains" in server.output

    @pytest.mark.long
    @pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
    def test_a_second_signal_does_not_wait(self, tmp_path: Path, again: signal.Signals) -> None:
        with start_server(tmp_path, {"DRAIN_SECONDS": "3600"}) as server:
            server.process.send_signal(signal.SIGTERM)
            until(lambda: "the server drains" in server.output)
            # Within the first second it is taken for the first one
            asked = time.monotonic()
            until(lambda: time.monotonic() - asked > ECHO_SECONDS)
            server.process.send_signal(again)
            assert server.process.wait(10) == 0
            assert "the server stops at once" in server.output
            assert "Traceback" not in server.output

    @pytest.mark.long
    def test_ctrl_c_in_a_terminal_reaches_every_process_and_stops_it_cleanly(
        self, tmp_path: Path
    ) -> None:
        with start_server(tmp_path) as server:
            os.killpg(server.process.pid, signal.SIGINT)
            assert server.process.wait(10) == 0
            assert "Traceback" not in server.output

    @pytest.mark.long
    def test_a_worker_without_its_server_ends_and_the_next_start_waits_for_it(
        self, tmp_path: Path
    ) -> None:
        port = {"PORT": str(free_port())}
        with start_server(tmp_path, port) as first:
            worker = worker_of(first)
            first.process.kill()
            first.process.wait()
            with start_server(tmp_path, port) as second:
                # at first the port may still be answered by the left-over worker
                until(lambda: second.output.count("ready on") == 2)
                assert ended(worker)
                assert healthy(second.url)

    @pytest.mark.long
    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
    def test_a_worker_that_ends_is_replaced_by_one_with_a_running_engine(
        self, tmp_path: Path, how: signal.Signals
    ) -> None:
        with start_server(tmp_path, {"DRAIN_SECONDS": "1"}) as server:
            # one that ends within seconds of its start is not tried again
            started = time.monotonic()
            until(lambda: time.monotonic() - started > 6)
            worker = worker_of(server)
            os.kill(worker, how)
            until(lambda: ended(worker) and healthy(server.url))
            assert worker_of(server) != worker


UPGRADE = (
    b"GET /_event/?EIO=4&transport=websocket&token=00000000-0000-4000-8000-000000000000 "
    b"HTTP/1.1\r\nHost: localhost\r\n"
    b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
POST = b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"


@dataclass
class SlowClient:
    """What it sends at once, what it adds each second, and what the server sent when it closed the
    connection."""

    first: bytes
    more: bytes = b""
    got: bytes = b""
    lasted: float = 0.0

    def play(self, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as s:
            begun = time.monotonic()
            s.settimeout(1)
            with suppress(ConnectionError):
                s.sendall(self.first)
                while time.monotonic() - begun < 25:
                    try:
                        if not (part := s.recv(65536)):
                            break
                        self.got += part
                    except TimeoutError:
                        s.sendall(self.more)
            self.lasted = time.monotonic() - begun


def played(server: Server, **clients: SlowClient) -> dict[str, SlowClient]:
    """All at the same time, until each is done."""
    port = int(server.url.rpartition(":")[2])
    side_by_side(len(clients), lambda i: list(clients.values())[i].play(port))
    return clients


@pytest.mark.long
class TestSlowClients:
    def test_a_connection_that_takes_too_long_is_closed(self, tmp_path: Path) -> None:
        with start_server(tmp_path) as server:
            clients = played(
                server,
                silent=SlowClient(b""),
                half_a_head=SlowClient(b"GET / HTTP/1.1\r\nHost: localhost\r\n"),
                a_head_by_drops=SlowClient(b"GET / HTTP/1.1\r\n", more=b"a: b\r\n"),
                idle=SlowClient(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                no_body=SlowClient(POST),
                a_body_by_drops=SlowClient(POST, more=b"a"),
            )
        assert {
            name: 14 <= client.lasted < 25 for name, client in clients.items()
        } == dict.fromkeys(clients, True)
        assert clients["idle"].got.startswith(b"HTTP/1.1 200")
        assert all(
            clients[name].got.startswith(b"HTTP/1.1 408") for name in ("no_body", "a_body_by_drops")
        )

    def test_http2_is_not_spoken(self, tmp_path: Path) -> None:
        with start_server(tmp_path) as server:
            preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
            client = played(server, h2=SlowClient(preface))["h2"]
        assert client.lasted < 10
        assert not client.got.startswith(b"\x00\x00")  # a frame of settings

    def test_a_websocket_that_says_nothing_is_closed(self, tmp_path: Path) -> None:
        with start_server(tmp_path, backend_only=False) as server:
            client = played(server, silent=SlowClient(UPGRADE))["silent"]
        assert client.got.startswith(b"HTTP/1.1 101")
        assert 14 <= client.lasted < 25
        assert "no page joined" in server.output


def test_a_server_without_pages_from_its_start_to_its_end(tmp_path: Path) -> None:
    """It needs no home, no build and no Node; the demo's data stays local, its database its own; a
    signal stops it cleanly."""
    home = tmp_path / "home"
    home.mkdir()
    with start_server(tmp_path, {"HOME": str(home), "PATH": os.defpath}) as server:
        assert_serves_the_api_alone(server)
        login = {"email": "super@admin.com", "password": "SuperAdmin123!"}
        assert httpx.post(f"{server.url}/api/auth/login", json=login).status_code == 200
        forwarded = httpx.post(
            f"{server.url}/api/auth/login", json=login, headers={"X-Forwarded-For": "192.0.2.7"}
        )
        assert (forwarded.status_code, forwarded.json()["code"]) == (403, "demo_is_local")
        assert_one_line(refused(tmp_path), "another server", "exports.db")
        assert healthy(server.url)
        worker = worker_of(server)
        assert server.stop(signal.SIGTERM) == 0
        assert ended(worker)
        assert "Traceback" not in server.output
    assert not any(home.iterdir())
    assert_one_line(
        refused(tmp_path, {"DEMO": "0"}), "admin@acme.test", "public password of the demo"
    )


def assert_serves_the_api_alone(server: Server) -> None:
    page = httpx.get(server.url)
    assert page.status_code == 200
    assert "/api/docs" in page.text
    for path in ("/nowhere", "/api/nowhere", "/api/runs/a%0Ab", "/api/a%0A/", "/a%0Ab"):
        missing = httpx.get(f"{server.url}{path}")
        assert missing.status_code in {401, 404}
        assert missing.headers["content-type"] == "application/problem+json"
        assert missing.headers["x-content-type-options"] == "nosniff"
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path in ("/login", "/api/auth/login"):
        preflight = httpx.options(f"{server.url}{path}", headers=asked)
        assert preflight.status_code in {204, 404, 405}
        assert preflight.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in preflight.headers if name.startswith("access-control")]
