"""How much a schedule sends in a day, where that is many."""

from dataclasses import dataclass
from itertools import pairwise

from exports_app.domain.humanize import counted
from exports_app.domain.timing.cron_grammar import Cron

OFTEN_MINUTES = 5
"""Runs that are closer than this are hardly meant."""
MANY = 24
"""Emails, or deliveries to destinations, a day. So many need no mention: one for each hour."""
DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Frequency:
    """words: a sentence; empty where there is nothing to say. is_often: a warning."""

    words: str = ""
    is_often: bool = False


def frequency(cron: Cron, recipients: int, destinations: int = 0) -> Frequency:
    """Of a day without a change of the clocks, on which the schedule runs."""
    runs, gap = len(cron.times), _shortest_gap(cron)
    is_often = gap < OFTEN_MINUTES
    if not is_often and runs * max(recipients, destinations) <= MANY:
        return Frequency()
    amount = _amount(cron, recipients, destinations)
    if not is_often:
        return Frequency(f"This sends {amount}.")
    if runs * gap == DAY_MINUTES:
        every = "every minute" if gap == 1 else f"every {gap} minutes"
        return Frequency(f"This runs {every}: {amount}.", is_often=True)
    return Frequency(f"Some runs are only {counted(gap, 'minute')} apart: {amount}.", is_often=True)


def _amount(cron: Cron, recipients: int, destinations: int) -> str:
    day = "a day" if _is_daily(cron) else "on each day that it runs"
    runs = len(cron.times)
    people = "1 person" if recipients == 1 else f"{recipients:,} people"
    emails = f"{counted(runs * recipients, 'email')} {day} to {people}"
    if not destinations:
        return emails if recipients else f"{counted(runs, 'run')} {day}"
    count, places = runs * destinations, counted(destinations, "destination")
    deliveries = "1 delivery" if count == 1 else f"{count:,} deliveries"
    if not recipients:
        return f"{deliveries} {day} to {places}"
    return f"{emails}, and {deliveries} to {places}"


def _is_daily(cron: Cron) -> bool:
    return cron.day.full and cron.month.full and cron.weekday.full


def _shortest_gap(cron: Cron) -> int:
    """Minutes between two runs of one day or of two days in a row."""
    minutes = [seconds // 60 for seconds in cron.times]
    return min(later - earlier for earlier, later in pairwise([*minutes, minutes[0] + DAY_MINUTES]))
