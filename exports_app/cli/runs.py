"""The commands runs list and runs watch."""

import argparse
import time
from typing import TYPE_CHECKING, Any

from exports_app.cli import choosing
from exports_app.cli.output import add_json, one_line, show, table
from exports_app.cli.schedules import moment
from exports_app.cli.services import read_only_services
from exports_app.domain.runs.states import UNFINISHED, DeliveryStatus, RunStatus, Trigger

if TYPE_CHECKING:
    from exports_app.services.core.records import Delivery, Run
    from exports_app.services.runs.listing import ListedRun

TEXT = "List runs, and watch one until it ends."
LIST = "List runs, newest first."
WATCH = "Print what happens to a run, until it ends."
TITLES = ("ID", "STATUS", "CREATED (UTC)", "TRIGGER", "SCHEDULED EXPORT", "ERROR")
LOOK_SECONDS = 0.5
"""Between two looks at a run."""


def add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="runs_command", required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help=LIST, description=LIST)
    listed.add_argument(
        "--schedule", metavar="SCHEDULE", help="only of this scheduled export: its ID, slug or name"
    )
    listed.add_argument("--status", choices=[str(status) for status in RunStatus])
    listed.add_argument("--trigger", choices=[str(trigger) for trigger in Trigger])
    choosing.add_list_options(listed)
    listed.set_defaults(action=_list)

    watch = commands.add_parser("watch", help=WATCH, description=WATCH)
    watch.add_argument("run_id", metavar="RUN", help="ID of the run")
    watch.add_argument(
        "--exit-status",
        action="store_true",
        help="exit code 1 unless the run completes",
    )
    add_json(watch)
    watch.set_defaults(action=_watch)


def run(args: argparse.Namespace) -> int:
    code: int = args.action(args)
    return code


def _list(args: argparse.Namespace) -> int:
    from exports_app.api.schemas.runs import ListedRunOut
    from exports_app.services.core.interfaces import RunFilter
    from exports_app.services.core.records import Page

    with read_only_services() as services:
        within = choosing.tenant(services, args.tenant)
        where = RunFilter(status=args.status or "", trigger=args.trigger or "")
        if args.schedule:
            of = choosing.schedule(services, args.tenant, args.schedule)
            where = RunFilter(of.id, where.status, where.trigger)
        page = Page(size=args.limit)
        found, _ = services.run_listing.find(choosing.READER, within.id, where, page)
    items = [ListedRunOut.model_validate(_values(one)).model_dump(mode="json") for one in found]
    rows = [
        (r.id, r.status, moment(r.created_at), r.trigger, one.schedule_name, r.error or "-")
        for one in found
        for r in (one.run,)
    ]
    show(args, {"items": items}, *table(TITLES, rows))
    return 0


def _values(one: "ListedRun") -> dict[str, Any]:
    run = one.run
    return vars(run) | {
        "scheduled_for": run.tick,
        "attempt": run.number,
        "deliveries": one.deliveries,
        "scheduled_export_name": one.schedule_name,
    }


def _watch(args: argparse.Namespace) -> int:
    """Until the run ends, or Ctrl-C. Raises NotFound."""
    from exports_app.api.schemas.runs import ListedRunOut

    seen = ""
    with read_only_services() as services:
        while True:
            found = services.run_listing.get(choosing.READER, args.run_id)
            run = found.run
            line = _state(run, found.deliveries)
            if line != seen and not args.json:
                print(line, flush=True)
            seen = line
            if run.status not in UNFINISHED:
                break
            time.sleep(LOOK_SECONDS)
    show(args, ListedRunOut.model_validate(_values(found)).model_dump(mode="json"))
    return 1 if args.exit_status and run.status != RunStatus.COMPLETED else 0


def _state(run: "Run", deliveries: "list[Delivery]") -> str:
    """What is known of a run, in a line."""
    parts = [str(run.status)]
    if run.status in UNFINISHED and run.next_attempt_at:
        parts.append(f"next attempt at {moment(run.next_attempt_at)} UTC")
    if deliveries:
        sent = sum(one.status == DeliveryStatus.ACCEPTED for one in deliveries)
        parts.append(f"{sent} of {len(deliveries)} sent")
    return ", ".join(parts) + (f": {one_line(run.error)}" if run.error else "")
