"""Days as spreadsheet programs write them. ISO 8601 needs no judgement. Where day and month could
be exchanged, all values of the column together show the order, or the column is refused."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from exports_app.domain import bounds
from exports_app.services.campaigns.imports.cells import EMPTY_SIGNS, Cell, Wrong, trimmed

RULE = "must be a date (YYYY-MM-DD)"
EPOCHS = {1900: datetime(1899, 12, 30), 1904: datetime(1904, 1, 1)}  # noqa: DTZ001 (days without a zone)
"""By the workbook's date system: the day with the serial number 0. Excel's 29 February 1900 does
not exist, and is before the first day that is read."""
_SERIAL_YEARS = range(1990, 2101)
"""Of days that are serial numbers: other numbers in a column of dates mean something else."""
_LAST_SERIAL = 2_000_000
"""Long after these years, and before the last day that Python has."""

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}([-/.])(?:\d{1,2}|[^\W\d_]{3,9}\.?)\1\d{2}")
_MIDNIGHT = re.compile(r"(\S+)[ T]0?0:00(?::00(?:\.0+)?)?Z?", re.ASCII)
_SERIAL = re.compile(r"\d{5}", re.ASCII)
_PERIOD = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2]|[-/.](?:0?[1-9]|1[0-2]))?", re.ASCII)


@dataclass
class DateColumn:
    """The order of day and month in a column. Lines are those of the first value that shows it, 0
    for none."""

    day_first_line: int = 0
    month_first_line: int = 0
    points_line: int = 0
    known_line: int = 0
    """Of a date that is no text, or has the year first."""
    text_line: int = 0
    """Of a text with the year last that a spreadsheet program may take for a date."""

    def see(self, cell: Cell, line: int) -> None:
        if isinstance(cell, date | float) or (isinstance(cell, str) and _ISO.fullmatch(cell)):
            self.known_line = self.known_line or line
        elif isinstance(cell, str) and len(cell) <= bounds.WRITTEN:
            self._see_text(_without_midnight(cell), line)

    def _see_text(self, text: str, line: int) -> None:
        match = _YEAR_LAST.fullmatch(text)
        if match is None:
            if _YEAR_FIRST.fullmatch(text):
                self.known_line = self.known_line or line
            return
        if match[2] == ".":  # no country writes the month first with points
            self.points_line = self.points_line or line
            return
        self.text_line = self.text_line or line
        if int(match[1]) > 12:
            self.day_first_line = self.day_first_line or line
        elif int(match[3]) > 12:
            self.month_first_line = self.month_first_line or line

    @property
    def described(self) -> str:
        """How the column's dates were read; empty for ISO 8601."""
        if self.day_first_line and self.month_first_line:
            return ""
        if self.day_first_line or self.points_line:
            return "dates as day, month, year"
        return "dates as month, day, year" if self.month_first_line else ""


def day(cell: Cell, column: DateColumn, date_system: int) -> date | None:
    """None for an empty cell. date_system: of a workbook, for serial numbers; 0 for text. Raises
    ValueError with what is wrong."""
    if isinstance(cell, Wrong):
        cell.refuse()
    if cell is True or cell is False:
        raise ValueError(RULE)
    if isinstance(cell, float):
        return _from_serial(cell, date_system)
    if cell is None or isinstance(cell, date):
        return cell
    if not cell or len(cell) > bounds.WRITTEN:
        if not cell:
            return None
        raise ValueError(RULE)
    text = _without_midnight(cell)
    if not text or text in EMPTY_SIGNS:
        return None
    return _from_text(text, column)


def _from_text(text: str, column: DateColumn) -> date:
    if match := _YEAR_FIRST.fullmatch(text):
        return _date(match[1], match[3], match[4])
    match = _YEAR_LAST.fullmatch(text)
    if match is None:
        raise ValueError(RULE + _hint(text))
    first, sign, second, year = match.groups()
    if sign == ".":
        return _date(year, second, first)
    if column.known_line:
        raise ValueError(
            f"{RULE}: line {column.known_line} is a date, line {column.text_line} is text: a"
            " spreadsheet may have exchanged day and month of the dates; export the file again and"
            " import it without opening it, or write all dates as YYYY-MM-DD"
        )
    if column.day_first_line and column.month_first_line:
        raise ValueError(
            f"{RULE}: line {column.day_first_line} has the day first, line"
            f" {column.month_first_line} the month"
        )
    if column.day_first_line:
        return _date(year, second, first)
    if column.month_first_line or int(first) == int(second):
        return _date(year, first, second)
    raise ValueError(
        f"{RULE}: {text} can be read with the day or the month first, and nothing in the column"
        " shows which"
    )


def _date(year: str, month: str, number: str) -> date:
    try:
        return date(int(year), int(month), int(number))
    except ValueError:
        raise ValueError(RULE) from None


def _from_serial(number: float, date_system: int) -> date:
    if date_system in EPOCHS and number == int(number) and 0 < number < _LAST_SERIAL:
        on = (EPOCHS[date_system] + timedelta(days=int(number))).date()
        if on.year in _SERIAL_YEARS:
            return on
    raise ValueError(RULE + _hint(f"{number:.0f}" if number == int(number) else ""))


def _without_midnight(cell: str) -> str:
    text = trimmed(cell)
    match = _MIDNIGHT.fullmatch(text)
    return match[1] if match else text


def _hint(text: str) -> str:
    if text.startswith("#"):
        return f": {text[:20]} is a spreadsheet error, or the column was too narrow"
    if _SHORT_YEAR.fullmatch(text):
        return ": write the year with four digits"
    if _PERIOD.fullmatch(text):
        return f": {text} looks like a month or a year: write the day too, as YYYY-MM-DD"
    if _SERIAL.fullmatch(text):
        return ": this is a spreadsheet's serial number of a day: format the column as a date"
    if _YEAR_FIRST.match(text) or _YEAR_LAST.match(text):
        return ": it has a time of day"
    return ""
