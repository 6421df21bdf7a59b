"""The commands maintenance on, off and status."""

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING

from exports_app.cli.output import add_json
from exports_app.cli.services import open_services, read_only_services
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted

if TYPE_CHECKING:
    from exports_app.services.core.records import Maintenance
    from exports_app.wiring import Services

TEXT = (
    "Maintenance: no runs start until it is over. The pages and the API keep working, and "
    "the pages show a notice."
)
ON = "Start maintenance. Runs in progress may finish; --wait waits for them."
OFF = "End maintenance. Missed runs are handled as each scheduled export is set."
STATUS = "Show whether maintenance is on, and how many runs are still in progress."
LOOK_SECONDS = 0.5
"""Between two looks whether runs are still at work."""


def add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="maintenance_command", required=True, metavar="COMMAND")
    on = commands.add_parser("on", help=ON, description=ON)
    on.add_argument(
        "--reason",
        metavar="TEXT",
        help="one line that everyone sees on the pages (default: unchanged, at first none)",
    )
    on.add_argument("--wait", action="store_true", help="return when no runs are in progress")
    off = commands.add_parser("off", help=OFF, description=OFF)
    status = commands.add_parser("status", help=STATUS, description=STATUS)
    for command in (on, off, status):
        add_json(command)


def run(args: argparse.Namespace) -> int:
    if args.maintenance_command == "status":
        with read_only_services() as services:
            _show(services, services.maintenance.now(), as_json=args.json)
        return 0
    with open_services() as services:
        if args.maintenance_command == "on":
            reason = None if args.reason is None else args.reason.strip()
            changed = services.maintenance.begin(reason)
            if args.wait:
                _wait(services)
        else:
            changed = services.maintenance.end()
        _show(services, changed.now, as_json=args.json)
    return 0


def _wait(services: "Services") -> None:
    """Until no run is at work, or Ctrl-C. On stderr it says how many are. Raises ExportsError where
    someone ends maintenance meanwhile: runs begin again."""
    shown = 0
    while True:
        left = services.maintenance.runs_at_work()
        if not services.maintenance.now().is_on:
            raise ExportsError("maintenance was turned off while waiting: runs start again")
        if not left:
            return
        if left != shown:
            print(f"Waiting for {counted(left, 'run')}…", file=sys.stderr, flush=True)
        shown = left
        time.sleep(LOOK_SECONDS)


def _show(services: "Services", now: "Maintenance", *, as_json: bool) -> None:
    at_work = services.maintenance.runs_at_work()
    if as_json:
        since = now.since.isoformat() if now.since else None
        shown = {"maintenance": now.is_on, "since": since, "reason": now.reason}
        print(json.dumps(shown | {"runsAtWork": at_work}, indent=2))
        return
    if now.since is None:
        print("Maintenance is off: runs start as scheduled")
        return
    why = f": {now.reason}" if now.reason else ""
    print(f"Maintenance has been on since {now.since:%Y-%m-%d %H:%M:%S} UTC{why}")
    print(f"No runs start; {counted(at_work, 'run')} still in progress" if at_work else IDLE)


IDLE = "No runs start, and none are in progress"
