"""The fields that a file can fill, and which column fills which."""

import re
import unicodedata
from collections.abc import Mapping as Fields
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError
from exports_app.services.campaigns.imports.cells import trimmed


@dataclass(frozen=True)
class Field:
    """key: its name in files; label: its name for people; clears: what an empty cell means for a
    campaign or day that is stored already."""

    key: str
    label: str
    clears: str
    required: bool = False


FIELDS = (
    Field("campaign_name", "Campaign", "is refused", required=True),
    Field("currency", "Currency", "is refused", required=True),
    Field("date", "Date", "is refused", required=True),
    Field("channel", "Channel", "keeps its value"),
    Field("status", "Status", "keeps its value"),
    Field("budget", "Budget", "removes it"),
    Field("start_date", "Start", "removes it"),
    Field("end_date", "End", "removes it"),
    Field("impressions", "Impressions", "sets it to 0"),
    Field("clicks", "Clicks", "sets it to 0"),
    Field("conversions", "Conversions", "sets it to 0"),
    Field("spend", "Spend", "sets it to 0"),
    Field("revenue", "Revenue", "sets it to 0"),
    Field("campaign_id", "Campaign ID", "is looked up by name"),
)
REQUIRED = tuple(f.key for f in FIELDS if f.required)
DETAILS = ("channel", "status", "currency", "budget", "start_date", "end_date")
"""What a line says of its campaign, besides the name."""
COMPUTED = ("ctr", "cpc", "cpa", "roas")
"""Columns of our own exports that are computed from others."""

COLUMN_OPTION = "--column HEADER=FIELD"
"""How the command line is told so."""

Mapping: TypeAlias = tuple[str, ...]
"""The field of each column of a file, by its key; empty: the column is left out."""


def _as_compared(header: str) -> str:
    """A header without case, and with `_` for everything between words."""
    plain = unicodedata.normalize("NFKC", trimmed(header[: bounds.NAME])).casefold()
    return re.sub(r"[\s_-]+", "_", plain)


_KNOWN = {
    spelling: field.key
    for field in FIELDS
    for spelling in (
        field.key,
        _as_compared(field.label),
        field.key.replace("_", ""),  # campaignName, as the API writes it
    )
}


def field_of(header: str) -> str:
    """The key of the field that the header names; empty where it names none."""
    return _KNOWN.get(_as_compared(header), "")


def is_computed(header: str) -> bool:
    return _as_compared(header) in COMPUTED


def by_header(headers: Sequence[str]) -> Mapping:
    """The mapping that the headers themselves say. A field goes to the first column that names
    it."""
    taken = set[str]()
    mapping = []
    for header in headers:
        key = field_of(header)
        mapping.append("" if key in taken else key)
        taken.add(key)
    return tuple(mapping)


def missing(mapping: Mapping) -> tuple[str, ...]:
    """The required fields that no column fills."""
    return tuple(key for key in REQUIRED if key not in mapping)


def renamed(headers: Sequence[str], chosen: Fields[str, str], line: int) -> tuple[str, ...]:
    """The headers with the chosen fields' keys in place of some of them; empty: the column is left
    out. Raises ExportsError where there is no such header."""
    there = {_as_compared(header) for header in headers}
    for header in chosen:
        if _as_compared(header) not in there:
            raise ExportsError(f"line {line} has no column {header[: bounds.KEY]!a}")
    keys = {_as_compared(header): key for header, key in chosen.items()}
    return tuple(keys.get(_as_compared(header), header) for header in headers)


def check_headers(headers: Sequence[str], line: int) -> None:
    """Raises ExportsError unless the headers name each required field, each field once, and
    nothing that is unknown, so that a misspelt name is noticed."""
    keys = [field_of(header) for header in headers]
    known = [key for key in keys if key]
    faults = []
    if lacking := missing(tuple(keys)):
        faults.append(f"missing: {', '.join(lacking)}")
    wrong = [
        trimmed(header)
        for header, key in zip(headers, keys, strict=True)
        if not key and trimmed(header) and not is_computed(header)
    ]
    if wrong:
        faults.append(f"unknown: {', '.join(ascii(w[: bounds.KEY]) for w in wrong[:5])}")
    if len(set(known)) != len(known):
        faults.append("a column appears twice")
    if faults:
        others = ", ".join(f.key for f in FIELDS if not f.required)
        raise ExportsError(
            f"line {line} must name the columns {', '.join(REQUIRED)}, and may name {others};"
            f" {'; '.join(faults)} ({COLUMN_OPTION} imports a column as a field)"
        )


def check_choice(mapping: Mapping, columns: int) -> None:
    """Of a mapping that someone chose. Raises ExportsError."""
    keys = [key for key in mapping if key]
    if len(mapping) != columns:
        raise ExportsError("the columns of the file have changed: choose them again")
    if unknown := [key for key in keys if key not in {f.key for f in FIELDS}]:
        raise ExportsError(f"unknown field {unknown[0][: bounds.KEY]!a}")
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise ExportsError(f"{twice[0]} is filled by two columns: choose one")


def check_mapping(mapping: Mapping, columns: int) -> None:
    """`check_choice`, and that no required field lacks. Raises ExportsError."""
    check_choice(mapping, columns)
    if lacking := missing(mapping):
        raise ExportsError(f"choose a column for {', '.join(lacking)}")
