"""The file format of an audit export, and the check of a file without the database.

JSON lines. Each chain has a line that begins it, a line for each entry with its position and its
hash, and a signed line that ends it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from exports_app.domain import audit_chain

FORMAT = "exports_app audit 1"
LONGEST_LINE = 2**20
"""Characters of a line that are read."""
PROGRESS_LINES = 1_000
"""Lines between two calls of `progress`."""


@dataclass(frozen=True)
class Exported:
    """Of a chain: the first and the last position in the file, and the hash at the last."""

    chain: str
    name: str
    first: int
    last: int
    hash: str

    @property
    def entries(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class FileReport:
    """What a file holds, and the first fault in it. signed: whether every chain is signed with one
    of the keys."""

    chains: list[Exported]
    signed: bool
    fault: str | None = None


@dataclass
class _Cursor:
    """The chain that is read, up to the entry at `position`."""

    chain: str
    name: str
    first: int
    position: int
    hash: str


class _BrokenFile(Exception):
    """The message says what is wrong, and where."""


def write_line(out: TextIO, content: dict[str, Any]) -> None:
    out.write(json.dumps(content, separators=(",", ":"), default=str) + "\n")


def check_file(
    file: Path, keys: list[bytes], progress: Callable[[int], None] = lambda _: None
) -> FileReport:
    """keys: those whose signatures count. progress: called with the number of lines read. Raises
    OSError."""
    chains: list[Exported] = []
    signed = True
    try:
        with file.open(encoding="ascii") as source:
            lines = _numbered(source, progress)
            for _, begin in lines:
                chain, is_signed = _check_chain(begin, lines, keys)
                chains.append(chain)
                signed &= is_signed
    except _BrokenFile as e:
        return FileReport(chains, signed, str(e))
    except UnicodeDecodeError:
        return FileReport(chains, signed, "this is not an audit export")
    return FileReport(chains, signed, None if chains else "the file is empty")


def _numbered(
    source: TextIO, progress: Callable[[int], None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    while text := source.readline(LONGEST_LINE):
        number += 1
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise _BrokenFile(f"line {number} cannot be read")
        if number % PROGRESS_LINES == 0:
            progress(number)
        yield number, line


def _check_chain(
    begin: dict[str, Any], lines: Iterator[tuple[int, dict[str, Any]]], keys: list[bytes]
) -> tuple[Exported, bool]:
    """The chain, and whether it is signed."""
    cursor = _begin(begin)
    for number, line in lines:
        if "end" not in line:
            _check_entry(cursor, number, line)
            continue
        end = line["end"]
        _check_end(cursor, number, end)
        is_signed = audit_chain.is_signed(keys, end, str(line.get("signature")))
        exported = Exported(cursor.chain, cursor.name, cursor.first, cursor.position, cursor.hash)
        return exported, is_signed
    raise _BrokenFile(
        f"{cursor.name}: the file ends before its end: entries after position {cursor.position} "
        "were cut off"
    )


def _begin(line: dict[str, Any]) -> _Cursor:
    types = {"chain": str, "name": str, "position": int, "previous": str}
    complete = all(isinstance(line.get(name), wanted) for name, wanted in types.items())
    if line.get("format") != FORMAT or not complete:
        raise _BrokenFile("this is not an audit export, or one of another version")
    chain = line["chain"]
    first = line["position"]
    if first == 1 and line["previous"] != audit_chain.beginning(chain):
        raise _BrokenFile(
            f"{line['name']}: the first entry follows on another one, which is missing"
        )
    return _Cursor(chain, line["name"], first, first - 1, line["previous"])


def _check_entry(cursor: _Cursor, number: int, line: dict[str, Any]) -> None:
    """Moves the cursor to the entry."""
    entry = line.get("entry")
    position = cursor.position + 1
    at = f"line {number}, entry {entry.get('id') if isinstance(entry, dict) else '?'}"
    if line.get("position") != position:
        raise _BrokenFile(
            f"{at}: position {position} was expected: an entry was removed, inserted or moved"
        )
    if not isinstance(entry, dict) or audit_chain.link(cursor.hash, position, entry) != line.get(
        "hash"
    ):
        raise _BrokenFile(f"{at}: it was changed, or put in another's place")
    cursor.position = position
    cursor.hash = line["hash"]


def _check_end(cursor: _Cursor, number: int, end: Any) -> None:
    expected = {"chain": cursor.chain, "position": cursor.position, "hash": cursor.hash}
    if not isinstance(end, dict) or any(end.get(name) != value for name, value in expected.items()):
        raise _BrokenFile(
            f"line {number}: the end of {cursor.name} does not fit: an entry before it was removed "
            "or added"
        )
