"""What the campaigns came to: totals against the days before, a chart over time, the campaigns in
order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted, place
from exports_app.domain.timing import period
from exports_app.domain.timing.period import Period
from exports_app.services.analytics.campaign_totals import measures
from exports_app.services.analytics.campaigns import CampaignFigures
from exports_app.ui.components import charts
from exports_app.ui.components.charts import Series
from exports_app.ui.components.controls import button, chooser, day_chooser, message
from exports_app.ui.framework.actions import action, error_sentence, principal
from exports_app.ui.framework.browser_commands import BrowserCommands, show_address
from exports_app.ui.framework.page import page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, query
from exports_app.ui.pages.analytics import figures
from exports_app.ui.pages.analytics.figures import LISTED, MOST_DRAWN, Amount, Card, TopRow
from exports_app.ui.pages.analytics.reading import outline, put, skeleton, slowly
from exports_app.ui.pages.analytics.tabs import top
from exports_app.ui.pages.analytics.view import DATES, GROUPS, ROUTE, AnalyticsView, read
from exports_app.ui.pages.scheduled_exports.address import new_link
from exports_app.ui.pages.scheduled_exports.editor.form import GROUPS as GROUP_WORDS
from exports_app.ui.pages.scheduled_exports.editor.form import PERIODS


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
    currency: str = ""
    """Of the campaigns that are listed."""
    rows: list[TopRow] = []  # noqa: RUF012
    counted: str = ""
    export_href: str = ""
    """Where the same view is made a scheduled export; for the chart, and for the list."""
    export_list_href: str = ""

    @action(Permission.WRITE)
    async def arrive(self) -> None:
        """When the page loads: the view that the address names."""
        self.view = vars(read(query(self))).copy()
        (await self.get_state(BrowserCommands)).begin(query(self))

    @action(Permission.WRITE)
    async def refresh(self) -> None:
        await self._load()

    async def _load(self) -> None:
        session, view = await self.get_state(SessionState), AnalyticsView(**self.view)
        read = services.campaign_analytics.read
        try:
            found = await slowly(read, principal(), session.tenant_id, view.asked())
            if view.currency and view.currency not in {one.currency for one in found.totals}:
                view = replace(view, currency="")  # there is none of it in this range
                found = await slowly(read, principal(), session.tenant_id, view.asked())
            self._show(found, view)
            put(self, view=vars(view), failed="")
        except ExportsError as e:
            put(self, failed=error_sentence(e))
        tenant = session.tenant_slug if len(session.tenants) > 1 else ""
        days = (
            (view.period, view.start, view.end)
            if view.period != DATES or view.is_dated
            else (str(Period.ALL), "", "")
        )
        links = (
            new_link("aggregate", *days, view.group, tenant),
            new_link("campaigns", *days, "", tenant),
        )
        put(self, export_href=links[0], export_list_href=links[1], loaded=True)

    def _show(self, found: CampaignFigures, view: AnalyticsView) -> None:
        drawn, count = figures.drawing(found, view.measure), counted(found.top_total, "campaign")
        put(
            self,
            window=period.words(found.window)
            + (" (today is not over yet)" if found.unfinished else ""),
            zone=place(found.timezone),
            compared=period.words(found.before) if found.before else "",
            cards=figures.cards(found),
            currencies=[one.currency for one in found.totals],
            few=len(drawn.data) < FEW,
            lines=charts.series(drawn.currencies),
            data=drawn.data if len(drawn.data) <= MOST_DRAWN else [],
            table=drawn.rows,
            heads=[HEADS[found.group_by], *drawn.currencies],
            cut=figures.cut(found),
            currency=found.currency,
            rows=[figures.top_row(found, one) for one in found.top],
            counted=count
            if len(found.top) == found.top_total
            else f"the first {len(found.top)} of {count}",
        )

    @action(Permission.WRITE)
    async def choose(self, name: str, value: str) -> None:
        """One part of the view."""
        await self._look(AnalyticsView(**self.view).with_(str(name), str(value)))

    @action(Permission.WRITE)
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


@page(
    ROUTE,
    title="Analytics",
    needs=Permission.WRITE,
    load=CampaignsState.arrive,
    refresh=CampaignsState.refresh,
    nav="Analytics",
    icon="chart-line",
    order=10,
    loading=outline,
)
def campaigns() -> rx.Component:
    state = CampaignsState
    export = rx.link(
        rx.icon("calendar-plus", size=16, aria_hidden="true"),
        "Export this view",
        href=state.export_href,
        underline="none",
        class_name="btn primary",
        id="export-view",
    )
    told_ = rx.fragment(
        state.window,
        rx.cond(state.compared != "", f" · compared with {state.compared}", ""),
        rx.cond(state.zone != "", f" · days in {state.zone}", ""),
    )
    content = rx.cond(
        state.failed != "",
        rx.el.p(state.failed, class_name="box bad", role="alert"),
        rx.cond(
            state.currencies.length() > 0, rx.fragment(_cards(), _over_time(), _top()), _nothing()
        ),
    )
    return rx.el.div(
        top(
            ROUTE, rx.cond(state.failed == "", told_, ""), rx.cond(state.export_href != "", export)
        ),
        _bar(),
        rx.cond(state.loaded, content, skeleton()),
        class_name="page analytics",
    )


def _bar() -> rx.Component:
    dated = CampaignsState.view["period"] == DATES
    return rx.el.div(
        _choice("Range", "period", PERIODS),
        rx.cond(dated, rx.fragment(_date("From", "start"), _date("To", "end"))),
        _choice("Grouping", "group", [(key, GROUP_WORDS[key]) for key in GROUPS]),
        class_name="bar",
        role="group",
        custom_attrs={"aria-label": "What is shown"},
    )


def _choice(label: str, name: str, options: Sequence[Any], value: Any = None) -> rx.Component:
    """value: where it is not the view's own."""
    shown = CampaignsState.view[name] if value is None else value
    return chooser(label, name, shown, lambda chosen: CampaignsState.choose(name, chosen), options)


def _date(label: str, name: str) -> rx.Component:
    return day_chooser(
        label, name, CampaignsState.view[name], lambda chosen: CampaignsState.choose(name, chosen)
    )


def _cards() -> rx.Component:
    return rx.el.ul(
        rx.foreach(CampaignsState.cards, _card),
        class_name="cards",
        id="cards",
        custom_attrs={"aria-label": "Totals"},
    )


def _card(one: Card) -> rx.Component:
    several = CampaignsState.currencies.length() > 1

    def amount(of: Amount) -> rx.Component:
        look = rx.cond(of.neutral, "change", "change " + of.way)
        change = rx.cond(
            of.change != "",
            rx.el.span(
                rx.match(
                    of.way,
                    ("up", rx.icon("arrow-up", size=13, aria_hidden="true")),
                    ("down", rx.icon("arrow-down", size=13, aria_hidden="true")),
                    rx.fragment(),
                ),
                of.change,
                class_name=look,
                title=f"Against {CampaignsState.compared}",
            ),
        )
        currency = rx.cond(
            several | CARD_MONEY.contains(one.key), rx.el.span(of.currency, class_name="currency")
        )
        return rx.el.div(
            rx.el.b(of.value, class_name="num"),
            currency,
            change,
            class_name="amount",
            key=of.currency,
        )

    return rx.el.li(
        rx.el.h2(one.label),
        rx.foreach(one.amounts, amount),
        class_name="card figure-card",
        key=one.key,
        custom_attrs={"data-key": one.key},
    )


CARD_MONEY = rx.Var.create(["spend", "revenue"])


def _over_time() -> rx.Component:
    state = CampaignsState
    measure = _choice("Show", "measure", list(labels().items()))
    long = "Too long to draw: choose a shorter range, or longer periods. The table has all of it."
    instead = rx.cond(state.table.length() > 0, long, "No data in this range.")
    drawn = charts.lines(state.data, state.lines, dots=state.few)
    chart = rx.cond(
        state.data.length() > 0, drawn, rx.el.p(instead, class_name="muted chart-empty")
    )
    name = rx.match(state.view["measure"], *labels().items(), "")
    return charts.figure(
        "Over time",
        rx.fragment(
            name,
            rx.cond(state.currencies.length() > 1, ", a line for each currency", ""),
            state.cut,
        ),
        chart,
        charts.table("Numbers of the chart", state.heads, state.table),
        measure,
        name="over-time",
    )


def _top() -> rx.Component:
    state = CampaignsState
    currencies = [rx.foreach(state.currencies, lambda one: rx.el.option(one, value=one))]
    currency = rx.cond(
        state.currencies.length() > 1, _choice("Currency", "currency", currencies, state.currency)
    )
    export = rx.link(
        "Export this list",
        href=state.export_list_href,
        underline="none",
        class_name="btn small",
        id="export-list",
    )
    head = rx.el.tr(
        _head("Campaign", "name"), *[_head(labels()[key], key, look="right") for key in LISTED]
    )
    rows = rx.el.table(
        rx.el.thead(head), rx.el.tbody(rx.foreach(state.rows, _row)), class_name="numbers", id="top"
    )
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Campaigns", id="top-title"),
                rx.el.p(
                    state.counted,
                    rx.cond(state.currency != "", f", amounts in {state.currency}", ""),
                    class_name="muted",
                ),
                class_name="grow",
            ),
            currency,
            export,
            class_name="row wrap card-head",
        ),
        charts.scroll("Campaigns", rows),
        class_name="card",
        custom_attrs={"aria-labelledby": "top-title"},
    )


def _head(words: str, key: str, look: str = "") -> rx.Component:
    sort = CampaignsState.view["sort"]
    mark = rx.match(
        sort,
        (key, rx.icon("arrow-up", size=12, aria_hidden="true")),
        (f"-{key}", rx.icon("arrow-down", size=12, aria_hidden="true")),
        rx.fragment(),
    )
    on = (sort == key) | (sort == f"-{key}")
    press = rx.el.button(
        words,
        mark,
        type="button",
        class_name=rx.cond(on, "sort on", "sort"),
        on_click=CampaignsState.order(key),
    )
    order = rx.match(sort, (key, "ascending"), (f"-{key}", "descending"), "none")
    return rx.el.th(press, scope="col", class_name=look, custom_attrs={"aria-sort": order})


def _row(one: TopRow) -> rx.Component:
    name = rx.el.th(
        rx.el.bdi(one.name, class_name="strong"),
        rx.el.div(rx.el.bdi(one.told), class_name="muted"),
        scope="row",
    )
    return rx.el.tr(
        name, rx.foreach(one.cells, lambda value: rx.el.td(value, class_name="right")), key=one.id
    )


def _nothing() -> rx.Component:
    return message(
        "chart-line",
        "No data in this range",
        "Choose another range, or have a program write the metrics of your campaigns through the API.",
        button("Show all data", on_click=CampaignsState.choose("period", "all")),
    )
