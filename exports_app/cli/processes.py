"""Commands that run, prepare or check a server: serve, worker, migrate, doctor."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from typing import TYPE_CHECKING

from exports_app import __version__, settings
from exports_app.cli.output import show
from exports_app.cli.services import services_alone, unmigrated_services
from exports_app.environment import SettingsError

if TYPE_CHECKING:
    from exports_app.doctor.finding import Finding


def serve(args: argparse.Namespace) -> int:
    # Into the environment: the process that serves reads its settings there again
    for name in ("host", "port"):
        if (value := getattr(args, name)) is not None:
            os.environ[name.upper()] = value
    settings.get()  # a wrong one is refused before Reflex is loaded
    from exports_app.launch import serve as server

    return server.serve(backend_only=args.backend_only)


def worker(_: argparse.Namespace) -> int:
    current = settings.get()
    from exports_app.engine.worker_process import work
    from exports_app.launch.file_limit import raise_file_limit

    raise_file_limit()
    return work(current)


def build_pages(args: argparse.Namespace) -> int:
    from exports_app.launch import serve as server

    with redirect_stdout(sys.stderr) if args.json else nullcontext():
        code = server.build_pages()
    if code == 0:
        show(args, {"built": True}, "Built the web pages")
    return code


def migrate(args: argparse.Namespace) -> int:
    from exports_app.db import migrate as migrations

    with unmigrated_services() as services:
        was_current = migrations.is_current(services.database)
        migrations.upgrade(services.database, announce=_progress)
    show(
        args,
        {"upgraded": not was_current},
        "The database was already up to date"
        if was_current
        else "Upgraded the database to the newest schema",
    )
    return 0


def accept_settings(args: argparse.Namespace) -> int:
    running = "a server or worker is running on this database: stop all of them first"
    with services_alone(running) as services:
        services.files.prepare()
        accepted = services.installation.accept()
    lines = [f"Accepted the {name} in the settings" for name in accepted]
    show(
        args,
        {"accepted": list(accepted)},
        *(lines or ["The settings are already those of the installation"]),
    )
    return 0


def _progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def doctor(args: argparse.Namespace) -> int:
    from exports_app import log
    from exports_app.doctor.finding import Finding

    log.configure("error")  # the findings say it
    found = list[Finding]()
    for finding in _findings():
        found.append(finding)
        if not args.json:
            print(f"{finding.word:4} {finding.what}: {finding.detail}", flush=True)
    healthy = all(finding.good for finding in found)
    if args.json:
        findings = [finding.as_json() for finding in found]
        print(json.dumps({"ok": healthy, "version": __version__, "findings": findings}, indent=2))
    return 0 if healthy else 1


def _findings() -> "Iterator[Finding]":
    from exports_app.doctor.finding import Finding

    try:
        current = settings.get()
    except SettingsError as e:
        yield Finding(False, "settings", str(e))
        return
    from exports_app.doctor.examination import examine

    yield from examine(current)
