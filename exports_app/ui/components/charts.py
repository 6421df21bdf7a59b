"""Charts, and the tables of the same numbers for those who cannot see them.

The charts' own code is loaded by the pages that show one. Colours are in assets/ui.css: any two
that stand in one chart differ in lightness, so that they are told apart without colour vision;
lines have a pattern each besides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.ui.components import browser

HEIGHT = 250
TICKS = {"fontSize": 12, "fill": "var(--muted)"}
MARGIN = {"top": 8, "right": 12, "bottom": 0, "left": 0}
GRID = {"stroke": "var(--line)", "vertical": False}
DASHES = ("0", "7 4", "14 4", "10 4 2 4")
BEFORE_DASH = "2 4"
COLORS = tuple(f"var(--series-{number})" for number in range(1, len(DASHES) + 1))
"""Of lines, each with each pattern."""
LABEL = "label"
"""The key of a point's place on the axis below."""
FULL = "full"
"""The key of the words for that place in the tooltip, where they are longer."""
_COMPACT: Any = rx.Var('((v) => Intl.NumberFormat("en", { notation: "compact" }).format(v))')
_PLAIN: Any = rx.Var(
    "((v) => Number.isInteger(v) ? v.toLocaleString('en') : v.toLocaleString('en',"
    " { minimumFractionDigits: 2, maximumFractionDigits: Math.abs(v) < 1 ? 6 : 2 }))"
)
_TITLE: Any = rx.Var(f"((label, items) => items?.[0]?.payload?.{FULL} ?? label)")
_QUIET: Any = rx.Var("false")
_UNSORTED: Any = rx.Var("null")


@dataclass
class Series:
    """A line. key: of its values in the data, and its name. unit: behind a value in the tooltip.
    is_before: of the range before, drawn thinner."""

    key: str
    color: str
    dash: str
    unit: str = ""
    is_before: bool = False


def series(keys: Sequence[str], unit: str = "") -> list[Series]:
    """Up to sixteen lines that look different."""
    many = len(COLORS)
    return [
        Series(key, COLORS[i % many], DASHES[(i + i // many) % many], unit)
        for i, key in enumerate(keys)
    ]


def before(key: str) -> str:
    """The key of the line of the range before."""
    return f"{key} before"


def compared(of: Sequence[Series]) -> list[Series]:
    """Each line, and behind it that of the range before."""
    return [
        one
        for line in of
        for one in (
            line,
            Series(before(line.key), line.color, BEFORE_DASH, line.unit, is_before=True),
        )
    ]


def _place(state: rx.Var[dict[str, Any]]) -> tuple[rx.Var[str]]:
    """The label of the place that was pressed; empty beside all of them."""
    return (state.to(dict)["activeLabel"].to(str) | "",)


class LineChart(rx.recharts.LineChart):
    """Tells where it is pressed. Its name is that of the class it replaces: Reflex allows children
    by name."""

    on_click: rx.EventHandler[_place]


class BarChart(rx.recharts.BarChart):
    """As `LineChart`."""

    on_click: rx.EventHandler[_place]


def _press(on_pick: Any) -> dict[str, Any]:
    return {"on_click": on_pick, "class_name": "pickable"} if on_pick else {}


def lines(
    data: rx.Var[Any],
    of: rx.Var[list[Series]],
    *,
    dots: rx.Var[bool] | bool = False,
    unit: rx.Var[str] | str = "",
    on_pick: Any = None,
) -> rx.Component:
    """data: one dict for each place on the axis. dots: also mark the points, e.g. where there is
    only one. unit: of the axis. on_pick: gets the label of a place that is pressed; the table
    beside the chart must offer the same."""

    def line(drawn: Series) -> rx.Component:
        return rx.recharts.line(
            data_key=drawn.key,
            name=drawn.key,
            stroke=drawn.color,
            stroke_dasharray=drawn.dash,
            stroke_width=rx.cond(drawn.is_before, 1.5, 2),
            dot=dots & ~drawn.is_before,
            unit=drawn.unit,
            legend_type="plainline",  # with its dashes
            type_="linear",
            is_animation_active=False,
        )

    return _box(
        LineChart.create(
            rx.foreach(of, line),
            *_frame(unit=unit, icon=22),
            data=data,
            margin=MARGIN,
            custom_attrs=_ATTRS,
            **_press(on_pick),
        )
    )


def bars(
    data: rx.Var[Any],
    parts: Sequence[tuple[str, str, str]],
    *,
    legend: bool = True,
    on_pick: Any = None,
) -> rx.Component:
    """Stacked. parts: key, words and colour, from the bottom up. on_pick: as of `lines`."""
    stack = [
        rx.recharts.bar(
            data_key=key,
            name=words,
            fill=color,
            stroke="var(--panel)",
            stack_id="all",
            max_bar_size=36,
            is_animation_active=False,
        )
        for key, words, color in parts
    ]
    return _box(
        BarChart.create(
            *stack,
            *_frame(legend=legend),
            data=data,
            margin=MARGIN,
            custom_attrs=_ATTRS,
            **_press(on_pick),
        )
    )


_ATTRS = {"accessibilityLayer": _QUIET}
"""The table shows the same data, so nothing in a chart takes the focus."""


def _frame(
    *, legend: bool = True, unit: rx.Var[str] | str = "", icon: int = 12
) -> list[rx.Component]:
    """icon: width of a mark in the legend."""
    grid = rx.recharts.cartesian_grid(**GRID)
    return [grid, _x_axis(), _y_axis(unit), _tooltip(), *([_legend(icon)] if legend else [])]


def _x_axis() -> rx.Component:
    return rx.recharts.x_axis(
        data_key=LABEL,
        tick=TICKS,
        tick_line=False,
        axis_line=False,
        interval="preserveStartEnd",
        min_tick_gap=24,
    )


def _y_axis(unit: rx.Var[str] | str) -> rx.Component:
    return rx.recharts.y_axis(
        tick=TICKS,
        tick_line=False,
        axis_line=False,
        width=52,
        unit=unit,
        allow_decimals=unit != "",
        custom_attrs={"tickFormatter": _COMPACT},
    )


def _tooltip() -> rx.Component:
    return rx.recharts.graphing_tooltip(
        is_animation_active=False,
        content_style={
            "background": "var(--panel)",
            "borderColor": "var(--line-strong)",
            "borderRadius": "8px",
            "fontSize": "13px",
        },
        label_style={"color": "var(--muted)"},
        item_style={"color": "var(--text)", "padding": "1px 0"},
        cursor={"fill": "var(--idle-bg)", "stroke": "var(--line-strong)"},
        custom_attrs={"formatter": _PLAIN, "labelFormatter": _TITLE},
    )


def _legend(icon: int) -> rx.Component:
    return rx.recharts.legend(
        icon_size=icon,
        vertical_align="top",
        align="right",
        custom_attrs={"itemSorter": _UNSORTED},
    )


def _box(chart: rx.Component) -> rx.Component:
    return rx.el.div(chart, class_name="chart", height=f"{HEIGHT}px", aria_hidden="true")


def figure(
    title: str,
    summary: Any,
    chart: rx.Component,
    table: rx.Component,
    *controls: rx.Component,
    name: str,
    look: str = "",
    filled: rx.Var[bool] | bool = True,
) -> rx.Component:
    """A card. summary: what it shows, in words. table: the same numbers, opened on demand.
    name: its id. filled: without anything to draw, the card is its head alone."""
    head = rx.el.div(
        rx.el.div(
            rx.el.h2(title, id=f"{name}-title"),
            rx.el.p(summary, class_name="muted"),
            class_name="grow",
        ),
        *controls,
        class_name="row wrap card-head",
    )
    return rx.el.section(
        head,
        rx.cond(
            filled,
            rx.fragment(chart, browser.fold(table, id=f"{name}-table", title="As a table")),
        ),
        class_name=f"card figure {look}".strip(),
        id=name,
        custom_attrs={"aria-labelledby": f"{name}-title"},
    )


def table(label: str, heads: Any, rows: Any, on_pick: Any = None) -> rx.Component:
    """Numbers, as text: heads a list of words, rows a list of such lists; the first cell of a row
    is its head. on_pick: as of `lines`; gets the head."""

    def line(row: Any, place: Any) -> rx.Component:
        cells = rx.foreach(row[1:], lambda cell: rx.el.td(cell, class_name="right"))
        head = row[0]
        if on_pick:
            head = rx.el.button(head, type="button", class_name="sort", on_click=on_pick(head))
        return rx.el.tr(rx.el.th(head, scope="row"), cells, key=place)

    head = rx.el.tr(
        rx.el.th(heads[0], scope="col"),
        rx.foreach(heads[1:], lambda words: rx.el.th(words, scope="col", class_name="right")),
    )
    return scroll(
        label,
        rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(rows, line)), class_name="numbers"),
    )


def scroll(label: str, content: rx.Component) -> rx.Component:
    """Content that may be wider or longer than its place. It can be scrolled, also with the
    keyboard."""
    return rx.el.div(
        content, class_name="scroll", role="region", tab_index=0, custom_attrs={"aria-label": label}
    )
