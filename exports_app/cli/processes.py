"""Commands that run, prepare or check a server: serve, worker, migrate, doctor."""

import argparse
import os
import sys

from exports_app import settings
from exports_app.cli.services import services_alone, unmigrated_services


def serve(args: argparse.Namespace) -> int:
    # Into the environment: the process that serves reads its settings there again
    for name in ("host", "port"):
        if (value := getattr(args, name)) is not None:
            os.environ[name.upper()] = value
    current = settings.get()
    from exports_app.launch import serve as server

    return server.serve(current, backend_only=args.backend_only)


def worker(_: argparse.Namespace) -> int:
    current = settings.get()
    from exports_app.engine.worker_process import work
    from exports_app.launch.file_limit import raise_file_limit

    raise_file_limit()
    return work(current)


def migrate(_: argparse.Namespace) -> int:
    from exports_app.db import migrate as migrations

    with unmigrated_services() as services:
        was_current = migrations.is_current(services.database)
        migrations.upgrade(services.database, announce=_progress)
    print("the database was up to date" if was_current else "the database is up to date now")
    return 0


def accept_settings(_: argparse.Namespace) -> int:
    running = "a server or a worker runs on this database: stop all of them first"
    with services_alone(running) as services:
        services.files.prepare()
        accepted = services.installation.accept()
    for name in accepted:
        print(f"from now on the {name} of these settings counts")
    if not accepted:
        print("these settings are those of the installation already")
    return 0


def _progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def doctor(_: argparse.Namespace) -> int:
    from exports_app.doctor.examination import examine

    healthy = True
    for finding in examine(settings.get()):
        healthy &= finding.good
        print(f"{finding.word:4} {finding.what}: {finding.detail}")
    return 0 if healthy else 1
