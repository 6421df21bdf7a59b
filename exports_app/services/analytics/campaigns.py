"""Figures of a tenant's campaigns in a range of days, and in the range before it.

The rows are those of the exports: the same queries, the same rounding.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import FieldError, Invalid, ReadTooLong
from exports_app.domain.table import Column, Row, Value, completed, stored
from exports_app.domain.timing import period, tick_day
from exports_app.domain.timing.period import Period, Window
from exports_app.services.analytics.campaign_totals import (
    BY_CAMPAIGN,
    MEASURES,
    OVER_TIME,
    Point,
    Totals,
    busiest_currency,
    measures,
    totals_by_currency,
)
from exports_app.services.core import read_limits
from exports_app.services.core.authorization import sorting
from exports_app.services.core.change_events import Changes, Topic
from exports_app.services.core.export_filters import (
    CampaignFilter,
    GroupByFilter,
    Scope,
    resolve_own,
)
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.field_rules import check_search
from exports_app.services.core.interfaces import Clock, Ranking, Store, Transaction
from exports_app.services.core.records import Page, Tenant
from exports_app.services.core.request_coalescing import RequestCoalescing
from exports_app.services.schedules.filters import Filters, check_filters
from exports_app.services.tenants.tenant_settings import tenant_of

SORTS = {"name": "campaign_name", **{key: key for key in MEASURES}}
MOST_ROWS = 5_000
"""The most rows: periods times currencies."""
MOST_TOP = 100
MOST_CHANNELS = 100
MOST_CHOSEN = 5_000
"""Campaigns that figures can be limited to: more would make the statements too long."""
NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id of no campaign: an empty filter would mean all of them."""
SECONDS = 5.0
"""Database time in all, with the search for the campaigns."""
TOO_SLOW = "takes too long to add up: choose a shorter one, or export it"
KEPT = 60.0
"""Seconds that a reading is shared, unless a change is published."""
BY_DAY = {Period.LAST_7_DAYS, Period.LAST_30_DAYS, Period.LAST_90_DAYS}
"""Periods that are compared by days, also where they happen to be whole months."""


@dataclass(frozen=True)
class CampaignView:
    """filters: a period or dates, and groupBy. sort: a key of SORTS, '-' before it for the largest
    first. currency: of the listed campaigns; empty: the one with the most impressions. top: the
    number of listed campaigns. channel, q: limit all figures to campaigns of a channel, and to
    those that a search finds; empty: no limit. listed: the days of the listed campaigns; None: of
    the whole range."""

    filters: Filters = field(default_factory=lambda: Filters(period=Period.LAST_30_DAYS))
    sort: str = "-spend"
    currency: str = ""
    top: int = 20
    channel: str = ""
    q: str = ""
    listed: Window | None = None


@dataclass(frozen=True)
class CampaignTotal:
    id: str
    name: str
    channel: str
    status: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class CampaignFigures:
    """measures: the columns of all values. before: the range to compare with. unfinished: whether
    the window contains today. earlier: the points of the range before. top: campaigns of one
    currency, which has top_total campaigns. channels: of all of the tenant's campaigns, up to
    MOST_CHANNELS."""

    timezone: str
    window: Window
    before: Window | None
    unfinished: bool
    group_by: str
    measures: tuple[Column, ...]
    totals: tuple[Totals, ...]
    points: tuple[Point, ...]
    earlier: tuple[Point, ...]
    currency: str
    top: tuple[CampaignTotal, ...]
    top_total: int
    channels: tuple[str, ...]


class CampaignAnalytics:
    """timezone: for tenants without their own."""

    def __init__(
        self, store: Store, changes: Changes, clock: Clock, timezone: str, seconds: float = SECONDS
    ) -> None:
        self._store = store
        self._clock = clock
        self._timezone = timezone
        self._seconds = seconds
        self._readings: RequestCoalescing[CampaignFigures] = RequestCoalescing(
            changes, KEPT, (Topic.CAMPAIGNS, Topic.TENANTS), (Invalid,)
        )

    def read(self, who: Principal, tenant_id: str, view: CampaignView) -> CampaignFigures:
        """Raises NotFound, Forbidden; Invalid, also for a range that takes too long to add up."""
        with self._store.read() as tx:
            tenant = tenant_of(tx, who, tenant_id, Permission.READ)
        _check(view)
        zone = tenant.timezone or self._timezone
        today = tick_day.local_day(self._clock(), zone)
        # The zone is part of the key: after it changes, an earlier reading must not be used
        key = (view, zone, today)
        return self._readings.get(tenant_id, key, lambda: self._in_time(tenant, view, zone, today))

    def _in_time(
        self, tenant: Tenant, view: CampaignView, zone: str, today: date
    ) -> CampaignFigures:
        """Raises Invalid for what takes too long, so that it is not tried again at once."""
        try:
            with read_limits.at_most(self._seconds):
                return self._read(tenant, view, zone, today)
        except ReadTooLong:  # the samples say so themselves; the choice of campaigns does not
            if view.q:
                slow = "this search takes too long: search for whole words, or for fewer"
                raise Invalid([FieldError("/q", slow)]) from None
            raise _too_much(TOO_SLOW) from None

    def _read(self, tenant: Tenant, view: CampaignView, zone: str, today: date) -> CampaignFigures:
        window, deadline = view.filters.window(today), time.monotonic() + self._seconds
        before = period.before(window, today, by_month=view.filters.period not in BY_DAY)
        unfinished = (
            window.start is not None
            and window.end is not None
            and window.start <= today <= window.end
        )
        over_time = resolve_own(EXPORT_TYPES[OVER_TIME], view.filters)

        with self._store.read() as tx:  # one snapshot for all
            channels = tx.analytics.channels(tenant.id, MOST_CHANNELS)
            own = over_time | {CampaignFilter.name: _chosen(tx, tenant, view)}

            def scope(of: Window) -> Scope:
                return Scope(tenant.id, of.start, of.end, own)

            points = self._points(tx, scope(window), deadline)
            earlier = self._points(tx, scope(before), deadline) if before else []
            totals = totals_by_currency(points, earlier)
            currency = view.currency or busiest_currency(totals)
            top, top_total = self._top(tx, scope(_listed(view, window)), view, currency, deadline)
        return CampaignFigures(
            timezone=zone,
            window=window,
            before=before,
            unfinished=unfinished,
            group_by=over_time[GroupByFilter.name],
            measures=measures(),
            totals=tuple(totals),
            points=tuple(points),
            earlier=tuple(earlier),
            currency=currency,
            top=tuple(top),
            top_total=top_total,
            channels=tuple(channels),
        )

    def _points(self, tx: Transaction, scope: Scope, deadline: float) -> list[Point]:
        columns = EXPORT_TYPES[OVER_TIME].columns()
        sample = tx.sample(EXPORT_TYPES[OVER_TIME].select(scope), MOST_ROWS, _left(deadline))
        if sample.total is None:
            raise _too_much(TOO_SLOW)
        if sample.total > len(sample.rows):
            raise _too_much(
                "has too many rows to show: group it by longer periods, or choose a shorter one"
            )
        at = _places(columns)
        return [
            Point(
                str(row[at["period"]]),
                str(row[at["currency"]]),
                int(row[at["campaigns"]] or 0),
                _picked(row, at),
            )
            for row in completed(columns, sample.rows)
        ]

    def _top(
        self, tx: Transaction, scope: Scope, view: CampaignView, currency: str, deadline: float
    ) -> tuple[list[CampaignTotal], int]:
        kind = EXPORT_TYPES[BY_CAMPAIGN]
        columns = kind.columns()
        sample = tx.sample(
            kind.select(scope), view.top, _left(deadline), _ranking(columns, view.sort, currency)
        )
        if sample.total is None:
            raise _too_much(TOO_SLOW)
        at = _places(columns)
        top = [
            CampaignTotal(
                id=str(row[at["campaign_id"]]),
                name=str(row[at["campaign_name"]]),
                channel=str(row[at["channel"]]),
                status=str(row[at["status"]]),
                values=_picked(row, at),
            )
            for row in completed(columns, sample.rows)
        ]
        return top, sample.total


def _listed(view: CampaignView, window: Window) -> Window:
    """The days of the listed campaigns, within the range."""
    if view.listed is None:
        return window
    starts = [day for day in (view.listed.start, window.start) if day]
    ends = [day for day in (view.listed.end, window.end) if day]
    return Window(max(starts, default=None), min(ends, default=None))


def _chosen(tx: Transaction, tenant: Tenant, view: CampaignView) -> tuple[str, ...]:
    """The ids of the campaigns that the view is limited to; empty: of all. Raises Invalid for too
    many."""
    if not view.channel and not view.q:
        return ()
    where = {"channel": view.channel} if view.channel else {}
    found, total = tx.campaigns.find(
        frozenset({tenant.id}), where, view.q, Page(1, MOST_CHOSEN, "name")
    )
    if total > len(found):
        few = f"more than {MOST_CHOSEN:,} campaigns match: search for fewer"
        raise Invalid([FieldError("/q" if view.q else "/channel", few)])
    return tuple(campaign.id for campaign in found) or (NOBODY,)


def _left(deadline: float) -> float:
    return max(0.05, deadline - time.monotonic())


def _check(view: CampaignView) -> None:
    faults = check_filters(view.filters, OVER_TIME)
    errors = [replace(error, pointer=error.pointer.removeprefix("/filters")) for error in faults]
    if view.filters.campaign_ids:
        errors.append(FieldError("/campaignIds", "the totals are of all campaigns: leave it out"))
    if view.currency and not (
        len(view.currency) == 3 and view.currency.isascii() and view.currency.isupper()
    ):
        errors.append(
            FieldError("/currency", "use an ISO 4217 code in capital letters, such as EUR")
        )
    if not 1 <= view.top <= MOST_TOP:
        errors.append(FieldError("/top", f"choose from 1 to {MOST_TOP}"))
    if errors:
        raise Invalid(errors)
    check_search({"channel": view.channel, "q": view.q})
    sorting(view.sort, SORTS)


def _too_much(why: str) -> Invalid:
    return Invalid([FieldError("/period", f"the range {why}")])


def _ranking(columns: Sequence[Column], sort: str, currency: str) -> Ranking:
    """The query has only the stored columns; a ratio is sorted by its two parts."""
    by, places = SORTS[sort.removeprefix("-")], _places(stored(columns))
    ratio = next(c for c in columns if c.key == by).ratio
    column, divided_by = (
        (places[ratio.numerator], places[ratio.denominator]) if ratio else (places[by], None)
    )
    only = (places["currency"], currency) if currency else None
    return Ranking(column, divided_by, descending=sort.startswith("-"), only=only)


def _places(columns: Sequence[Column]) -> dict[str, int]:
    return {column.key: at for at, column in enumerate(columns)}


def _picked(row: Row, at: dict[str, int]) -> tuple[Value, ...]:
    return tuple(row[at[key]] for key in MEASURES)
