"""Names of files and folders that people compose: ``{tenant}/{schedule}_{window_start:%Y-%m-%d}``.

A template is checked when it is saved. What is filled in is made safe for file systems and object
stores: a value can add no folder, and a rendered name never leaves the place it is put in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from exports_app.domain import file_names

MOST = 500
"""Characters of a template."""
MOST_BYTES = 900
"""Of a rendered name with its folders. Object stores take 1,024 with a prefix."""
MOST_PART = 255
"""Bytes of a part between two slashes."""

FIELDS: Mapping[str, str] = {
    "tenant": "the tenant's slug",
    "schedule": "the scheduled export's name",
    "window_start": "the first day of the data",
    "window_end": "the last day of the data",
    "tick": "when the run was due, or was started, in the schedule's time zone",
    "format": "the file's extension",
    "run": "the run's id, which makes each name different",
}
"""What may stand in braces, with what it is."""
DAY, TIME = "%Y-%m-%d", "%Y%m%dT%H%M%S"
_DATES: Mapping[str, frozenset[str]] = {
    "window_start": frozenset("YymdjUVGuaAbB"),
    "window_end": frozenset("YymdjUVGuaAbB"),
    "tick": frozenset("YymdjUVGuaAbBHMSIp"),
}
"""The directives of strftime that each field of time takes."""
_PIECE = re.compile(r"\{(?P<name>[a-z_]*)(?::(?P<format>[^{}]*))?\}|(?P<brace>[{}])")
_DIRECTIVE = re.compile(r"%(.?)")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""


@dataclass(frozen=True)
class NameValues:
    """tick: in the schedule's time zone. window_start, window_end: None: all data."""

    tenant: str
    schedule: str
    window_start: date | None
    window_end: date | None
    tick: datetime
    format: str
    run: str


def fault(template: str) -> str | None:
    """What is wrong with a template, and how to fix it; None where nothing is."""
    if not template.strip():
        return "enter a name"
    if len(template) > MOST:
        return f"use at most {MOST} characters"
    for piece in _PIECE.finditer(template):
        if wrong := _wrong_piece(piece):
            return wrong
    return _wrong_text(_PIECE.sub("x", template))


def _wrong_text(literal: str) -> str | None:
    """literal: the template with a letter for each field."""
    parts = literal.split("/")
    if _UNSAFE.search(literal):
        return (
            r'remove control characters and the signs < > : " | ? * \ outside the braces'.replace(
                "\\\\", "\\"
            )
        )
    if "" in parts:
        return "begin and end without a slash, and put one slash between two folders"
    if any(set(part) <= {".", " "} for part in parts):
        return "a folder's name must be more than dots"
    return None


def _wrong_piece(piece: re.Match[str]) -> str | None:
    if piece["brace"]:
        return "write { and } only around a field, such as {schedule}"
    name, wanted = piece["name"], piece["format"]
    if name not in FIELDS:
        return f"use one of these fields: {', '.join(f'{{{field}}}' for field in FIELDS)}"
    if wanted is None:
        return None
    if name not in _DATES:
        return f"{{{name}}} takes no format: only dates and times do"
    allowed = _DATES[name] | {"%"}
    if any(found not in allowed for found in _DIRECTIVE.findall(wanted)) or not wanted:
        return f"write the format of {{{name}}} with %Y, %m, %d" + (
            ", %H, %M, %S" if "H" in allowed else ""
        )
    return None


def rendered(template: str, values: NameValues) -> str:
    """The name: parts with one slash between them, none of which is empty, ``.`` or ``..``. The
    template is one without a fault; a name that is too long is shortened."""
    filled = _PIECE.sub(lambda piece: _filled(piece, values), template)
    parts = [_safe(part) for part in filled.split("/")]
    while len("/".join(parts).encode()) > MOST_BYTES:
        longest = max(range(len(parts)), key=lambda at: len(parts[at].encode()))
        parts[longest] = _shortened(parts[longest])
    return "/".join(parts)


def _filled(piece: re.Match[str], values: NameValues) -> str:
    name = piece["name"]
    value = getattr(values, name)
    if value is None:
        return "all"
    if isinstance(value, date):  # a datetime is one too
        text = value.strftime(piece["format"] or (TIME if name == "tick" else DAY))
        return text.replace("/", "-")
    if name == "schedule":
        return file_names.part_of(value, file_names.MOST_ASCII)
    return str(value).replace("/", "-")


def _safe(part: str) -> str:
    """A name that is one folder or one file on every system."""
    kept = _UNSAFE.sub("-", part).strip(" ").rstrip(".")
    if not kept:
        kept = file_names.UNNAMED
    if _RESERVED.fullmatch(kept):
        kept = f"_{kept}"
    while len(kept.encode()) > MOST_PART:
        kept = _shortened(kept)
    return kept


def _shortened(part: str) -> str:
    """Without the middle, so that the extension stays."""
    stem, dot, extension = part.rpartition(".")
    if not dot or len(extension) > 16:
        return part[:-1]
    return f"{stem[:-1]}.{extension}"
