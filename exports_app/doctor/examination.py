"""The checks of `python -m exports_app doctor`."""

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
from exports_app.db import migrate, models, search
from exports_app.db.engine import Database
from exports_app.db.repositories import table
from exports_app.db.store import SqlStore
from exports_app.doctor import extensions
from exports_app.doctor.finding import Finding, is_new
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted
from exports_app.domain.timing import cron, zone_data
from exports_app.environment import SettingsError
from exports_app.launch import env
from exports_app.services.core.rate_limits import Counts
from exports_app.settings import Settings
from exports_app.wiring.foundation import file_store

PATIENCE = 5.0
"""Seconds to wait for Node, and for an answer on our port."""
NODE = (22, 22)
"""The oldest version that builds the pages."""
SMALL = 500 * 10**6
"""Free bytes below which a disk counts as nearly full."""
TOLERANCE = timedelta(minutes=1)
"""A clock may differ so much from the database."""


def examine(settings: Settings) -> Iterator[Finding]:
    """The result of each check. Changes nothing, and shows no secret."""
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
    yield from _search(settings)
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


def _search(settings: Settings) -> Iterator[Finding]:
    if settings.embedded:
        return
    database = Database(settings.url)
    try:
        with database.read() as connection:
            unindexed = search.unindexed(connection)
    except (ExportsError, SQLAlchemyError):
        return  # said of the database already
    finally:
        database.dispose()
    if unindexed:
        statements = " ".join(searched.statement for searched in unindexed)
        yield Finding(
            True,
            "search",
            "reads all rows, since it has no index: have an administrator of the database execute"
            f" CREATE EXTENSION pg_trgm; then, as the owner of the tables, {statements}",
            warning=True,
        )
    else:
        yield Finding(True, "search", "by its indexes")


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
        # The first start makes a folder, but no bucket
        is_new_folder = (
            not settings.files_url.startswith("s3://")
            and not Path(settings.files_url, "files").exists()
        )
        return (
            Finding(True, "files", f"{settings.files_url} will be used")
            if is_new_folder
            else Finding(False, "files", e.message)
        )
    return Finding(True, "files", f"{settings.files_url} can be reached")


def _redis(settings: Settings) -> Finding:
    away = Counts(settings.redis_url.get_secret_value()).unreachable()
    return Finding(
        not away,
        "Redis",
        "cannot be reached: check REDIS_URL, and that it runs" if away else "reachable",
    )


def _clock(settings: Settings) -> Finding:
    """A clock that is behind what the database has stored was set back; the clock of a database
    server is compared too."""
    now = datetime.now(UTC)
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if is_new(settings):
        return Finding(True, "clock", shown)
    try:
        database = Database(settings.url)
    except ExportsError:
        return Finding(True, "clock", shown)  # the check of the database says what is wrong
    try:
        newest = _newest_instants(database)
        its_now = now if database.embedded else _time_of(database)
    except (ExportsError, SQLAlchemyError):
        return Finding(
            True,
            "clock",
            f"{shown}; not compared: the database does not answer, or has no tables yet",
        )
    finally:
        database.dispose()
    behind = max((instant - now for instant in newest), default=timedelta())
    if behind > TOLERANCE:
        detail = f"{shown} is {_long(behind)} behind what the database has noted: was it set back?"
        return Finding(False, "clock", detail)
    apart = abs(its_now - now)
    if apart > TOLERANCE:
        detail = f"{shown} differs from the database's by {_long(apart)}: set both by NTP"
        return Finding(False, "clock", detail)
    return Finding(True, "clock", shown)


def _newest_instants(database: Database) -> list[datetime]:
    """When the newest run was created and the latest schedule changed."""
    columns = (table(models.RunRow).c.created_at, table(models.ScheduleRow).c.updated_at)
    with database.read() as connection:
        newest = [connection.execute(_newest(column)).scalar_one() for column in columns]
    return [instant for instant in newest if instant is not None]


def _time_of(database: Database) -> datetime:
    with database.read() as connection:
        now: datetime = connection.execute(select(func.now())).scalar_one()
    return now


def _newest(column: Any) -> Any:
    return select(func.max(column, type_=column.type))


def _long(span: timedelta) -> str:
    return counted(round(span.total_seconds()), "second")


def _node() -> Finding:
    env.prepare()
    node = shutil.which("node")
    consequence = "the pages cannot be built; serve --backend-only works without"
    if node is None:
        return Finding(False, "Node", f"not found: install requirements.txt again ({consequence})")
    try:
        process = subprocess.run(  # noqa: S603 (a path that `which` found)
            [node, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        version = tuple(int(part) for part in process.stdout.strip().removeprefix("v").split("."))
    except (OSError, subprocess.SubprocessError, ValueError) as e:
        return Finding(False, "Node", f"{node} does not say its version ({e}): {consequence}")
    shown = f"{'.'.join(map(str, version))}, builds the pages"
    return (
        Finding(True, "Node", shown)
        if version >= NODE
        else Finding(False, "Node", f"{shown} only from {NODE[0]}.{NODE[1]} on")
    )


def _zones(settings: Settings) -> Finding:
    try:
        cron.zone("Europe/Berlin")
        known = f"read from {zone_data.source('Europe/Berlin')}; the default is {settings.tz}"
        return Finding(True, "time zones", f"{known}; package tzdata {zone_data.package_version()}")
    except ExportsError as e:
        return Finding(False, "time zones", f"{e.message} (install the package tzdata)")


def _port(settings: Settings) -> Finding:
    try:
        with socket.create_connection((settings.host, settings.port), PATIENCE):
            return Finding(True, "server", f"something answers on {settings.host}:{settings.port}")
    except OSError:
        return Finding(True, "server", f"nothing runs on {settings.host}:{settings.port}")
