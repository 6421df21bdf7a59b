"""The checks of `python -m exports_app doctor`."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from exports_app import startup
from exports_app.doctor import databases, extensions, own_server
from exports_app.doctor.finding import Finding, limited
from exports_app.domain.errors import ExportsError
from exports_app.domain.timing import cron, zone_data
from exports_app.environment import SettingsError
from exports_app.launch import build, env, holders
from exports_app.settings import Settings
from exports_app.wiring.foundation import file_store

PATIENCE = 5.0
"""Seconds to wait for Node, for Redis, and for an answer on our port."""
NODE = (22, 22)
"""The oldest version that builds the pages."""
SMALL = 500 * 10**6
"""Free bytes below which a disk counts as nearly full."""
ANSWERING = {"database", "schema_outdated", "schema_newer"}
"""Codes of a database that answers."""
ABOUT_DATABASE = {
    "demo": databases.find_demo,
    "triggers": databases.find_triggers,
    "search": databases.find_search,
    "clock": databases.find_clock,
    "installation": databases.find_installation,
    "versions": databases.find_versions,
    "maintenance": databases.find_maintenance,
}


def examine(settings: Settings) -> Iterator[Finding]:
    """The result of each check, which has LIMIT seconds. Changes nothing, and shows no secret."""
    yield Finding(sys.version_info >= (3, 11), "Python", sys.version.split()[0])
    yield from limited("data folder", lambda: [_data_folder(settings)])
    yield from limited("secret key", lambda: [_key(settings)])
    database = list(limited("database", lambda: databases.reach(settings)))
    yield from database
    yield from _proxies(settings)
    yield from _allowed_networks(settings)
    if settings.files_url:
        yield from limited("files", lambda: [_files(settings)])
    if settings.redis:
        yield from limited("Redis", lambda: [_redis(settings)])
    if all(finding.good or finding.code in ANSWERING for finding in database):
        for what, check in ABOUT_DATABASE.items():
            yield from limited(what, partial(check, settings))
    yield from limited("time zones", lambda: [_zones(settings)])
    yield from limited("Node", lambda: [_node()])
    yield from extensions.examine(settings)
    yield from limited("server", lambda: [_port(settings)])


def _data_folder(settings: Settings) -> Finding:
    if not settings.data_dir.exists():
        return _missing_folder(settings.data_dir.absolute())
    try:
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
        free = shutil.disk_usage(settings.data_dir).free
    except OSError as e:
        return Finding(False, "data folder", f"{settings.data_dir} is not writable: {e.strerror}")
    return Finding(
        free >= SMALL,
        "data folder",
        f"{settings.data_dir} is writable, {free / 10**9:,.1f} GB free",
    )


def _missing_folder(folder: Path) -> Finding:
    """Whether this user can make it. systemd may do so at the start instead (StateDirectory)."""
    above = next(parent for parent in folder.parents if parent.exists())
    if os.access(above, os.W_OK | os.X_OK):
        return Finding(True, "data folder", f"{folder} will be created at the first start")
    return Finding(
        True,
        "data folder",
        f"{folder} does not exist, and this user cannot create it in {above}: create it, and make"
        " the service's user its owner",
        warning=True,
        cause="data_folder_missing",
    )


def _key(settings: Settings) -> Finding:
    if not settings.has_key:
        return Finding(True, "secret key", "will be created at the first start")
    try:
        settings.signing_key()
    except (SettingsError, OSError) as e:
        return Finding(False, "secret key", str(e))
    return Finding(True, "secret key", "present")


def _node() -> Finding:
    env.prepare()
    node = shutil.which("node")
    consequence = "the pages cannot be built; serve --backend-only works without Node"
    if node is None and build.is_built():
        return Finding(True, "Node", "not found, and not needed: the pages are built")
    if node is None:
        return Finding(False, "Node", f"not found: install requirements.txt again ({consequence})")
    try:
        process = subprocess.run(  # noqa: S603 (a path that `which` found)
            [node, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        version = tuple(int(part) for part in process.stdout.strip().removeprefix("v").split("."))
    except (OSError, subprocess.SubprocessError, ValueError) as e:
        return Finding(False, "Node", f"{node} does not report its version ({e}): {consequence}")
    shown = ".".join(map(str, version))
    return (
        Finding(True, "Node", shown)
        if version >= NODE
        else Finding(
            False,
            "Node",
            f"{shown} is too old to build the pages: use {NODE[0]}.{NODE[1]} or newer",
        )
    )


def _zones(settings: Settings) -> Finding:
    try:
        cron.zone("Europe/Berlin")
        known = f"read from {zone_data.source('Europe/Berlin')}; the default is {settings.tz}"
        return Finding(True, "time zones", f"{known}; package tzdata {zone_data.package_version()}")
    except ExportsError as e:
        return Finding(False, "time zones", f"{e.message} (install the package tzdata)")


def _proxies(settings: Settings) -> Iterator[Finding]:
    if warning := startup.proxy_warning(settings):
        cause = "trusted_proxies_missing" if settings.public_url else "public_url_missing"
        yield Finding(True, "proxies", warning, warning=True, cause=cause)
    elif settings.trusted_proxies:
        trusted = ", ".join(map(str, settings.trusted_proxies))
        yield Finding(
            True, "proxies", f"client addresses are read from X-Forwarded-For, set by {trusted}"
        )


def _allowed_networks(settings: Settings) -> Iterator[Finding]:
    if settings.allowed_networks:
        networks = ", ".join(map(str, settings.allowed_networks))
        yield Finding(
            True, "networks", f"webhooks and destinations may reach {networks} besides the internet"
        )


def _files(settings: Settings) -> Finding:
    try:
        file_store(settings).check_writable()
    except ExportsError as e:
        return Finding(False, "files", e.message, cause="files_unwritable")
    return Finding(True, "files", f"{settings.files_url} is writable")


def _redis(settings: Settings) -> Finding:
    import redis

    wait = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    try:
        with redis.Redis.from_url(settings.redis, **wait) as client:
            client.ping()
    except redis.exceptions.AuthenticationError:
        return Finding(False, "Redis", "wrong password: check REDIS_URL", cause="redis_password")
    except redis.exceptions.ResponseError as e:
        return Finding(False, "Redis", f"error: {e}. Check REDIS_URL", cause="redis_refused")
    except (TypeError, ValueError):  # the library has no such option, or not with this value
        return Finding(
            *(False, "Redis", "invalid options: check REDIS_URL after the ?"),
            cause="redis_options",
        )
    except (redis.exceptions.RedisError, OSError) as e:
        detail = (
            f"cannot be reached: check REDIS_URL, and that Redis is running ({type(e).__name__})"
        )
        return Finding(False, "Redis", detail, cause="redis_unreachable")
    return Finding(True, "Redis", "reachable")


def _port(settings: Settings) -> Finding:
    place = f"{settings.host}:{settings.port}"
    try:
        with socket.create_connection((settings.host, settings.port), PATIENCE):
            pass
    except OSError:
        return Finding(True, "server", f"nothing is listening on {place}")
    if own_server.answers(settings):
        return Finding(True, "server", f"running on {place}")
    held = holders.of_port(settings.port)
    by = str(held) if held else "another program (run as root to see which one)"
    return Finding(
        False,
        "server",
        f"{place} is in use by {by}: stop it, or set another PORT",
        cause="port_taken",
    )
