"""Starting the server: the build's stamp, the same-origin rewrite, the address, the lock, the
edge."""

import asyncio
import errno
import multiprocessing
import socket
from pathlib import Path

import pytest

from exports_app.api.middleware import allowed_hosts, gateway
from exports_app.launch import address, build, lock, serve
from exports_app.launch.env import prepare
from exports_app.launch.errors import StartError
from exports_app.launch.plugin import same_origin
from exports_app.settings import Settings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like the project, with an export that writes one page instead of
    Reflex's."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "exports_app/ui/framework/page.py",
        "exports_app/services/run.py",
        "assets/logo.svg",
        "rxconfig.py",
        "reflex.lock/package.json",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    builds: list[int] = []

    def run(log: Path, _lock: int) -> int:
        builds.append(1)
        log.write_text("the output")
        build.BUILT.mkdir(parents=True, exist_ok=True)
        (build.BUILT / "index.html").write_text(str(len(builds)))
        (tmp_path / "reflex.lock" / "package.json").write_text(
            '{"rewritten": "by the first build"}'
        )
        return 0

    monkeypatch.setattr(build, "_run", run)
    return tmp_path


def pages(project: Path) -> str:
    return (project / build.BUILT / "index.html").read_text()


class TestBuild:
    def test_unchanged_sources_are_built_once(self, project: Path) -> None:
        build.ensure()
        build.ensure()
        assert pages(project) == "1"

    def test_a_command_builds_without_serving(
        self,
        project: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert serve.build_pages() == 1  # not in the project's own folder
        assert "start it in its own folder" in capsys.readouterr().err
        assert not (project / build.BUILT).exists()
        monkeypatch.setattr(serve.project, "ROOT", project)
        assert serve.build_pages() == 0
        assert pages(project) == "1"

    def test_a_start_that_may_not_build_names_the_command(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused() -> None:
            raise OSError(errno.EROFS, "Read-only file system", ".web/build/.sources")

        monkeypatch.setattr(build, "ensure", refused)
        with pytest.raises(StartError, match=r"Read-only file system.*build-pages"):
            serve._ensure_pages()

    @pytest.mark.parametrize(
        "changed",
        [
            "exports_app/ui/framework/page.py",
            "exports_app/ui/new.py",
            "assets/logo.svg",
            "rxconfig.py",
            "reflex.lock/package.json",
        ],
    )
    def test_a_changed_source_builds_again(self, project: Path, changed: str) -> None:
        build.ensure()
        (project / changed).write_text("other")
        build.ensure()
        assert pages(project) == "2"

    def test_a_removed_source_builds_again(self, project: Path) -> None:
        build.ensure()
        (project / "exports_app/ui/framework/page.py").unlink()
        build.ensure()
        assert pages(project) == "2"

    @pytest.mark.parametrize(
        "changed",
        [
            "exports_app/services/run.py",
            "exports_app/ui/__pycache__/page.pyc",
            "assets/external/made.js",
        ],
    )
    def test_what_cannot_alter_the_pages_builds_nothing(self, project: Path, changed: str) -> None:
        build.ensure()
        file = project / changed
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("other")
        build.ensure()
        assert pages(project) == "1"

    def test_a_failed_build_shows_its_end_and_is_tried_again(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fails(log: Path, _lock: int) -> int:
            log.write_text("the reason")
            return 3

        build.ensure()
        (project / "rxconfig.py").write_text("other")
        with monkeypatch.context() as broken:
            broken.setattr(build, "_run", fails)
            for _ in range(2):
                with pytest.raises(StartError, match="exit code 3"):
                    build.ensure()
        assert "the reason" in capsys.readouterr().err
        build.ensure()
        assert pages(project) == "2"

    def test_an_interrupted_build_leaves_no_stamp(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(_log: Path, _lock: int) -> int:
            raise KeyboardInterrupt

        build.ensure()
        (project / "rxconfig.py").write_text("other")
        with monkeypatch.context() as broken:
            broken.setattr(build, "_run", interrupted)
            with pytest.raises(KeyboardInterrupt):
                build.ensure()
        (project / "rxconfig.py").write_text("rxconfig.py")
        build.ensure()
        assert pages(project) == "2"


class TestSameOrigin:
    @pytest.mark.parametrize("quote", ['"', "'", "`"])
    def test_baked_addresses_become_the_pages_own(self, quote: str) -> None:
        script = (
            f"a={quote}http://localhost:8000/ping{quote},b={quote}wss://some.host/_event{quote}"
        )
        changed, count = same_origin(script)
        assert count == 2
        assert "localhost:8000" not in changed
        assert "some.host" not in changed
        assert "window.location.origin)+`/ping`" in changed
        assert ".replace(/^http/,`ws`)+`/_event`" in changed


class TestAddress:
    def test_a_free_port_is_resolved_to_an_address(self) -> None:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        assert address.resolve("localhost", port) == "127.0.0.1"

    def test_a_port_shared_in_silence_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(address, "PATIENCE", 0.0)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            s.bind(("127.0.0.1", 0))
            s.listen()
            with pytest.raises(StartError, match="taken"):
                address.resolve("127.0.0.1", s.getsockname()[1])

    @pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "no-such-host.invalid"])
    def test_a_host_of_another_machine_is_refused(self, host: str) -> None:
        with pytest.raises(StartError, match="HOST"):
            address.resolve(host, 3720)

    @pytest.mark.parametrize(
        ("host", "shown"),
        [
            ("127.0.0.1", "http://localhost:80"),
            ("0.0.0.0", "http://localhost:80"),
            ("::1", "http://[::1]:80"),
            ("fe80::2", "http://[fe80::2]:80"),
            ("box", "http://box:80"),
        ],
    )
    def test_the_shown_address_opens_in_a_browser(self, host: str, shown: str) -> None:
        assert address.url(host, 80) == shown


def _hold(
    settings: Settings,
    role: str,
    held: "multiprocessing.synchronize.Event",
    leave: "multiprocessing.synchronize.Event",
) -> None:
    with (lock.server if role == "server" else lock.worker)(settings):
        held.set()
        leave.wait()


class TestLock:
    @pytest.mark.parametrize("role", ["server", "worker"])
    def test_a_second_process_is_refused_until_the_first_ends(
        self, tmp_path: Path, role: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lock, "PATIENCE", 0.0)
        settings = Settings(data_dir=tmp_path)
        spawn = multiprocessing.get_context("spawn")
        held, leave = spawn.Event(), spawn.Event()
        other = spawn.Process(target=_hold, args=(settings, role, held, leave))
        other.start()
        try:
            assert held.wait(30)
            with pytest.raises(StartError):
                lock.server(settings).__enter__()
        finally:
            other.kill()
            other.join()
        with lock.server(settings), lock.worker(settings):
            pass

    def test_a_database_server_is_shared(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path, database_url="postgresql://localhost/x")
        with lock.server(settings), lock.server(settings):
            assert not list(tmp_path.iterdir())


class TestEnvironment:
    def test_the_venvs_scripts_come_first_and_what_is_set_wins(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import os
        import sysconfig

        monkeypatch.setenv("PATH", f"/first{os.pathsep}{sysconfig.get_path('scripts')}")
        monkeypatch.setenv("REFLEX_USE_NPM", "0")
        for name in ("REFLEX_TELEMETRY_ENABLED", "GRANIAN_WORKERS"):
            monkeypatch.delenv(name, raising=False)
        with monkeypatch.context():
            prepare()
            assert os.environ["PATH"].split(os.pathsep) == [sysconfig.get_path("scripts"), "/first"]
            assert os.environ["REFLEX_USE_NPM"] == "0"
            assert os.environ["REFLEX_TELEMETRY_ENABLED"] == "false"


class TestEdge:
    @pytest.mark.parametrize(
        ("origin", "host", "public", "same"),
        [
            ("http://localhost:3720", "localhost:3720", "", True),
            ("https://Exports.example", "exports.example", "", True),
            ("https://exports.example", "10.0.0.7:3720", "https://exports.example", True),
            ("http://localhost:3720", "localhost:3721", "", False),
            ("http://evil.example", "localhost:3720", "", False),
            ("http://localhost:3720.evil.example", "localhost:3720", "", False),
            ("null", "localhost:3720", "", False),
            ("file://localhost", "localhost", "", False),
            ("http://localhost:x", "localhost:3720", "", False),
        ],
    )
    def test_a_websocket_may_come_from_our_own_pages_only(
        self, origin: str, host: str, public: str, same: bool
    ) -> None:
        assert allowed_hosts.same_origin(origin, host, public) is same

    def test_inline_scripts_are_named_by_their_hash(self, tmp_path: Path) -> None:
        (tmp_path / "index.html").write_text(
            '<script src="/a.js"></script><script type="module">alert(1)</script>'
        )
        assert gateway.script_hashes(tmp_path) == [
            "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
        ]

    @pytest.mark.parametrize(
        ("path", "who", "cache"),
        [
            ("/api", "api", b"no-store"),
            ("/api/x", "api", b"no-store"),
            ("/apix", "reflex", b"no-cache"),
            ("/assets/a.js", "reflex", b"public, max-age=31536000, immutable"),
            ("/page", "reflex at /page/", b"no-cache"),
        ],
    )
    def test_each_path_finds_its_app_and_carries_the_headers(
        self, tmp_path: Path, path: str, who: str, cache: bytes
    ) -> None:
        (tmp_path / "page").mkdir()
        (tmp_path / "page" / "index.html").touch()
        seen: list[str] = []
        sent: list[dict[str, object]] = []

        def answering(name: str) -> object:
            async def app(scope: dict[str, str], receive: object, send: object) -> None:
                seen.append(name if scope["path"] == path else f"{name} at {scope['path']}")
                await send({"type": "http.response.start", "status": 200, "headers": []})

            return app

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        app = gateway.Edge(answering("reflex"), answering("api"), tmp_path)
        asyncio.run(app({"type": "http", "path": path, "method": "GET", "headers": []}, None, send))
        headers = dict(sent[0]["headers"])
        assert seen == [who]
        assert headers[b"cache-control"] == cache
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]
