"""The commands schedules list, run, pause and activate."""

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from exports_app.cli import choosing
from exports_app.cli.output import add_json, one_line, show, table
from exports_app.cli.services import open_services, read_only_services

if TYPE_CHECKING:
    from exports_app.services.core.records import Schedule

TEXT = "List, run, pause and activate scheduled exports."
LIST = "List scheduled exports by name."
RUN = "Run a scheduled export now, for its recipients. Prints the ID of the run."
PAUSE = "Pause a scheduled export."
ACTIVATE = "Activate a scheduled export. The user becomes its owner."
TITLES = ("ID", "STATE", "NEXT RUN (UTC)", "LAST RUN", "NAME")


def add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="schedules_command", required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help=LIST, description=LIST)
    listed.add_argument("--search", default="", metavar="TEXT", help="only those with these words")
    choosing.add_list_options(listed)
    listed.set_defaults(action=_list)
    for name, action, text in (
        ("run", _run, RUN),
        ("pause", _pause, PAUSE),
        ("activate", _activate, ACTIVATE),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("schedule", metavar="SCHEDULE", help="its ID, slug or name")
        choosing.add_tenant(command)
        choosing.add_actor(command)
        add_json(command)
        command.set_defaults(action=action)


def run(args: argparse.Namespace) -> int:
    code: int = args.action(args)
    return code


def moment(at: datetime | None) -> str:
    """In UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "-"


def _list(args: argparse.Namespace) -> int:
    from exports_app.services.core.records import Page

    with read_only_services() as services:
        within = choosing.tenant(services, args.tenant)
        page = Page(size=args.limit, sort="name")
        found, total = services.schedules.find(choosing.READER, within.id, {}, args.search, page)
    rows = [(s.id, _state(s), moment(s.next_run_at), s.last_status or "-", s.name) for s in found]
    lines = table(TITLES, rows)
    if total > len(found):
        lines.append(f"{len(found):,} of {total:,}: use --limit or --search to see others")
    show(args, {"items": [_out(one) for one in found], "total": total}, *lines)
    return 0


def _state(one: "Schedule") -> str:
    if one.is_active:
        return "active"
    return "paused automatically" if one.paused_at else "paused"


def _out(one: "Schedule") -> dict[str, Any]:
    """As the API answers it."""
    from exports_app.api.schemas.schedules import ScheduleOut

    return ScheduleOut.model_validate(one).model_dump(mode="json", exclude={"warnings"})


def _run(args: argparse.Namespace) -> int:
    with open_services() as services:
        target = choosing.schedule(services, args.tenant, args.schedule)
        run = services.schedules.trigger(choosing.actor(services, args.actor), target.id)
    show(args, {"id": run.id, "scheduledExportId": target.id, "status": run.status}, run.id)
    return 0


def _pause(args: argparse.Namespace) -> int:
    return _switch(args, active=False)


def _activate(args: argparse.Namespace) -> int:
    return _switch(args, active=True)


def _switch(args: argparse.Namespace, *, active: bool) -> int:
    with open_services() as services:
        target = choosing.schedule(services, args.tenant, args.schedule)
        who = choosing.actor(services, args.actor)
        changed = services.activation.set_active(who, target.id, active) is not None
    state = "active" if active else "paused"
    answer = {"id": target.id, "isActive": active, "changed": changed}
    name = one_line(target.name)
    done = f"{'Activated' if active else 'Paused'} {name}"
    show(args, answer, done if changed else f"{name} is already {state}")
    return 0
