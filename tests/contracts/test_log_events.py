"""Operators build alerts on the names of log events: docs/monitoring.md lists each one."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "monitoring.md"
LEVELS = {"debug", "info", "warning", "error", "exception"}
LOGGERS = {"_log", "log", "say", "incidents"}
OWN_TEXTS = {
    "exports_app/startup.py",
    "exports_app/exports_app.py",
    "exports_app/launch/prepare.py",
}
"""Modules that also log sentences of other modules at the start, which the document describes."""


SENTENCES = ("startup.py", "environment.py", "db/triggers.py")
HOUSEKEEPING = "exports_app/engine/housekeeping.py"


@cache
def in_code() -> frozenset[str]:
    """The events' names; ``*`` for what is put in."""
    return frozenset(
        event
        for path in (ROOT / "exports_app").rglob("*.py")
        for event in _of_module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text()))
    )


def _of_module(path: str, tree: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not _logs(call.func, path):
            continue
        position = 1 if isinstance(call.func, ast.Name) else 0
        event = call.args[position]
        if isinstance(event, ast.Name) and event.id in constants:
            event = constants[event.id]
        name = _name(event)
        if name.strip("*: "):
            yield name
        else:
            assert path in OWN_TEXTS or _passes_on(path), (path, call.lineno)


def _passes_on(path: str) -> bool:
    """Whether the module logs what its callers name, whose calls are looked at themselves."""
    return path.endswith(("housekeeping.py", "incident_log.py", "migrate.py"))


def _logs(function: ast.expr, path: str) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "_guarded" and path == HOUSEKEEPING
    if not isinstance(function, ast.Attribute):
        return False
    logger = function.value
    if isinstance(logger, ast.Call):  # log.get(__name__).info
        logger = logger.func.value if isinstance(logger.func, ast.Attribute) else logger.func
    if not isinstance(logger, ast.Name) or logger.id not in LOGGERS:
        return False
    return function.attr == "note" if logger.id == "incidents" else function.attr in LEVELS


def _name(event: ast.expr) -> str:
    if isinstance(event, ast.Constant):
        return str(event.value)
    if isinstance(event, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "*" for part in event.values
        )
    return "*"


@cache
def documented() -> tuple[str, ...]:
    """The names in the first column of the table under "Logs"."""
    section = DOCUMENT.read_text().partition("\n## Logs\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")][1:]
    assert len(rows) > 40
    return tuple(name for row in rows for name in _written_out(re.findall("`([^`]+)`", row)))


def _written_out(names: list[str]) -> Iterator[str]:
    """``…: x`` after another name stands for that name, then ``: x``."""
    for name in names:
        yield names[0] + name[1:] if name.startswith("…") else name


def _matches(one: str, other: str) -> bool:
    one, other = one.replace("…", "*"), other.replace("…", "*")
    return fnmatchcase(one, other) or fnmatchcase(other, one)


def of_the_start() -> frozenset[str]:
    """All texts of the modules whose sentences the start logs."""
    trees = [ast.parse((ROOT / "exports_app" / name).read_text()) for name in SENTENCES]
    return frozenset(
        _name(node)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.Constant) and _name(node).strip("*: ")
    )


def test_every_documented_event_is_in_the_code() -> None:
    there = in_code() | of_the_start()
    assert not [name for name in documented() if not any(_matches(name, e) for e in there)]


def test_every_event_of_the_code_is_documented() -> None:
    assert not sorted(e for e in in_code() if not any(_matches(name, e) for name in documented()))
