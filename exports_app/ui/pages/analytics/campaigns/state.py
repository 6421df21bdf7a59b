"""What the campaigns came to: totals against the days before, over time, by campaign."""

from dataclasses import replace

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted, place
from exports_app.domain.timing import period
from exports_app.domain.timing.period import Period, Window
from exports_app.services.analytics.campaign_totals import measures
from exports_app.services.analytics.campaigns import CampaignFigures
from exports_app.ui.components.charts import Series
from exports_app.ui.framework.actions import action, error_sentence, principal
from exports_app.ui.framework.browser_commands import BrowserCommands, show_address
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, query
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.analytics.campaigns import rows as figure_rows
from exports_app.ui.pages.analytics.campaigns.drawing import MOST_DRAWN, cut, drawing, listed
from exports_app.ui.pages.analytics.campaigns.rows import Card, TopRow
from exports_app.ui.pages.analytics.campaigns.selection import DATES, AnalyticsView, read
from exports_app.ui.pages.analytics.reading import slowly
from exports_app.ui.pages.scheduled_exports.address import new_link


def labels() -> dict[str, str]:
    """Of the measures, by key."""
    return {column.key: column.label for column in measures()}


HEADS = {"day": "Day", "week": "Week from", "month": "Month"}
FEW = 32
"""Points of a line that are marked each."""


class CampaignsState(rx.State):
    view: dict[str, str] = vars(AnalyticsView()).copy()
    loaded: bool = False
    failed: str = ""
    """Why there are no figures."""
    window: str = ""
    compared: str = ""
    zone: str = ""
    cards: list[Card] = []  # noqa: RUF012 (Reflex copies defaults)
    currencies: list[str] = []  # noqa: RUF012
    lines: list[Series] = []  # noqa: RUF012
    data: list[dict[str, float | str | None]] = []  # noqa: RUF012
    cut: str = ""
    """That the range covers some period in part only."""
    few: bool = False
    """Points, so that each is marked."""
    heads: list[str] = []  # noqa: RUF012
    table: list[list[str]] = []  # noqa: RUF012
    unit: str = ""
    """Of the chart's axis."""
    currency: str = ""
    """Of the campaigns that are listed."""
    listed: str = ""
    """The period whose campaigns are listed, in words; empty: the whole range."""
    channels: list[str] = []  # noqa: RUF012
    several: bool = False
    """Whether the chart has a line for each of several currencies."""
    filtered: bool = False
    """Whether the figures are of some campaigns only."""
    _days: tuple[str, str] | tuple[()] = ()
    """The first and the last day of that period, as far as they are in the range."""
    _places: dict[str, str] = {}  # noqa: RUF012
    """The first days of the chart's periods, by what it calls them."""
    rows: list[TopRow] = []  # noqa: RUF012
    counted: str = ""
    export_href: str = ""
    """Where the same view is made a scheduled export; for the chart, and for the list."""
    export_list_href: str = ""

    @action(Permission.READ)
    async def arrive(self) -> None:
        """When the page loads: the view that the address names."""
        self.view = vars(read(query(self))).copy()
        (await self.get_state(BrowserCommands)).begin(query(self))

    @action(Permission.READ)
    async def refresh(self) -> None:
        await self._load()

    async def _load(self) -> None:
        session, view = await self.get_state(SessionState), AnalyticsView(**self.view)
        read = services.campaign_analytics.read
        try:
            figures = await slowly(read, principal(), session.tenant_id, view.asked())
            if view.currency and view.currency not in {
                totals.currency for totals in figures.totals
            }:
                view = replace(view, currency="")  # there is none of it in this range
                figures = await slowly(read, principal(), session.tenant_id, view.asked())
            self._show(figures, view)
            put(self, view=vars(view), failed="")
        except ExportsError as e:
            put(self, failed=error_sentence(e))
        tenant = session.tenant_slug if len(session.tenants) > 1 else ""
        days = (
            (view.period, view.start, view.end)
            if view.period != DATES or view.is_dated
            else (str(Period.ALL), "", "")
        )
        of_list = (DATES, *self._days) if self._days else days
        put(
            self,
            export_href=new_link("aggregate", *days, view.group, tenant),
            export_list_href=new_link("campaigns", *of_list, "", tenant),
            loaded=True,
        )

    def _show(self, figures: CampaignFigures, view: AnalyticsView) -> None:
        drawn, count = drawing(figures, view.measure), counted(figures.top_total, "campaign")
        self._places = drawn.places
        self._days = _within(view.listed(), figures.window)
        put(
            self,
            window=period.words(figures.window)
            + (" (today is incomplete)" if figures.unfinished else ""),
            zone=place(figures.timezone),
            compared=period.words(figures.before) if figures.before else "",
            cards=figure_rows.cards(figures),
            currencies=[totals.currency for totals in figures.totals],
            few=len(drawn.data) < FEW,
            lines=drawn.lines,
            unit="%" if drawn.lines and drawn.lines[0].unit == "%" else "",
            data=drawn.data if len(drawn.data) <= MOST_DRAWN else [],
            table=drawn.rows,
            heads=[HEADS[figures.group_by], *(line.key for line in drawn.lines)],
            cut=cut(figures),
            listed=listed(view),
            channels=list(figures.channels),
            several=sum(not line.is_before for line in drawn.lines) > 1,
            filtered=view.is_filtered,
            currency=figures.currency,
            rows=[figure_rows.top_row(figures, campaign) for campaign in figures.top],
            counted=count
            if len(figures.top) == figures.top_total
            else f"the first {len(figures.top)} of {count}",
        )

    @action(Permission.READ)
    async def choose(self, name: str, value: str) -> None:
        """One part of the view."""
        await self._look(AnalyticsView(**self.view).with_(str(name), str(value)))

    @action(Permission.READ)
    async def clear(self) -> None:
        """Of all campaigns."""
        await self._look(replace(AnalyticsView(**self.view), channel="", q=""))

    @action(Permission.READ)
    async def pick(self, place: str) -> None:
        """List the campaigns of a period of the chart, named as it is there; of the whole range
        where it is listed already."""
        view = AnalyticsView(**self.view)
        day = self._places.get(str(place), "")
        if day:
            await self._look(view.with_("on", "" if day == view.on else day))

    @action(Permission.READ)
    async def order(self, key: str) -> None:
        """By a column, the largest first; the same again turns it round."""
        view = AnalyticsView(**self.view)
        first = key if key == "name" else f"-{key}"
        again = first.removeprefix("-") if first.startswith("-") else f"-{first}"
        await self._look(view.with_("sort", again if view.sort == first else first))

    async def _look(self, view: AnalyticsView) -> None:
        self.view = vars(view).copy()
        session = await self.get_state(SessionState)
        await show_address(
            self, view.address(session.tenant_slug if len(session.tenants) > 1 else "")
        )
        await self._load()


def _within(days: Window | None, whole: Window) -> tuple[str, str] | tuple[()]:
    if days is None or days.start is None or days.end is None:
        return ()
    first, last = whole.start or days.start, whole.end or days.end
    return max(days.start, first).isoformat(), min(days.end, last).isoformat()
