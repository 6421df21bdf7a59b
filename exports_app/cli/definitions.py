"""The commands export, plan and apply: scheduled exports as code."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from exports_app.cli import choosing
from exports_app.cli.definition_places import opened
from exports_app.cli.output import add_json, one_line, show
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.humanize import counted

EXPORT = "Print the scheduled exports of a tenant as YAML."
PLAN = "Show what applying a YAML file would change. Changes nothing."
APPLY = "Make the scheduled exports of a tenant what a YAML file says. Shows the plan and asks."
CHANGES = 2
"""The exit code of a plan with changes, where it is asked for."""
SIGNS = {"create": "+", "update": "~", "delete": "-"}
OTHERS = "are not in the file: they stay as they are"
LONGEST = 300
"""Characters of a value that are shown."""


def add_export(parser: argparse.ArgumentParser) -> None:
    _add_place(parser)
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of the file, for editors"
    )


def add_plan(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument(
        "--detailed-exitcode",
        action="store_true",
        help="exit code 0: no changes; 2: changes; 1: an error",
    )


def add_apply(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--as",
        dest="actor",
        metavar="EMAIL",
        help="without --url: the user who does it, with their permissions",
    )


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="YAML file, or - for standard input")
    _add_place(parser)
    parser.add_argument(
        "--prune",
        action="store_true",
        help="delete what the file does not name; it can be restored for 30 days",
    )


def _add_place(parser: argparse.ArgumentParser) -> None:
    choosing.add_tenant(parser)
    parser.add_argument(
        "--url",
        help="address of a server, called with the API key in EXPORTS_APP_KEY (default:"
        " EXPORTS_APP_URL, or the database of this installation)",
    )
    add_json(parser)


def export(args: argparse.Namespace) -> int:
    if args.schema:
        from exports_app import wiring
        from exports_app.api import definition_schema

        wiring.load_plugins()
        print(definition_schema.text(), end="")
        return 0
    with opened(args, None, writes=False) as place:
        text = place.export(as_json=args.json)
    print(json.dumps(json.loads(text), indent=2) if args.json else text.rstrip("\n"))
    return 0


def plan(args: argparse.Namespace) -> int:
    text, tenant = _read(args.file)
    with opened(args, tenant, writes=False) as place:
        found = _named(args.file, lambda: place.plan(text, prune=args.prune))
    show(args, found, *lines(found))
    return CHANGES if args.detailed_exitcode and found["changes"] else 0


def apply(args: argparse.Namespace) -> int:
    asks = not args.json and sys.stdin.isatty()
    text, tenant = _read(args.file)
    with opened(args, tenant, writes=True) as place:
        found = _named(args.file, lambda: place.plan(text, prune=args.prune))
        if not args.json:
            print(*lines(found), sep="\n", flush=True)
        if found["changes"]:
            if not args.yes and not asks:
                raise ExportsError("cannot ask for confirmation here: use --yes")
            if not args.yes and not _agreed():
                print("Nothing was changed")
                return 1
            found = _named(args.file, lambda: place.apply(text, found["digest"], prune=args.prune))
            done = "Applied: {toCreate} created, {toUpdate} updated, {toDelete} deleted"
            show(args, found, done.format_map(found))
        elif args.json:
            show(args, found)
    return 0


def _agreed() -> bool:
    print("Apply these changes? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _read(file: Path) -> tuple[bytes, str | None]:
    """The file, and the tenant that it names. Raises ExportsError."""
    from exports_app.api.definition_body import LIMIT
    from exports_app.services.schedules.definitions import yaml_text

    if str(file) == "-":
        data = sys.stdin.buffer.read(LIMIT + 1)
    else:
        with file.open("rb") as opened_file:
            data = opened_file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise ExportsError(f"{file} is larger than 1 MiB: split it into several files")
    document = _named(file, lambda: yaml_text.read(data))
    named = document.value.get("tenant") if isinstance(document.value, dict) else None
    return data, named if isinstance(named, str) else None


def _named(file: Path, read: Callable[[], Any]) -> Any:
    """With the name of the file and the places in it, where it is not valid."""
    try:
        return read()
    except Invalid as e:
        wrong = "".join(f"\n  {one_line(_place(each) + each.detail)}" for each in e.errors)
        raise ExportsError(f"{file} is not valid:{wrong}") from None


def _place(error: FieldError) -> str:
    return f"{error.pointer}: " if error.pointer else ""


def lines(plan: dict[str, Any]) -> Iterator[str]:
    """A plan for people."""
    for change in plan["changes"]:
        yield one_line(f"{SIGNS[change['kind']]} {change['slug']}  {_shown(change['name'])}")
        is_new = change["kind"] == "create"
        yield from (f"    {one_line(_field(each, is_new=is_new))}" for each in change["fields"])
    if plan["changes"]:
        yield ""
    yield _summary(plan)
    if plan["others"]:
        yield _counted(plan["others"], "is not in the file: it stays as it is", OTHERS)


def _summary(plan: dict[str, Any]) -> str:
    if not plan["changes"]:
        return (
            f"No changes. {_counted(plan['unchanged'], 'is as in the file', 'are as in the file')}"
        )
    counts = "Plan: {toCreate} to create, {toUpdate} to update, {toDelete} to delete"
    return f"{counts.format_map(plan)}, {plan['unchanged']:,} unchanged"


def _counted(count: int, one: str, several: str) -> str:
    return f"{counted(count, 'scheduled export')} {one if count == 1 else several}"


def _field(change: dict[str, Any], *, is_new: bool) -> str:
    old, new = change["old"], change["new"]
    if is_new:
        return f"{change['field']}: {_shown(new)}"
    if isinstance(old, list) and isinstance(new, list) and set(old) != set(new):
        return f"{change['field']}: {', '.join(_differing(old, new))}"
    return f"{change['field']}: {_shown(old)} → {_shown(new)}"


def _differing(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    yield from (f"- {_shown(each)}" for each in old if each not in new)
    yield from (f"+ {_shown(each)}" for each in new if each not in old)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
