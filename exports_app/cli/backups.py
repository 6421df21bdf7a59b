"""The commands backup, restore and hold-restored."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from exports_app import settings
from exports_app.cli.output import show
from exports_app.cli.services import services_alone
from exports_app.domain.humanize import counted, size

if TYPE_CHECKING:
    from exports_app.backup.manifest import Manifest
    from exports_app.services.runs.restored import Held

END = "python -m exports_app maintenance off"
RUNNING = (
    "a server or worker is running on this database: stop all of them first, because what "
    "they send can no longer be held"
)


def backup(args: argparse.Namespace) -> int:
    from exports_app import log
    from exports_app.backup.making import make

    log.configure("warning", settings.get().log_format)
    with _progress() as progress:
        made = make(settings.get(), args.folder, progress)
    _warn_about_files(made)
    show(
        args,
        made,
        f"{args.folder}: {counted(made.rows['export_history'], 'run')},"
        f" {counted(made.files, 'file')}, {size(made.database_bytes + made.files_bytes)}",
    )
    return 0


def restore(args: argparse.Namespace) -> int:
    from exports_app import log
    from exports_app.backup.restoring import restore as put_back

    log.configure("warning", settings.get().log_format)
    with _progress() as progress:
        restored = put_back(settings.get(), args.folder, progress, force=args.force)
    lines = [f"Restored {args.folder} from {restored.manifest.begun}"]
    if restored.kept:
        lines.append(f"The previous data is in {restored.kept}")
    show(args, restored, *lines, *_held_lines(restored.held))
    for note in restored.notes:
        print(f"exports_app: {note}", file=sys.stderr)
    return 0


def hold_restored(args: argparse.Namespace) -> int:
    with services_alone(RUNNING) as services:
        held = services.restored.hold(args.backup)
    show(args, held, *_held_lines(held))
    return 0


def _held_lines(held: "Held") -> list[str]:
    is_any = held.runs or held.ticks or held.messages
    after = f" once you end maintenance: {END}" if held.maintenance else ""
    ended = (
        f"{counted(held.sessions, 'session')} ended: everyone has to sign in again. Accounts,"
        " passwords, roles, API keys, feeds and revoked links are as they were at the time of the"
        " backup: repeat later changes"
    )
    return [
        _what_is_held(held) if is_any else "Held: nothing. Nothing was waiting or due",
        ended,
        f"Now start the server. What is due from now on runs{after}",
    ]


def _what_is_held(held: "Held") -> str:
    return (
        f"Held: {counted(held.runs, 'unfinished run')},"
        f" {counted(held.ticks, 'due scheduled export')}, {counted(held.messages, 'message')}."
        " They may have been sent after the backup. Check their histories, and resend what was"
        " not sent from there or with Backfill (docs/recovery.md, What a restore holds)"
    )


def _warn_about_files(made: "Manifest") -> None:
    if made.files_kept_in:
        print(
            f"exports_app: the files in {made.files_kept_in} are not in this backup: use"
            " the bucket's versioning to keep them",
            file=sys.stderr,
        )
    for what, keys in (
        ("were removed by retention during the backup", made.removed),
        ("are missing", made.missing),
        ("are damaged", made.damaged),
    ):
        if keys:
            print(
                f"exports_app: {counted(len(keys), 'file')} {what}: see manifest.json",
                file=sys.stderr,
            )
    if not made.keys.included:
        print("exports_app: SECRET_KEY is not in this backup: store it elsewhere", file=sys.stderr)
    if made.keys.encryption_key.startswith("set"):
        print(
            "exports_app: ENCRYPTION_KEY is not in this backup: store it elsewhere", file=sys.stderr
        )


@contextmanager
def _progress() -> Iterator[Callable[[str, float, float], None]]:
    """A bar on a terminal, else a line for each stage; on stderr."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    terminal = sys.stderr.isatty()
    stages = dict[str, TaskID]()
    with Progress(console=Console(stderr=True), transient=True, disable=not terminal) as bars:

        def show(stage: str, done: float, of: float) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=of or None)
                if not terminal:
                    print(f"{stage}…", file=sys.stderr, flush=True)
            bars.update(stages[stage], completed=done, total=of or None)

        yield show
