"""The page of the campaigns."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.ui.components import browser, charts
from exports_app.ui.components.controls import button, chooser, day_chooser, link, message
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import may
from exports_app.ui.pages.analytics.address import ROUTE
from exports_app.ui.pages.analytics.campaigns.rows import LISTED, Amount, Card, TopRow
from exports_app.ui.pages.analytics.campaigns.selection import DATES, GROUPS
from exports_app.ui.pages.analytics.campaigns.state import CampaignsState, labels
from exports_app.ui.pages.analytics.skeleton import outline, skeleton
from exports_app.ui.pages.analytics.tabs import top
from exports_app.ui.pages.scheduled_exports.editor.form import GROUPS as GROUP_WORDS
from exports_app.ui.pages.scheduled_exports.editor.form import PERIODS


@page(
    ROUTE,
    title="Analytics",
    needs=Permission.READ,
    load=CampaignsState.arrive,
    refresh=CampaignsState.refresh,
    nav="Analytics",
    icon="chart-line",
    order=10,
    loading=outline,
)
def campaigns() -> rx.Component:
    state = CampaignsState
    summary = rx.fragment(
        state.window,
        rx.cond(state.compared != "", f" · compared with {state.compared}", ""),
        rx.cond(state.zone != "", f" · time zone: {state.zone}", ""),
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
            ROUTE,
            rx.cond(state.failed == "", summary, ""),
            rx.cond(
                (state.export_href != "") & may(Permission.WRITE),
                _export("Export this view", state.export_href, "btn primary", "export-view"),
            ),
        ),
        _bar(),
        rx.cond(state.loaded, content, skeleton()),
        class_name="page analytics",
    )


def _export(title: str, href: Any, look: str, name: str) -> rx.Component:
    """To the form of a scheduled export; where the figures are of some campaigns only, why not."""
    words = (rx.icon("calendar-plus", size=16, aria_hidden="true"), title)
    opens = link(*words, href=href, underline="none", class_name=look, id=name)
    told = {"aria-describedby": f"{name}-why"}
    off = rx.el.button(*words, type="button", class_name=look, disabled=True, custom_attrs=told)
    why = rx.el.span("Clear the channel and search to export", class_name="muted", id=f"{name}-why")
    return rx.cond(CampaignsState.filtered, rx.el.div(why, off, class_name="row wrap"), opens)


def _bar() -> rx.Component:
    dated = CampaignsState.view["period"] == DATES
    return rx.el.div(
        _choice("Range", "period", PERIODS),
        rx.cond(dated, rx.fragment(_date("From", "start"), _date("To", "end"))),
        _choice("Grouping", "group", [(key, GROUP_WORDS[key]) for key in GROUPS]),
        rx.cond(CampaignsState.channels.length() > 1, _channels()),
        _search(),
        class_name="bar",
        role="group",
        custom_attrs={"aria-label": "Filters"},
    )


def _channels() -> rx.Component:
    each = rx.foreach(CampaignsState.channels, lambda channel: rx.el.option(channel, value=channel))
    return _choice("Channel", "channel", [("", "All"), each])


def _search() -> rx.Component:
    box = browser.text(
        id="q",
        type="search",
        value=CampaignsState.view["q"],
        on_change=lambda text: CampaignsState.choose("q", text),
        placeholder="All campaigns",
        class_name="control",
        max_length=bounds.SEARCH,
        custom_attrs={"aria-label": "Search campaigns"},
    )
    return rx.el.div(rx.icon("search", size=15, aria_hidden="true"), box, class_name="search")


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


def _card(card: Card) -> rx.Component:
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
                title=f"Compared with {CampaignsState.compared}",
            ),
        )
        summed = rx.cond(several, rx.el.span("all currencies", class_name="currency"))
        currency = rx.cond(
            of.currency == "",
            summed,
            rx.cond(
                several | CARD_MONEY.contains(card.key),
                rx.el.span(of.currency, class_name="currency"),
            ),
        )
        return rx.el.div(
            rx.el.b(of.value, class_name="num"),
            currency,
            change,
            class_name="amount",
            key=of.currency,
        )

    return rx.el.li(
        rx.el.h2(card.label),
        rx.foreach(card.amounts, amount),
        class_name="card figure-card",
        key=card.key,
        custom_attrs={"data-key": card.key},
    )


CARD_MONEY = rx.Var.create(["spend", "revenue"])


def _over_time() -> rx.Component:
    state = CampaignsState
    measure = _choice("Show", "measure", list(labels().items()))
    long = (
        "Too many points to draw: choose a shorter range or a coarser grouping. The table "
        "shows all of them."
    )
    drawn = charts.lines(
        state.data, state.lines, dots=state.few, unit=state.unit, on_pick=state.pick
    )
    chart = rx.cond(state.data.length() > 0, drawn, rx.el.p(long, class_name="muted chart-empty"))
    name = rx.match(state.view["measure"], *labels().items(), "")
    filled = state.table.length() > 0
    return charts.figure(
        "Over time",
        rx.fragment(
            name,
            rx.cond(filled, "", ": no data in this range"),
            rx.cond(
                state.several,
                ", a line for each currency",
                rx.cond(state.currencies.length() > 1, ", all currencies together", ""),
            ),
            state.cut,
            rx.cond(state.data.length() > 0, " · select a point to list its campaigns", ""),
        ),
        chart,
        charts.table("Figures of the chart", state.heads, state.table, state.pick),
        measure,
        name="over-time",
        filled=filled,
    )


def _top() -> rx.Component:
    state = CampaignsState
    currencies = [
        rx.foreach(state.currencies, lambda currency: rx.el.option(currency, value=currency))
    ]
    currency = rx.cond(
        state.currencies.length() > 1, _choice("Currency", "currency", currencies, state.currency)
    )
    export = _export("Export this list", state.export_list_href, "btn small", "export-list")
    whole = button(
        "Show whole range", kind="small", on_click=state.choose("on", ""), id="whole-range"
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
                rx.el.h2("Campaigns ", state.listed, id="top-title"),
                rx.el.p(
                    state.counted,
                    rx.cond(state.currency != "", f", amounts in {state.currency}", ""),
                    class_name="muted",
                ),
                class_name="grow",
            ),
            rx.cond(state.listed != "", whole),
            currency,
            rx.cond(may(Permission.WRITE), export),
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


def _row(campaign: TopRow) -> rx.Component:
    name = rx.el.th(
        rx.el.bdi(campaign.name, class_name="strong"),
        rx.el.div(rx.el.bdi(campaign.facts), class_name="muted"),
        scope="row",
    )
    return rx.el.tr(
        name,
        rx.foreach(campaign.cells, lambda value: rx.el.td(value, class_name="right")),
        key=campaign.id,
    )


def _nothing() -> rx.Component:
    unknown = message(
        "chart-line",
        "No data in this range",
        "Choose another range, or add metrics by import or through the API.",
        button("Show all data", on_click=CampaignsState.choose("period", "all")),
    )
    filtered = message(
        "search-x",
        "No results",
        "No campaign of this channel and name has data in this range.",
        button("Clear filters", on_click=CampaignsState.clear),
    )
    return rx.cond(CampaignsState.filtered, filtered, unknown)
