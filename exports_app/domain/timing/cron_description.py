"""A schedule in plain English."""

from collections.abc import Callable, Sequence

from exports_app.domain.timing.cron_grammar import MONTHS, WEEKDAYS, Cron, CronField, parse

ORDINALS = ("first", "second", "third", "fourth", "fifth")
OF_THE_MONTH = " of the month"
FEW = 6
"""Up to so many times of day are named one by one."""


def describe(cron_or_expression: Cron | str) -> str:
    """The schedule in words, e.g. "Every Monday at 09:00". Raises CronError for an invalid
    expression."""
    cron = cron_or_expression if isinstance(cron_or_expression, Cron) else parse(cron_or_expression)
    months = "" if cron.month.full else f" in {_listing(cron.month.values, _month)}"
    rhythm = _rhythm(cron)
    if rhythm:
        return f"{rhythm}{_rhythm_days(cron)}{months}"
    clock = _join([_clock(seconds) for seconds in cron.times])
    days = _days(cron)
    if not days:
        return f"Every day at {clock}{months}"
    if _only_weekdays(cron):
        return f"Every {_weekday_names(cron.weekday)} at {clock}{months}"
    if _is_monthly(cron):
        on = days.removesuffix(OF_THE_MONTH)
        if cron.month.full:
            return f"Monthly {on} at {clock}"
        return f"{_capitalized(on)} of {_listing(cron.month.values, _month)} at {clock}"
    return f"{_capitalized(days)}{months} at {clock}"


def _rhythm(cron: Cron) -> str | None:
    """The times of day as a rhythm; None where the few times had better be named."""
    few = len(cron.times) <= FEW
    if few and not cron.hour.starred:
        return None
    minutes = cron.minute.values
    if cron.hour.full:
        at_minute = (
            f"Every hour at minute {minutes[0]}"
            if len(minutes) == 1
            else f"{_past(minutes)} every hour"
        )
        return _every(minutes) or at_minute
    step = _even_step(cron.hour.values, 24)
    if step and len(minutes) == 1:
        return f"Every {step} hours" + (f" at minute {minutes[0]}" if minutes[0] else "")
    return None if few else _during(cron)


def _during(cron: Cron) -> str:
    """Many times in some of the hours."""
    minutes, hours = cron.minute.values, cron.hour.values
    every = _every(minutes)
    if _is_run(hours) and (every or len(minutes) == 1):
        return f"{every or 'Every hour'} from {_clock(cron.times[0])} to {_clock(cron.times[-1])}"
    if every and len(minutes) > 1:
        return f"{every} during hour{'s' if len(hours) > 1 else ''} {_listing(hours, str)}"
    return f"{_past(minutes)} hour {_listing(hours, str)}"


def _every(minutes: Sequence[int]) -> str | None:
    if minutes == (0,):
        return "Every hour"
    step = _even_step(minutes, 60)
    if step is None:
        return None
    return "Every minute" if step == 1 else f"Every {step} minutes"


def _past(minutes: Sequence[int]) -> str:
    return f"At minute {_listing(minutes, str)} past"


def _even_step(values: Sequence[int], size: int) -> int | None:
    """The step that gives these values from 0 on and goes on evenly in the next hour or day; None
    for any others."""
    step = size // len(values)
    return (
        step
        if len(values) > 1 and tuple(values) == tuple(range(0, size, step)) and size % step == 0
        else None
    )


def _is_run(values: Sequence[int]) -> bool:
    return values[-1] - values[0] == len(values) - 1


def _rhythm_days(cron: Cron) -> str:
    days = _days(cron)
    if _only_weekdays(cron) and " to " in days:
        return f", {_weekday_names(cron.weekday)}"
    return f" {days}" if days else ""


def _days(cron: Cron) -> str:
    """Which days of the month and of the week, e.g. "on the 13th of the month or on Friday"; empty
    for every day."""
    day, weekday = cron.day, cron.weekday
    if (day.full or weekday.full) and not cron.needs_both_days:
        return ""
    if day.full:
        return "" if weekday.full else f"on {_weekdays(weekday)}"
    if weekday.full:
        return f"on {_month_days(day, 'and')}"
    if cron.needs_both_days:
        return f"on {_weekdays(weekday)} if it is {_month_days(day, 'or')}"
    return f"on {_month_days(day, 'and')} or on {_weekdays(weekday)}"


def _only_weekdays(cron: Cron) -> bool:
    """Whether whole weekdays are all that the days depend on."""
    return (
        cron.day.full
        and cron.needs_both_days
        and not cron.weekday.full
        and not cron.weekday.special
    )


def _is_monthly(cron: Cron) -> bool:
    """Whether it runs on days that are counted in the month, e.g. the 1st or the last Friday."""
    day, weekday = cron.day, cron.weekday
    return weekday.full or (day.full and not weekday.values)


def _month_days(day: CronField, conjunction: str) -> str:
    parts = []
    if day.values:
        parts.append(f"the {_listing(day.values, _ordinal, conjunction)}")
    if "L" in day.special:
        parts.append("the last day")
    if "LW" in day.special:
        parts.append("the last weekday (Monday to Friday)")
    return f"{_join(parts, conjunction)}{OF_THE_MONTH}"


def _weekdays(weekday: CronField) -> str:
    parts = [_weekday_names(weekday)] if weekday.values else []
    special = [_special(item) for item in weekday.special]
    return _join([*parts, *special]) + (OF_THE_MONTH if special else "")


def _special(item: str) -> str:
    """``1#2`` and ``5L`` in words."""
    name = WEEKDAYS[int(item[0])]
    return f"the last {name}" if item.endswith("L") else f"the {ORDINALS[int(item[2:]) - 1]} {name}"


def _weekday_names(weekday: CronField) -> str:
    from_monday = sorted((value - 1) % 7 for value in weekday.values)
    return _listing(from_monday, lambda place: WEEKDAYS[(place + 1) % 7])


def _ordinal(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th") if day not in {11, 12, 13} else "th"
    return f"{day}{ending}"


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _month(number: int) -> str:
    return MONTHS[number - 1]


def _listing(values: Sequence[int], label: Callable[[int], str], conjunction: str = "and") -> str:
    """Ascending values as words, three or more in a row as "a to b"."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    items = []
    for run in runs:
        items += (
            [f"{label(run[0])} to {label(run[-1])}"]
            if len(run) > 2
            else [label(value) for value in run]
        )
    return _join(items, conjunction)


def _join(items: Sequence[str], conjunction: str = "and") -> str:
    return f" {conjunction} ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
