"""How often a schedule repeats, as people choose it, and the cron expressions of these choices."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from exports_app.domain.timing.cron_grammar import Cron, parse


class Rhythm(StrEnum):
    MINUTES = "minutes"
    HOURS = "hours"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


MINUTE_STEPS = tuple(step for step in range(1, 60) if 60 % step == 0)
HOUR_STEPS = tuple(step for step in range(1, 24) if 24 % step == 0)
"""Only these leave the same time between any two runs."""
STEPS = {Rhythm.MINUTES: MINUTE_STEPS, Rhythm.HOURS: HOUR_STEPS}
LAST_DAY, LAST_WORKDAY = "L", "LW"
HALF_DAY = 12
"""Hours."""
_DAY = re.compile(r"[1-9]|[12][0-9]|3[01]|LW?|[0-6]#[1-4]|[0-6]L")
_TIME = re.compile(
    r"(?:([0-9]{1,2})(?:[:.]([0-9]{2})?)?|([0-9]{1,2})([0-9]{2}))(?: ?([ap])\.?m\.?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Repeat:
    """step: of MINUTES and HOURS, one of `STEPS`. minute: of every rhythm but MINUTES; hour: of
    those by days. weekdays: of WEEKLY, ascending, 0 is Sunday. day: of MONTHLY and QUARTERLY, as
    cron writes it: ``1`` to ``31``, ``L`` (the last day), ``LW`` (the last from Monday to Friday),
    ``1#2`` (the second Monday), ``5L`` (the last Friday). month: of QUARTERLY, 1 to 3: the month of
    each quarter."""

    rhythm: Rhythm
    step: int = 1
    hour: int = 9
    minute: int = 0
    weekdays: tuple[int, ...] = (1,)
    day: str = "1"
    month: int = 1


def build(repeat: Repeat) -> str:
    """The cron expression of the choice. Raises ValueError where it is none."""
    _check(repeat)
    at = f"{repeat.minute} {repeat.hour}"
    match repeat.rhythm:
        case Rhythm.MINUTES:
            return f"{_step(repeat.step)} * * * *"
        case Rhythm.HOURS:
            return f"{repeat.minute} {_step(repeat.step)} * * *"
        case Rhythm.DAILY:
            return f"{at} * * *"
        case Rhythm.WEEKLY:
            return f"{at} * * {','.join(map(str, repeat.weekdays))}"
        case Rhythm.MONTHLY:
            return f"{at} {_days(repeat.day, '*')}"
        case Rhythm.QUARTERLY:
            months = ",".join(str(month) for month in range(repeat.month, 13, 3))
            return f"{at} {_days(repeat.day, months)}"


def read(expression: str) -> Repeat | None:
    """The choice with exactly the times of a cron expression; None where it is more than one of
    these. Raises CronError."""
    cron = parse(expression)
    found = (
        candidate
        for rhythm in Rhythm
        if (candidate := _candidate(cron, rhythm))
        and _meaning(parse(build(candidate))) == _meaning(cron)
    )
    return next(found, None)


def _meaning(cron: Cron) -> tuple[object, ...]:
    # Not the text of the months: ``*/3`` and ``1,4,7,10`` are the same
    return cron.follows_clock, cron.times, cron.day.text, cron.month.values, cron.weekday.text


def _candidate(cron: Cron, rhythm: Rhythm) -> Repeat | None:
    """What the expression would be in this rhythm, if it fits it at all."""
    repeat = Repeat(
        rhythm,
        hour=cron.hour.values[0],
        minute=cron.minute.values[0],
        weekdays=cron.weekday.values,
        month=cron.month.values[0],
    )
    if rhythm in STEPS:
        of = cron.minute if rhythm is Rhythm.MINUTES else cron.hour
        step = of.values[1] - of.values[0] if len(of.values) > 1 else 0
        repeat = replace(repeat, step=step)
    if rhythm in {Rhythm.MONTHLY, Rhythm.QUARTERLY}:
        items = [*map(str, cron.day.values), *cron.day.special]
        if cron.day.full:
            items = list(cron.weekday.special)
        repeat = replace(repeat, day=items[0] if len(items) == 1 else "")
    try:
        _check(repeat)
    except ValueError:
        return None
    return repeat


def _check(repeat: Repeat) -> None:
    """Raises ValueError."""
    rhythm = repeat.rhythm
    good = 0 <= repeat.hour < 24 and 0 <= repeat.minute < 60
    if rhythm in STEPS:
        good = good and repeat.step in STEPS[rhythm]
    if rhythm is Rhythm.WEEKLY:
        days = set(repeat.weekdays)
        good = good and bool(days) and days <= set(range(7)) and len(days) == len(repeat.weekdays)
    if rhythm in {Rhythm.MONTHLY, Rhythm.QUARTERLY}:
        good = good and _DAY.fullmatch(repeat.day) is not None
    if rhythm is Rhythm.QUARTERLY:
        good = good and 1 <= repeat.month <= 3
    if not good:
        raise ValueError(f"not a choice: {repeat}")


def _step(step: int) -> str:
    return "*" if step == 1 else f"*/{step}"


def _days(day: str, months: str) -> str:
    """The last three fields of the expression."""
    of_week = "#" in day or re.fullmatch("[0-6]L", day)
    return f"* {months} {day}" if of_week else f"{day} {months} *"


def read_time(text: str) -> tuple[int, int] | None:
    """The hour and minute of a time of day as people type it: ``09:30``, ``9.30``, ``930``, ``9``
    with 24 hours, ``5:30 pm``, ``5pm`` with 12; None for anything else."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute = int(match[1] or match[3]), int(match[2] or match[4] or 0)
    if half := match[5]:
        if not 1 <= hour <= HALF_DAY:
            return None
        hour = hour % HALF_DAY + (HALF_DAY if half in "pP" else 0)
    return (hour, minute) if hour < 24 and minute < 60 else None


def time_text(repeat: Repeat) -> str:
    """As HH:MM."""
    return f"{repeat.hour:02}:{repeat.minute:02}"


def is_left_out(day: str) -> bool:
    """Whether some months have no such day, so that it does not run in them."""
    return day.isdigit() and int(day) > 28
