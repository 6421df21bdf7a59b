"""The grammar of cron expressions, and their canonical form.

The grammar is strict; the canonical text has only what cronsim reads as Debian cron does. Besides
its values, a field keeps whether it begins with ``*`` (crontab(5): the two day fields are then
joined by "and"; cron(8): such a minute or hour follows the clock when the offset changes).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache

from cronsim import CronSim, CronSimError

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError

MAX_LENGTH = bounds.CRON

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_TERM = re.compile(r"(?:\*|(?P<first>[0-9A-Z]+)(?:-(?P<last>[0-9A-Z]+))?)(?:/(?P<step>[0-9]+))?")
_NTH = re.compile(r"(?P<day>[0-9A-Z]+)#(?P<nth>[0-9]+)")
_LAST = re.compile(r"(?P<day>[0-9A-Z]+)L")


class CronError(ExportsError):
    """The cron expression is not valid"""

    code = "invalid_cron"


@dataclass(frozen=True)
class CronField:
    """One parsed field.

    text: canonical. values: ascending, weekdays as 0 (Sunday) to 6. special: the items that depend
    on the month, as ``L``, ``LW``, ``1#2`` or ``5L``. full: matches every value there is.
    """

    text: str
    starred: bool
    values: tuple[int, ...]
    special: tuple[str, ...]
    full: bool


@dataclass(frozen=True)
class Cron:
    """A valid schedule; only `parse` makes one. Two that are written differently but mean the same
    are mostly equal.

    expression: five canonical fields. follows_clock: minute or hour begins with ``*``.
    """

    expression: str
    follows_clock: bool
    minute: CronField = field(repr=False, compare=False)
    hour: CronField = field(repr=False, compare=False)
    day: CronField = field(repr=False, compare=False)
    month: CronField = field(repr=False, compare=False)
    weekday: CronField = field(repr=False, compare=False)

    @cached_property
    def times(self) -> tuple[int, ...]:
        """The times of day as seconds since midnight, ascending."""
        return tuple(
            hour * 3600 + minute * 60 for hour in self.hour.values for minute in self.minute.values
        )

    @property
    def calendar(self) -> str:
        """An expression for cronsim that fires at midnight of every matching day."""
        return f"0 0 {self.day.text} {self.month.text} {self.weekday.text}"

    @property
    def needs_both_days(self) -> bool:
        """Day of month and day of week must both match, because one of them begins with ``*``; else
        either may."""
        return self.day.starred or self.weekday.starred


@dataclass(frozen=True)
class _Rules:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    hint: str = ""

    @property
    def takes(self) -> str:
        return f"use numbers from {self.low} to {self.high}{self.hint}"

    def value(self, token: str, item: int) -> int:
        """A number or a name as its number. Raises CronError."""
        if token.isdigit():
            number = int(token)
            if self.low <= number <= self.high:
                return number
            raise self.error(item, "is out of range")
        for index, name in enumerate(self.names):
            if token in (name.upper(), name[:3].upper()):
                return index + self.low
        raise self.error(item, "is not understood")

    def error(self, item: int, why: str) -> CronError:
        return CronError(f"{self.name}: item {item} {why}; {self.takes}")


_MINUTE = _Rules("minute", 0, 59, hint=", * or steps such as */15")
_HOUR = _Rules("hour", 0, 23, hint=", * or steps such as */3")
_DAY = _Rules("day of month", 1, 31, hint=", *, L (last day) or LW (last weekday)")
_MONTH = _Rules("month", 1, 12, MONTHS, hint=", * or names such as JAN")
_WEEKDAY = _Rules(
    "day of week", 0, 7, WEEKDAYS, hint=" (0 and 7 are Sunday), *, names such as MON, MON#2 or FRIL"
)
_ALL_RULES = (_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY)


@lru_cache(maxsize=1024)
def parse(expression: str) -> Cron:
    """Read a cron expression of five fields or an alias such as ``@daily``; names and aliases in
    any case.

    Raises CronError, which names the field and says how to fix it, and never contains the input.
    """
    if len(expression) > MAX_LENGTH:
        raise CronError(f"The cron expression is too long: use at most {MAX_LENGTH} characters")
    texts = _split(expression.strip(" \t\r\n"))
    minute, hour, day, month, weekday = (
        _field(rules, text) for rules, text in zip(_ALL_RULES, texts, strict=True)
    )
    cron = Cron(
        expression=" ".join(f.text for f in (minute, hour, day, month, weekday)),
        follows_clock=minute.starred or hour.starred,
        minute=minute,
        hour=hour,
        day=day,
        month=month,
        weekday=weekday,
    )
    if not _ever_fires(cron):
        raise CronError(
            "day of month, month and day of week: no such day ever comes; choose a day that exists "
            "in these months"
        )
    return cron


def _split(expression: str) -> list[str]:
    if expression.startswith("@"):
        alias = ALIASES.get(expression.lower())
        if alias is None:
            raise CronError(
                f"This @ name is not a time: use one of {' '.join(ALIASES)} or five fields"
            )
        expression = alias
    texts = re.split(r"[ \t]+", expression) if expression else []
    if len(texts) != len(_ALL_RULES):
        names = ", ".join(r.name for r in _ALL_RULES)
        raise CronError(
            f"A cron expression has five fields separated by spaces ({names}), not {len(texts)}"
        )
    return texts


def _field(rules: _Rules, text: str) -> CronField:
    if not text.isascii():  # before upper(), which turns some foreign letters into plain ones
        raise CronError(
            f"{rules.name}: there are characters other than plain letters, digits and signs; "
            f"{rules.takes}"
        )
    if text == "?" and rules in (_DAY, _WEEKDAY):
        text = "*"
    values: set[int] = set()
    special: set[str] = set()
    for item, term in enumerate(text.upper().split(","), start=1):
        if special_item := _special(rules, term, item):
            special.add(special_item)
        else:
            values |= _values(rules, term, item)
    full = len(values) == (7 if rules is _WEEKDAY else rules.high - rules.low + 1)
    parts = [] if full else sorted(special)
    starred = text.startswith("*")
    if starred:
        first = text.split(",", maxsplit=1)[0].upper()
        parts = (
            ["*"]
            if full
            else [f"*/{int(first[2:])}", *_compress(values - _values(rules, first, 1)), *parts]
        )
    else:
        parts = [*_compress(values), *parts]
    return CronField(",".join(parts), starred, tuple(sorted(values)), tuple(sorted(special)), full)


def _special(rules: _Rules, term: str, item: int) -> str | None:
    """L and LW among the days of the month, ``v#n`` and ``vL`` among those of the week, in
    canonical form."""
    if rules is _DAY and term in ("L", "LW"):
        return term
    if rules is _WEEKDAY and (match := _LAST.fullmatch(term)):
        return f"{rules.value(match['day'], item) % 7}L"
    if rules is _WEEKDAY and (match := _NTH.fullmatch(term)):
        nth = int(match["nth"])
        if not 1 <= nth <= 5:
            raise CronError(
                f"{rules.name}: item {item} asks for a week that no month has; use #1 to #5"
            )
        return f"{rules.value(match['day'], item) % 7}#{nth}"
    return None


def _values(rules: _Rules, term: str, item: int) -> set[int]:
    if not term:
        raise CronError(f"{rules.name}: item {item} is empty; remove the extra comma or fill it in")
    match = _TERM.fullmatch(term)
    if match is None:
        raise rules.error(item, "is not understood")
    step = int(match["step"] or 1)
    if step == 0:
        raise CronError(f"{rules.name}: item {item} has a step of 0; use a step of at least 1")
    if match["first"] is None:
        values: Sequence[int] = range(rules.low, rules.high + 1)
    elif match["last"] is not None:
        values = _range(rules, rules.value(match["first"], item), rules.value(match["last"], item))
    elif match["step"] is not None:
        values = range(rules.value(match["first"], item), rules.high + 1)
    else:
        values = (rules.value(match["first"], item),)
    return {value % 7 if rules is _WEEKDAY else value for value in values[::step]}


def _range(rules: _Rules, first: int, last: int) -> Sequence[int]:
    """first to last; where last comes before first, on past the end of the range and from its
    beginning."""
    if first <= last:
        return range(first, last + 1)
    if rules is not _WEEKDAY:
        return (*range(first, rules.high + 1), *range(rules.low, last + 1))
    first %= 7  # 7 is the Sunday before Monday too
    return tuple(day % 7 for day in range(first, first + (last - first) % 7 + 1))


def _compress(values: Iterable[int]) -> list[str]:
    """Items for exactly these values: runs of three or more as ``a-b``, steps of five or more as
    ``a-b/n``."""
    rest = sorted(values)
    items = []
    while rest:
        run = max(
            (_steps(rest, step) for step in range(1, rest[-1] - rest[0] + 1)), key=len, default=[]
        )
        step = run[1] - run[0] if len(run) > 1 else 1
        if len(run) < (3 if step == 1 else 5):
            run = rest[:1]
            items.append(str(run[0]))
        else:
            items.append(f"{run[0]}-{run[-1]}" if step == 1 else f"{run[0]}-{run[-1]}/{step}")
        rest = sorted(set(rest).difference(run))
    return items


def _steps(values: Sequence[int], step: int) -> list[int]:
    """The first value and its followers at this distance, as far as they are all there."""
    present = set(values)
    run = [values[0]]
    while run[-1] + step in present:
        run.append(run[-1] + step)
    return run


def _ever_fires(cron: Cron) -> bool:
    # cronsim looks 50 years ahead, and from 2000 on these hold every kind of year: leap or not,
    # beginning on any weekday.
    try:
        return next(CronSim(cron.calendar, datetime(2000, 1, 1)), None) is not None  # noqa: DTZ001 - a wall time
    except CronSimError:  # its own refusal of, e.g., 31 April
        return False
