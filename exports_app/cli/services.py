"""What the commands share: the services, and a progress bar."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from exports_app import settings
from exports_app.domain.errors import ExportsError

if TYPE_CHECKING:
    from exports_app.wiring import Services


@contextmanager
def unmigrated_services() -> Iterator["Services"]:
    """The services over the database as it is, beside a running server or without one."""
    from exports_app import log, wiring

    current = settings.get()
    log.configure("warning", current.log_format)
    services = wiring.build(current)
    try:
        yield services
    finally:
        services.close()


@contextmanager
def open_services(*, creates: bool = False) -> Iterator["Services"]:
    """The services over a migrated database. creates: also where there is none, for the commands
    that set an installation up. Raises ExportsError for the others, and then creates nothing: they
    would work on an empty database in the wrong folder."""
    from exports_app import startup

    if not creates:
        require_database()
    with unmigrated_services() as services:
        startup.migrate_database(services)
        yield services


@contextmanager
def services_alone(running: str) -> Iterator["Services"]:
    """As `open_services`, while no server or worker runs. Raises ExportsError where one does; on
    PostgreSQL with the text `running`."""
    from exports_app.db.process_registry import ProcessKind
    from exports_app.launch import lock
    from exports_app.launch.errors import StartError

    current = settings.get()
    require_database()
    try:
        with lock.server(current), open_services() as services:
            registry = services.process_registry
            if not current.embedded and any(map(registry.count, ProcessKind)):
                raise ExportsError(running)
            yield services
    except StartError as e:
        raise ExportsError(str(e)) from e


def require_database(otherwise: str = "") -> None:
    """otherwise: what else the caller could do, before the usual ways. Raises ExportsError where
    the file of the SQLite database is not there, and SettingsError."""
    from exports_app.db.urls import parse

    current = settings.get()
    file = parse(current.url).database if current.embedded else None
    if file and not Path(file).exists():
        raise ExportsError(
            f"there is no database at {Path(file).absolute()}: {otherwise}run this where the"
            " database is, or create one with 'python -m exports_app migrate'"
        )


@contextmanager
def read_only_services() -> Iterator["Services"]:
    """Services over the database without a migration, to look at it. Raises ExportsError
    where it is not there, and then creates nothing; or is not migrated."""
    from exports_app.db import migrate

    require_database()
    with unmigrated_services() as services:
        if not migrate.is_current(services.database):
            raise ExportsError(
                "the database is not migrated: run 'python -m exports_app migrate' first"
            )
        yield services


@contextmanager
def progress_bar(what: str, total: float | None = None) -> Iterator[Callable[..., None]]:
    """Shown on a terminal only. Yields a function of how much is done, and of the total where it
    was not known before."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=total)

        def show(done: float, of: float | None = total) -> None:
            progress.update(task, completed=done, total=of or None)

        yield show
