"""The commands maintenance on, off and status."""

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING

from exports_app.cli.services import open_services, read_only_services
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted

if TYPE_CHECKING:
    from exports_app.services.core.records import Maintenance
    from exports_app.wiring import Services

TEXT = (
    "Let scheduled exports wait: no run begins until maintenance is over. Pages and API go on, and"
    " pages say so."
)
ON = "Begin maintenance. Runs that have begun may finish; --wait waits for them."
OFF = "End maintenance. What was missed is made up as each scheduled export says."
STATUS = "Whether there is maintenance, and how many runs are still at work."
LOOK_SECONDS = 0.5
"""Between two looks whether runs are still at work."""


def add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="maintenance_command", required=True, metavar="COMMAND")
    on = commands.add_parser("on", help=ON, description=ON)
    on.add_argument(
        "--reason",
        metavar="TEXT",
        help="one line, which everyone sees on the pages (default: as it is, at first none)",
    )
    on.add_argument("--wait", action="store_true", help="return once no run is at work any more")
    off = commands.add_parser("off", help=OFF, description=OFF)
    status = commands.add_parser("status", help=STATUS, description=STATUS)
    for command in (on, off, status):
        command.add_argument("--json", action="store_true", help="one JSON object")


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
            raise ExportsError("maintenance was switched off meanwhile: runs begin")
        if not left:
            return
        if left != shown:
            print(f"waiting for {counted(left, 'run')}…", file=sys.stderr, flush=True)
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
        print("maintenance is off: runs begin")
        return
    why = f": {now.reason}" if now.reason else ""
    print(f"maintenance is on since {now.since:%Y-%m-%d %H:%M:%S} UTC{why}")
    print(f"no run begins; {counted(at_work, 'run')} still at work" if at_work else IDLE)


IDLE = "no run begins, and none is at work"
