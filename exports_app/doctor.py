"""What `python -m exports_app doctor` looks at."""

import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from exports_app import wiring
from exports_app.channels.email import EmailChannel
from exports_app.db import migrate
from exports_app.db.engine import Database
from exports_app.domain import cron
from exports_app.domain.errors import ExportsError
from exports_app.services.plugs import CHANNELS
from exports_app.settings import Settings, SettingsError

PATIENCE = 5.0
"""Seconds to wait for the mail server."""


@dataclass(frozen=True)
class Finding:
    good: bool
    what: str
    detail: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Each check with its result; nothing is changed, no secret is shown."""
    yield Finding(sys.version_info >= (3, 11), "Python", sys.version.split()[0])
    yield _data_folder(settings)
    yield _key(settings)
    yield _database(settings)
    yield _zones(settings)
    yield _mail()
    yield _port(settings)


def _data_folder(settings: Settings) -> Finding:
    if not settings.data_dir.exists():
        return Finding(True, "data folder", f"{settings.data_dir} will be made by the first start")
    try:
        with tempfile.TemporaryFile(dir=settings.data_dir):
            return Finding(True, "data folder", f"{settings.data_dir} can be written")
    except OSError as e:
        return Finding(False, "data folder", f"{settings.data_dir} cannot be written: {e.strerror}")


def _key(settings: Settings) -> Finding:
    if not settings.secret_key.get_secret_value() and not (settings.data_dir / "secret_key").exists():
        return Finding(True, "secret key", "will be made by the first start")
    try:
        settings.signing_key()
    except (SettingsError, OSError) as e:
        return Finding(False, "secret key", str(e))
    return Finding(True, "secret key", "is there")


def _database(settings: Settings) -> Finding:
    if settings.embedded and not Path(make_url(settings.url).database or "").exists():
        return Finding(True, "database", "will be made by the first start")
    try:
        database = Database(settings.url)
    except ExportsError as e:
        return Finding(False, "database", e.message)
    try:
        if migrate.is_current(database):
            return Finding(True, "database", "reachable, its schema is up to date")
        return Finding(settings.embedded, "database", "reachable, its schema is not up to date: run migrate")
    except ExportsError as e:
        return Finding(False, "database", e.message)
    finally:
        database.dispose()


def _zones(settings: Settings) -> Finding:
    try:
        cron.zone("Europe/Berlin")
        return Finding(True, "time zones", f"known; the default is {settings.tz}")
    except ExportsError as e:
        return Finding(False, "time zones", f"{e.message} (install the package tzdata)")


def _mail() -> Finding:
    wiring.load_plugins()
    channel = CHANNELS["email"]
    try:
        if reason := channel.unconfigured():
            return Finding(True, "email", f"not sent: {reason}")
    except SettingsError as e:
        return Finding(False, "email", str(e))
    assert isinstance(channel, EmailChannel)
    where = f"{channel.settings.host}:{channel.settings.port}"
    try:
        with socket.create_connection((channel.settings.host, channel.settings.port), PATIENCE):
            return Finding(True, "email", f"the mail server {where} takes connections")
    except OSError as e:
        return Finding(False, "email", f"the mail server {where} cannot be reached: {e.strerror or e}")


def _port(settings: Settings) -> Finding:
    try:
        with socket.create_connection((settings.host, settings.port), PATIENCE):
            return Finding(True, "server", f"something answers on {settings.host}:{settings.port}")
    except OSError:
        return Finding(True, "server", f"nothing runs on {settings.host}:{settings.port}")
