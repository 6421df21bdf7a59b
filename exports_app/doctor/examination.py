"""What `python -m exports_app doctor` looks at."""

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from exports_app import startup
from exports_app.db import migrate, models
from exports_app.db.engine import Database
from exports_app.db.repositories import table
from exports_app.db.store import SqlStore
from exports_app.doctor import extensions
from exports_app.doctor.finding import Finding, is_new
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted
from exports_app.domain.timing import cron
from exports_app.environment import SettingsError
from exports_app.launch import env
from exports_app.services.core.rate_limits import Counts
from exports_app.settings import Settings
from exports_app.wiring.foundation import file_store

PATIENCE = 5.0
"""Seconds to wait for Node, and for whatever answers on our port."""
NODE = (22, 22)
"""The oldest that builds the pages."""
SMALL = 500 * 10**6
"""Bytes of a disk that is nearly full."""
ASTRAY = timedelta(minutes=1)
"""By which a clock may differ from what the database has seen."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Each check with its result; nothing is changed, no secret is shown."""
    yield Finding(sys.version_info >= (3, 11), "Python", sys.version.split()[0])
    yield _data_folder(settings)
    yield _key(settings)
    yield _database(settings)
    yield _demo(settings)
    if settings.trusted_proxies:
        trusted = ", ".join(map(str, settings.trusted_proxies))
        yield Finding(
            True, "proxies", f"the client's address is read from X-Forwarded-For of {trusted}"
        )
    elif warning := startup.proxy_warning(settings):
        yield Finding(True, "proxies", warning, warning=True)
    if settings.files_url:
        yield _files(settings)
    if settings.redis_url.get_secret_value():
        yield _redis(settings)
    yield _clock(settings)
    yield _zones(settings)
    yield _node()
    yield from extensions.examine(settings)
    yield _port(settings)


def _data_folder(settings: Settings) -> Finding:
    if not settings.data_dir.exists():
        return Finding(True, "data folder", f"{settings.data_dir} will be made by the first start")
    try:
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as e:
        return Finding(False, "data folder", f"{settings.data_dir} cannot be written: {e.strerror}")
    return Finding(
        free >= SMALL,
        "data folder",
        f"{settings.data_dir} can be written; {free / 10**9:,.1f} GB are free",
    )


def _key(settings: Settings) -> Finding:
    if not settings.has_key:
        return Finding(True, "secret key", "will be made by the first start")
    try:
        settings.signing_key()
    except (SettingsError, OSError) as e:
        return Finding(False, "secret key", str(e))
    return Finding(True, "secret key", "is there")


def _database(settings: Settings) -> Finding:
    if is_new(settings):
        return Finding(True, "database", "will be made by the first start")
    try:
        database = Database(settings.url)
    except ExportsError as e:
        return Finding(False, "database", e.message)
    try:
        if migrate.is_current(database):
            return Finding(True, "database", "reachable, its schema is up to date")
        return Finding(
            settings.embedded, "database", "reachable, its schema is not up to date: run migrate"
        )
    except ExportsError as e:
        return Finding(False, "database", e.message)
    finally:
        database.dispose()


def _demo(settings: Settings) -> Finding:
    try:
        reason = startup.demo_refusal(settings, lambda: _demo_password_emails(settings))
    except (ExportsError, SQLAlchemyError):
        return Finding(
            True, "demo", "not looked for: the database does not answer, or is not migrated yet"
        )
    if reason:
        return Finding(False, "demo", reason)
    if settings.is_demo:
        return Finding(
            True, "demo", "its data and its public login are here, for callers on this machine only"
        )
    return Finding(True, "demo", "no user has its public password")


def _demo_password_emails(settings: Settings) -> list[str]:
    if is_new(settings):
        return []
    database = Database(settings.url)
    try:
        with SqlStore(database).read() as tx:
            return tx.users.demo_password_emails()
    finally:
        database.dispose()


def _files(settings: Settings) -> Finding:
    try:
        file_store(settings).ping()
    except ExportsError as e:
        # The first start makes a folder; a bucket it does not
        new = (
            not settings.files_url.startswith("s3://")
            and not Path(settings.files_url, "files").exists()
        )
        return (
            Finding(True, "files", f"{settings.files_url} will be used")
            if new
            else Finding(False, "files", e.message)
        )
    return Finding(True, "files", f"{settings.files_url} can be reached")


def _redis(settings: Settings) -> Finding:
    away = Counts(settings.redis_url.get_secret_value()).away()
    return Finding(
        not away,
        "Redis",
        "cannot be reached: check REDIS_URL, and that it runs" if away else "reachable",
    )


def _clock(settings: Settings) -> Finding:
    """Behind what was noted before, a clock was set back; a server's database has a clock of its
    own to compare with."""
    now = datetime.now(UTC)
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if is_new(settings):
        return Finding(True, "clock", told)
    runs, schedules = table(models.RunRow).c, table(models.ScheduleRow).c
    try:
        database = Database(settings.url)
    except ExportsError:
        return Finding(True, "clock", told)  # the database's own line says what is wrong
    try:
        with database.read() as connection:
            noted = [
                connection.execute(_newest(c)).scalar_one()
                for c in (runs.created_at, schedules.updated_at)
            ]
            theirs = (
                now if database.embedded else connection.execute(select(func.now())).scalar_one()
            )
    except (ExportsError, SQLAlchemyError):
        return Finding(
            True,
            "clock",
            f"{told}; not compared: the database does not answer, or has no tables yet",
        )
    finally:
        database.dispose()
    behind = max((one - now for one in noted if one is not None), default=timedelta())
    if behind > ASTRAY:
        return Finding(
            False,
            "clock",
            f"{told} is {_long(behind)} behind what the database has noted: was it set back?",
        )
    if abs(theirs - now) > ASTRAY:
        return Finding(
            False,
            "clock",
            f"{told} differs from the database's by {_long(abs(theirs - now))}: set both by NTP",
        )
    return Finding(True, "clock", told)


def _newest(column: Any) -> Any:
    return select(func.max(column, type_=column.type))


def _long(span: timedelta) -> str:
    return counted(round(span.total_seconds()), "second")


def _node() -> Finding:
    env.prepare()
    node = shutil.which("node")
    without = "the pages cannot be built; serve --backend-only works without"
    if node is None:
        return Finding(False, "Node", f"not found: install requirements.txt again ({without})")
    try:
        said = subprocess.run(  # noqa: S603
            [node, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        version = tuple(int(part) for part in said.stdout.strip().removeprefix("v").split("."))
    except (OSError, subprocess.SubprocessError, ValueError) as e:
        return Finding(False, "Node", f"{node} does not say its version ({e}): {without}")
    told = f"{'.'.join(map(str, version))}, builds the pages"
    return (
        Finding(True, "Node", told)
        if version >= NODE
        else Finding(False, "Node", f"{told} only from {NODE[0]}.{NODE[1]} on")
    )


def _zones(settings: Settings) -> Finding:
    try:
        cron.zone("Europe/Berlin")
        return Finding(True, "time zones", f"known; the default is {settings.tz}")
    except ExportsError as e:
        return Finding(False, "time zones", f"{e.message} (install the package tzdata)")


def _port(settings: Settings) -> Finding:
    try:
        with socket.create_connection((settings.host, settings.port), PATIENCE):
            return Finding(True, "server", f"something answers on {settings.host}:{settings.port}")
    except OSError:
        return Finding(True, "server", f"nothing runs on {settings.host}:{settings.port}")
