"""One row of a file, understood: what it says of a campaign, and of one of its days."""

import re
import unicodedata
from collections.abc import Mapping as Values
from datetime import date
from typing import Any, NamedTuple, TypeVar

from exports_app.domain import bounds
from exports_app.domain.formula_guard import unguard
from exports_app.services.campaigns.imports import dates, numbers
from exports_app.services.campaigns.imports.cells import (
    Cell,
    SourceRow,
    Wrong,
    is_blank,
    shown,
    trimmed,
)
from exports_app.services.campaigns.imports.columns import (
    DETAILS,
    REQUIRED,
    Mapping,
)
from exports_app.services.campaigns.imports.conventions import Conventions
from exports_app.services.campaigns.imports.sheet_errors import is_error
from exports_app.services.campaigns.service import COUNTS
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.records import MEASURES

_SPACES = re.compile(r"\s+")
_GIVEN_DETAILS = ("channel", "status", "budget", "start_date", "end_date")
LONGEST_NAMED = 40
"""Characters of a value that is named because it is refused."""
REMEMBERED = 10_000
"""Texts whose meaning is kept, since most stand in many lines."""
K = TypeVar("K")
V = TypeVar("V")


class Line(NamedTuple):
    """line: where it begins. key: the same for all lines of a campaign. name: as it stands in the
    file, without what guards against formulas. raw_name: exactly as it stands there. details,
    measures: only what the line gives, by field; a None removes a value. Money is in
    hundredths."""

    line: int
    campaign_id: str
    key: str
    name: str
    raw_name: str
    on: date
    details: Values[str, Any]
    measures: Values[str, int]


def as_compared(name: str) -> str:
    """The same for all names that look alike: composed letters, one space for white space of any
    kind, none around it, no invisible characters. The case stays."""
    if name.isascii():
        return " ".join(name.split())
    return _SPACES.sub(" ", trimmed(unicodedata.normalize("NFC", name)))


class LineReader:
    """Understands rows by the mapping and the conventions of their file."""

    def __init__(
        self, mapping: Mapping, conventions: Conventions, date_system: int, most_cells: int
    ) -> None:
        self._conventions = conventions
        self._date_system = date_system
        self.places = {key: index for index, key in enumerate(mapping) if key}
        """The index of each field's column."""
        self._unmapped = [index for index, key in enumerate(mapping) if not key]
        self._needed = 1 + max((self.places[key] for key in REQUIRED), default=0)
        self._width = len(mapping)
        self._most_cells = most_cells
        self._known_names: dict[str, tuple[str, str, str]] = {}
        self._known_details: dict[tuple[Cell, ...], Values[str, Any]] = {}
        self._known_days: dict[Cell, date | None] = {}
        self._decimals = {key: conventions.decimal(key) for key in conventions.numbers}

    def is_short(self, row: SourceRow) -> bool:
        """Whether the row ends before the last column. Excel leaves out empty cells at the end of
        some rows."""
        return len(row.cells) < self._width

    def read(self, row: SourceRow, headers: tuple[str, ...]) -> Line:
        """Raises ValueError with what is wrong."""
        if row.problem:
            raise ValueError(row.problem)
        cells = row.cells
        if len(cells) != self._width:
            cells = self._fitted(cells)
        for index in self._unmapped:
            if not headers[index] and not is_blank(cells[index]):
                raise ValueError(f"cell {index + 1} has a value, but its column has no header")
        given = {key: cells[index] for key, index in self.places.items()}
        return self._line(row.line, given)

    def _fitted(self, cells: list[Cell]) -> list[Cell]:
        count = len(cells)
        if len(cells) == 1 and isinstance(cells[0], Wrong):
            cells[0].refuse()
        extra = cells[self._width :]
        if not all(map(is_blank, extra)) or count < self._needed:
            raise ValueError(f"has {count} cells, the header has {self._width}")
        if count > self._most_cells:
            raise ValueError(
                f"has {count} cells, the header has {self._most_cells}: put amounts such as 12,50"
                " in quotes, or remove the empty cells at the end"
            )
        return cells[: self._width] + [None] * (self._width - count)

    def _line(self, line: int, given: dict[str, Cell]) -> Line:
        currency = trimmed(_text(given, "currency"))
        raw_name, name, key = self._names(given)
        on = self._day(given, "date")
        if on is None:
            is_total = not currency or not name
            raise ValueError(
                "date: is required" + (": remove lines with totals" if is_total else "")
            )
        if not key:
            raise ValueError("campaign_name: is required")
        campaign_id = self._campaign_id(given)
        details = self._remembered_details(given, currency)
        measures = self._measures(given, currency)
        return Line(
            line, campaign_id, f"{campaign_id}\x1f{key}", name, raw_name, on, details, measures
        )

    def _names(self, given: dict[str, Cell]) -> tuple[str, str, str]:
        """The name as it stands in the file, without what guards against formulas, and as it is
        compared."""
        raw_name = _text(given, "campaign_name")
        names = self._known_names.get(raw_name)
        if names is None:
            name = unguard(raw_name)
            names = (raw_name, name, as_compared(name))
            _remember(self._known_names, raw_name, names)
        return names

    def _remembered_details(self, given: dict[str, Cell], currency: str) -> Values[str, Any]:
        """The details, the same object for lines that say the same."""
        if self._date_system:  # 1.0 and True are equal keys, and workbooks have both
            return self._details(given, currency)
        key = (currency, *(given.get(name) for name in _GIVEN_DETAILS))
        details = self._known_details.get(key)
        if details is None:
            details = self._details(given, currency)
            _remember(self._known_details, key, details)
        return details

    def _campaign_id(self, given: dict[str, Cell]) -> str:
        text = trimmed(_text(given, "campaign_id")).lower() if "campaign_id" in given else ""
        return text if is_uuid(text) else ""

    def _details(self, given: dict[str, Cell], currency: str) -> dict[str, Any]:
        details: dict[str, Any] = {"currency": currency}
        for key in ("channel", "status"):
            if not is_blank(given.get(key)):
                details[key] = unguard(trimmed(_text(given, key)))
        if given.get("budget") is not None:
            details["budget"] = self._amount(given, "budget", currency)
        for key in ("start_date", "end_date"):
            if given.get(key) is not None:
                details[key] = self._day(given, key)
        return {key: details[key] for key in DETAILS if key in details}

    def _measures(self, given: dict[str, Cell], currency: str) -> dict[str, int]:
        measures = {}
        for key in MEASURES:
            cell = given.get(key)
            if cell is None:
                continue
            if key in COUNTS:
                try:
                    measures[key] = numbers.whole(cell, self._decimals[key]) or 0
                except ValueError as e:
                    raise _refused(key, cell, e) from None
            else:
                measures[key] = self._amount(given, key, currency) or 0
        return measures

    def _amount(self, given: dict[str, Cell], key: str, currency: str) -> int | None:
        try:
            return numbers.hundredths(given[key], self._decimals[key], currency)
        except ValueError as e:
            raise _refused(key, given[key], e) from None

    def _day(self, given: dict[str, Cell], key: str) -> date | None:
        cell = given[key]
        if key == "date" and cell in self._known_days:
            return self._known_days[cell]
        try:
            on = dates.day(cell, self._conventions.dates[key], self._date_system)
        except ValueError as e:
            raise _refused(key, cell, e) from None
        if key == "date" and isinstance(cell, str):
            _remember(self._known_days, cell, on)
        return on


def _remember(memory: dict[K, V], key: K, value: V) -> None:
    if len(memory) >= REMEMBERED:
        memory.clear()
    memory[key] = value


def _refused(key: str, cell: Cell, reason: ValueError) -> ValueError:
    """What is wrong with the cell. It names what the cell holds, unless the reason does."""
    text, words = trimmed(shown(cell)[: bounds.NAME]), str(reason)
    if not text or text in words:
        return ValueError(f"{key}: {words}")
    held = text if len(text) <= LONGEST_NAMED else f"{text[: LONGEST_NAMED - 1]}…"
    return ValueError(f"{key}: {words}; the file has “{held}”")


def _text(given: Values[str, Cell], key: str) -> str:
    cell = given[key]
    if isinstance(cell, Wrong):
        Wrong(f"{key}: {cell.reason}").refuse()
    text = shown(cell)
    if is_error(text):
        raise ValueError(f"{key}: {text} is a spreadsheet error")
    return text
