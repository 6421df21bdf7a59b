"""Relative date ranges such as "previous_week", and their dates at a tick."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from exports_app.domain.errors import FieldError, Invalid

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Period(StrEnum):
    """last_N_days end yesterday. this_* reach to the period's last day: there is no data of the
    future to leave out."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    LAST_7_DAYS = "last_7_days"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"
    THIS_WEEK = "this_week"
    PREVIOUS_WEEK = "previous_week"
    THIS_MONTH = "this_month"
    PREVIOUS_MONTH = "previous_month"
    THIS_QUARTER = "this_quarter"
    PREVIOUS_QUARTER = "previous_quarter"
    THIS_YEAR = "this_year"
    PREVIOUS_YEAR = "previous_year"
    ALL = "all"


@dataclass(frozen=True)
class Window:
    """The dates a run covers, both inclusive; None: open on that side."""

    start: date | None
    end: date | None


_DAYS_BACK = {
    Period.TODAY: (0, 0),
    Period.YESTERDAY: (1, 1),
    Period.LAST_7_DAYS: (7, 1),
    Period.LAST_30_DAYS: (30, 1),
    Period.LAST_90_DAYS: (90, 1),
}
_MONTHS_LONG = {
    Period.THIS_MONTH: 1,
    Period.PREVIOUS_MONTH: 1,
    Period.THIS_QUARTER: 3,
    Period.PREVIOUS_QUARTER: 3,
    Period.THIS_YEAR: 12,
    Period.PREVIOUS_YEAR: 12,
}
_PREVIOUS = {
    Period.PREVIOUS_WEEK,
    Period.PREVIOUS_MONTH,
    Period.PREVIOUS_QUARTER,
    Period.PREVIOUS_YEAR,
}


def resolve(period: Period | None, start: date | None, end: date | None, today: date) -> Window:
    """The window of a run.

    period or dates, never both; one date alone is open-ended, nothing at all means all data. today:
    the day that the run's tick was meant for, see `tick_day.day_of`. Weeks begin on Monday. Raises
    Invalid for a period together with dates and for dates in the wrong order.
    """
    if period is None:
        if start and end and end < start:
            raise Invalid(
                [
                    FieldError(
                        "/filters/endDate",
                        "is before the start date: choose a later end or an earlier start",
                    )
                ]
            )
        return Window(start, end)
    if start or end:
        raise Invalid(
            [
                FieldError(
                    "/filters/period",
                    "cannot be combined with dates: choose either a period or dates",
                )
            ]
        )
    return _relative(period, today)


def _relative(period: Period, today: date) -> Window:
    if period is Period.ALL:
        return Window(None, None)
    if period in _DAYS_BACK:
        first, last = _DAYS_BACK[period]
        return Window(today - timedelta(days=first), today - timedelta(days=last))
    back = int(period in _PREVIOUS)
    if period in _MONTHS_LONG:
        return _months(today, _MONTHS_LONG[period], back)
    monday = today - timedelta(days=today.weekday() + 7 * back)
    return Window(monday, monday + timedelta(days=6))


def _months(today: date, length: int, back: int) -> Window:
    """The block of `length` months (1, 3 or 12, aligned to the year) around today, or `back` blocks
    before it."""
    month = today.year * 12 + today.month - 1
    first = month - month % length - back * length
    last_year, last_month = divmod(first + length - 1, 12)
    return Window(
        date(first // 12, first % 12 + 1, 1),
        date(last_year, last_month + 1, monthrange(last_year, last_month + 1)[1]),
    )


def alike(one: Window, other: Window) -> bool:
    """Whether figures of the two can be compared: they have as many days, or as many whole
    months. False where one is open."""
    if not (one.start and one.end and other.start and other.end):
        return False
    months = _whole_months(one.start, one.end)
    if months and months == _whole_months(other.start, other.end):
        return True
    return one.end - one.start == other.end - other.start


def _whole_months(start: date, end: date) -> int:
    """0 where it is not made of whole months."""
    if start.day != 1 or end.day != monthrange(end.year, end.month)[1]:
        return 0
    return (end.year - start.year) * 12 + end.month - start.month + 1


def before(window: Window, today: date, *, by_month: bool = True) -> Window | None:
    """The days to compare a window's with: as many, right before it; as many months, where it is
    made of whole ones, unless it is only by chance (by_month False).

    Of a window that goes on after today only as many days as there have been. None where it is
    open, or did not begin yet.
    """
    if window.start is None or window.end is None or today < window.start:
        return None
    start, end = window.start, window.end
    try:
        if by_month and (months := _whole_months(start, end)):
            earlier = _block(start, months)
        else:
            earlier = start - (end - start) - timedelta(days=1), start - timedelta(days=1)
    except (ValueError, OverflowError):  # before the year 1
        return None
    if end > today:
        earlier = earlier[0], min(earlier[1], earlier[0] + (today - start))
    return Window(*earlier)


def _block(start: date, months: int) -> tuple[date, date]:
    """The `months` whole months before a first day of a month."""
    first = start.year * 12 + start.month - 1 - months
    return date(first // 12, first % 12 + 1, 1), start - timedelta(days=1)


def words(window: Window) -> str:
    """For people: ``16 Nov 2026 - 22 Nov 2026`` (with an en dash), ``16 Nov 2026``, ``from …``,
    ``until …``, ``all data``."""
    if window.start and window.end:
        if window.start == window.end:
            return day_words(window.start)
        return f"{day_words(window.start)} \N{EN DASH} {day_words(window.end)}"
    if window.start:
        return f"from {day_words(window.start)}"
    return f"until {day_words(window.end)}" if window.end else "all data"


def slug(window: Window) -> str:
    """For file names, of ``[a-z0-9-]`` only: ``2026-11-16-to-2026-11-22``, ``2026-11-16``,
    ``from-…``, ``until-…`` or ``all``."""
    if window.start and window.end:
        return (
            f"{window.start}" if window.start == window.end else f"{window.start}-to-{window.end}"
        )
    if window.start:
        return f"from-{window.start}"
    return f"until-{window.end}" if window.end else "all"


def day_words(day: date) -> str:
    """``16 Nov 2026``"""
    # Not strftime: its month names follow the machine's language.
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
