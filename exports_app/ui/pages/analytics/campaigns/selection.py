"""The view of the campaigns' figures: what the address says, and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.timing.period import Period, Window
from exports_app.services.analytics.campaign_totals import MEASURES
from exports_app.services.analytics.campaigns import SORTS
from exports_app.services.analytics.campaigns import CampaignView as Asked
from exports_app.services.schedules.filters import Filters
from exports_app.ui.pages.analytics.address import ROUTE

DATES = "dates"
GROUPS = ("day", "week", "month")
LONGEST = bounds.WRITTEN
TEXTS = ("channel", "q")
RANGE = ("period", "start", "end", "group")


@dataclass(frozen=True)
class AnalyticsView:
    """As text. period: a relative one, or DATES. channel, q: of the campaigns. on: the first day of
    the period whose campaigns are listed; empty: of the whole range."""

    period: str = str(Period.LAST_30_DAYS)
    start: str = ""
    end: str = ""
    group: str = "day"
    measure: str = "spend"
    sort: str = "-spend"
    currency: str = ""
    channel: str = ""
    q: str = ""
    on: str = ""

    def filters(self) -> Filters:
        """Raises Invalid where a date is none."""
        if self.period != DATES:
            return Filters(period=self.period, group_by=self.group)
        start, end = _day(self.start, "/startDate"), _day(self.end, "/endDate")
        return Filters(start, end, None if start or end else Period.ALL, group_by=self.group)

    @property
    def is_dated(self) -> bool:
        return self.period == DATES and bool(self.start or self.end)

    def asked(self) -> Asked:
        """What the service takes. Raises Invalid."""
        return Asked(
            self.filters(),
            self.sort,
            self.currency,
            channel=self.channel,
            q=self.q,
            listed=self.listed(),
        )

    def listed(self) -> Window | None:
        """The days of the listed campaigns; None: of the whole range. Raises Invalid."""
        first = _day(self.on, "/on")
        if first is None:
            return None
        following = steps(first, date.max, self.group, most=2)[-1]
        return Window(first, max(first, following - timedelta(days=1)))

    @property
    def is_filtered(self) -> bool:
        return bool(self.channel or self.q)

    def with_(self, name: str, value: str) -> "AnalyticsView":
        """With one part changed, where the value is one that it may have."""
        known = {
            "period": [*Period, DATES],
            "group": GROUPS,
            "measure": MEASURES,
            "sort": [f"{way}{key}" for key in SORTS for way in ("", "-")],
        }
        if name in TEXTS:
            fits = len(value) <= bounds.SEARCH
        elif name == "on":
            fits = not value or _is_day(value)
        elif name == "currency":
            fits = bool(re.fullmatch(r"([A-Z]{3})?", value))
        else:
            fits = (
                value in known[name]
                if name in known
                else name in {"start", "end"} and len(value) <= LONGEST
            )
        changed = replace(self, **{name: value}) if fits else self
        # Another range has other periods
        return replace(changed, on="") if name in RANGE and changed != self else changed

    def address(self, tenant: str) -> str:
        """What differs from the plain page. tenant: its slug, or empty where there is only one."""
        parts = {"tenant": tenant} | {
            k: v for k, v in vars(self).items() if v != getattr(AnalyticsView(), k)
        }
        text = urlencode({k: v for k, v in parts.items() if v})
        return f"{ROUTE}?{text}" if text else ROUTE


def read(query: Mapping[str, str]) -> AnalyticsView:
    """Of an address's parameters; what they name wrongly is left out."""
    view = AnalyticsView()
    for name in vars(view):
        if name in query:
            view = view.with_(name, query[name])
    return view


def steps(first: date, last: date, group: str, most: int = 10_000) -> list[date]:
    """The first days of all periods from one to another, at most so many."""
    days = [first]
    try:
        while days[-1] < last and len(days) < most:
            day = days[-1]
            days.append(
                _next_month(day)
                if group == "month"
                else day + timedelta(days=7 if group == "week" else 1)
            )
    except OverflowError:  # there is no day after 9999-12-31
        pass
    return days


def first_of(day: date, group: str) -> date:
    """The first day of the period that a day is in."""
    if group == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if group == "week" and day.toordinal() > 7 else day


def shifted(to: date, start: date, place: date, group: str) -> date:
    """As many periods after `to` as `place` is after `start`; all are first days. The last day
    there is, where there is no such day."""
    try:
        if group != "month":
            return to + (place - start)
        months = (place.year - start.year) * 12 + place.month - start.month
        years, month = divmod(to.year * 12 + to.month - 1 + months, 12)
        return date(years, month + 1, 1)
    except (OverflowError, ValueError):
        return date.max


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _day(text: str, pointer: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid([FieldError(pointer, "is not a date: use the format 2026-01-31")]) from None
