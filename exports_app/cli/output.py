"""What a command prints: lines for people, or JSON for programs."""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

GAP = "  "
"""Between two columns."""


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def show(args: argparse.Namespace, answer: Any, *lines: str) -> None:
    """The answer as JSON with --json, else the lines. Dataclasses become objects with names in
    camelCase, as in the API."""
    if args.json:
        print(json.dumps(_plain(answer), indent=2))
        return
    for line in lines:
        print(line)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {_camel(field.name): _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table. On a terminal a line is cut at its width; otherwise all is whole."""
    from rich.cells import cell_len, set_cell_size

    cells = [titles, *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    lines = [GAP.join(map(set_cell_size, row, widths)).rstrip() for row in cells]
    if not sys.stdout.isatty():
        return lines
    room = shutil.get_terminal_size().columns
    return [
        line if cell_len(line) <= room else set_cell_size(line, room - 1) + "…" for line in lines
    ]


def one_line(text: str) -> str:
    """With escapes for what could steer a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
