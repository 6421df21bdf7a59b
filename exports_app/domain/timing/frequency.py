"""How many emails a schedule sends in a day, where that is many."""

from dataclasses import dataclass
from itertools import pairwise

from exports_app.domain.humanize import counted
from exports_app.domain.timing.cron_grammar import Cron

OFTEN_MINUTES = 5
"""Runs that are closer than this are hardly meant."""
MANY_EMAILS = 24
"""A day. So many need no mention: one for each hour."""
DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Frequency:
    """words: a sentence; empty where there is nothing to say. is_often: a warning."""

    words: str = ""
    is_often: bool = False


def frequency(cron: Cron, recipients: int) -> Frequency:
    """Of a day without a change of the clocks, on which the schedule runs."""
    runs, gap = len(cron.times), _shortest_gap(cron)
    is_often = gap < OFTEN_MINUTES
    if not is_often and runs * recipients <= MANY_EMAILS:
        return Frequency()
    amount = _amount(cron, recipients)
    if not is_often:
        return Frequency(f"This sends {amount}.")
    if runs * gap == DAY_MINUTES:
        every = "every minute" if gap == 1 else f"every {gap} minutes"
        return Frequency(f"This runs {every}: {amount}.", is_often=True)
    return Frequency(f"Some runs are only {counted(gap, 'minute')} apart: {amount}.", is_often=True)


def _amount(cron: Cron, recipients: int) -> str:
    day = "a day" if _is_daily(cron) else "on each day that it runs"
    runs = len(cron.times)
    if not recipients:
        return f"{counted(runs, 'run')} {day}"
    people = "1 person" if recipients == 1 else f"{recipients:,} people"
    return f"{counted(runs * recipients, 'email')} {day} to {people}"


def _is_daily(cron: Cron) -> bool:
    return cron.day.full and cron.month.full and cron.weekday.full


def _shortest_gap(cron: Cron) -> int:
    """Minutes between two runs of one day or of two days in a row."""
    minutes = [seconds // 60 for seconds in cron.times]
    return min(later - earlier for earlier, later in pairwise([*minutes, minutes[0] + DAY_MINUTES]))
