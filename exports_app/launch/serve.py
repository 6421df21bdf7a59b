"""Check settings and folders, build the web pages if their sources changed, and serve."""

import errno
import math
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from exports_app.domain.errors import ExportsError, Unavailable
from exports_app.environment import SettingsError
from exports_app.launch import address, build, env, lock, peers, project, unfinished_restore
from exports_app.launch.errors import StartError
from exports_app.launch.file_limit import raise_file_limit
from exports_app.launch.prepare import prepare
from exports_app.launch.worker import SUPERVISOR
from exports_app.plugins import PluginError
from exports_app.settings import Settings
from exports_app.stop_signals import AT_ONCE, StopSignals

if TYPE_CHECKING:
    from granian.server import MPServer, MTServer

HEAD_SECONDS = 15
"""Seconds for the head of a request; then the connection is closed."""
STOP_SECONDS = 8
"""Seconds for the worker to stop, besides DRAIN_SECONDS, before it is killed."""


class _Stopped(BaseException):
    """A signal asked to stop before the server ran."""


def serve(*, backend_only: bool = False) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP; a second one does not wait for DRAIN_SECONDS. Returns
    the exit code.

    If the server cannot start, the exit code is 1, with one line on stderr. backend_only: the API
    and the engine without pages; needs no build and no Node.
    """
    env.prepare()
    raise_file_limit()
    try:
        with _stoppable():
            settings = project.enter()
            _start_folder(settings)
            with lock.server(settings), peers.web(settings):
                listen = address.resolve(settings.host, settings.port)
                prepare(settings)
                if not backend_only:
                    _ensure_pages()
                return _run(listen, settings, pages=not backend_only)
    except Unavailable as e:
        print(f"exports_app: {e.why}", file=sys.stderr, flush=True)
        return 1
    except (StartError, ExportsError, SettingsError, PluginError) as e:
        print(f"exports_app: {e}", file=sys.stderr, flush=True)
        return 1
    except OSError as e:
        print(
            f"exports_app: {e.filename or 'the start'}: {e.strerror or e}",
            file=sys.stderr,
            flush=True,
        )
        return 1
    except (_Stopped, KeyboardInterrupt):
        return 0


def build_pages() -> int:
    """Build the web pages if their sources changed, for a server that may not write into its own
    folder. Returns the exit code: 1 with one line on stderr where they cannot be built."""
    env.prepare()
    try:
        project.enter()
        build.ensure()
    except (StartError, SettingsError) as e:
        print(f"exports_app: {e}", file=sys.stderr, flush=True)
        return 1
    return 0


def _ensure_pages() -> None:
    try:
        build.ensure()
    except OSError as e:
        if e.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        raise StartError(
            "the web pages of this version are not built, and the server cannot write to its "
            f"own folder ({e.strerror}): run python -m exports_app build-pages before the start"
        ) from None


def _start_folder(settings: Settings) -> None:
    unfinished_restore.refuse(settings)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as e:
        raise StartError(
            f"the data folder {settings.data_dir} cannot be written: {e.strerror}"
        ) from None


@contextmanager
def _stoppable() -> Iterator[None]:
    """Make SIGTERM end the start like Ctrl-C, until granian sets its own handlers."""

    def stop(_signal: int, _frame: object) -> NoReturn:
        raise _Stopped

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)


def _run(listen: str, settings: Settings, *, pages: bool) -> int:
    _set_environment(pages=pages)
    server = _server(listen, settings)
    hangup = signal.getsignal(signal.SIGHUP)
    signals = StopSignals()

    def stop(_signal: int, _frame: object) -> None:
        if signals.again():
            _stop_at_once(server)
        server.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def started() -> None:
        import time

        # granian gives up on a worker that dies within seconds of its last start. Let this hold for
        # the first start too.
        server.respawned_wrks[0] = time.monotonic()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, stop)
        # A closed terminal means stop. granian would start a second worker beside the first.
        signal.signal(signal.SIGHUP, hangup if hangup is signal.SIG_IGN else stop)

    server.on_startup(started)
    try:
        server.serve()
    except SystemExit as e:
        # Ctrl-C reaches the worker too: it is no failure that the worker ended first
        return 0 if server.interrupt_signal else int(e.code or 0)
    return 0


def _stop_at_once(server: "MPServer | MTServer") -> None:
    for worker in server.wrks:
        if isinstance(worker.inner, BaseProcess) and worker.inner.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(worker.inner.pid, AT_ONCE)


def _set_environment(*, pages: bool) -> None:
    """For Reflex, and for the worker process."""
    os.environ |= {
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true" if pages else "false",
        SUPERVISOR: str(os.getpid()),
    }
    # The worker loads rxconfig.py by name
    root = str(Path.cwd())
    sys.path.insert(0, root)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    )


def _server(listen: str, settings: Settings) -> "MPServer | MTServer":
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    return Server(
        target="exports_app.exports_app:app",
        factory=True,
        address=listen,
        port=settings.port,
        interface=Interfaces.ASGI,
        # Browsers use HTTP/2 over TLS only. To tell it from HTTP/1, granian would wait for the
        # first bytes of a connection without a limit.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1_000),
        workers=1,
        workers_kill_timeout=STOP_SECONDS + math.ceil(settings.drain_seconds),
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    )
