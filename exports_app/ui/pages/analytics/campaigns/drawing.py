"""The chart of one measure over time, and the table of the same numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from exports_app.domain.table import Column, Kind, Value, readable
from exports_app.domain.timing.period import MONTHS
from exports_app.services.analytics.campaign_totals import (
    MEASURES,
    Point,
    counts,
    over_currencies,
)
from exports_app.services.analytics.campaigns import CampaignFigures
from exports_app.ui.components import charts
from exports_app.ui.components.charts import FULL, LABEL, Series
from exports_app.ui.pages.analytics.campaigns.selection import (
    AnalyticsView,
    first_of,
    shifted,
    steps,
)

NONE = "\N{EN DASH}"
MOST_DRAWN = 800
"""Places on the axis."""
MOST_COMPARED = 2
"""Lines that get one for the range before."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Values = Mapping[tuple[date, str], Value]
"""By the first day of a period, and currency."""


@dataclass(frozen=True)
class Drawing:
    """data: for the chart; rows: for the table, the first cell the period. places: the first day of
    the periods, by their label in the chart and by that in the table."""

    lines: list[Series] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


def drawing(figures: CampaignFigures, measure: str) -> Drawing:
    """A line for each currency, or one for all of them where the measure may be added up; dashed
    beside it the range before. From the first period with data to the last: where there is none
    between them, a sum is 0, and a ratio is not there. Of a range that is too long to draw only the
    periods with data."""
    if not figures.points:
        return Drawing()
    column = figures.measures[MEASURES.index(measure)]
    points, earlier = _of_measure(figures, measure)
    currencies = sorted({point.currency for point in points})
    drawn = _Drawn(figures, column, _values(points, measure), _values(earlier, measure))
    lines = charts.series(
        [currency or column.label for currency in currencies],
        unit="%" if _is_percent(column) else "",
    )
    if len(lines) == 1 and column.kind is Kind.DECIMAL and column.ratio is None:
        lines[0].unit = f" {currencies[0]}"
    compared = bool(earlier) and len(lines) <= MOST_COMPARED
    data, rows, places = [], [], dict[str, str]()
    for place in drawn.periods():
        label = drawn.label(place)
        head = _label(place, figures.group_by, with_year=True)
        places |= {label: place.isoformat(), head: place.isoformat()}
        point, cells = drawn.at(place, currencies, lines, compared=compared)
        data.append({LABEL: label} | point)
        rows.append([head, *cells])
    return Drawing(charts.compared(lines) if compared else lines, data, rows, places)


def _of_measure(figures: CampaignFigures, measure: str) -> tuple[Sequence[Point], Sequence[Point]]:
    """The points to draw, and those of the range before."""
    if measure in counts():
        return over_currencies(figures.points), over_currencies(figures.earlier)
    return figures.points, figures.earlier


def _values(points: Sequence[Point], measure: str) -> Values:
    at = MEASURES.index(measure)
    return {
        (date.fromisoformat(point.period), point.currency): point.values[at] for point in points
    }


@dataclass(frozen=True)
class _Drawn:
    figures: CampaignFigures
    column: Column
    values: Values
    earlier: Values

    def periods(self) -> list[date]:
        days = sorted({day for day, _ in self.values})
        places = steps(days[0], days[-1], self.figures.group_by, MOST_DRAWN + 1)
        # A stray day far away: what is there, and nothing between
        return days if len(places) > MOST_DRAWN else places

    def label(self, place: date) -> str:
        days = [day for day, _ in self.values]
        return _label(place, self.figures.group_by, min(days).year != max(days).year)

    def at(
        self, place: date, currencies: Sequence[str], lines: Sequence[Series], *, compared: bool
    ) -> tuple[dict[str, Any], list[str]]:
        """What the chart has in one place, and the cells of its row."""
        other = self._before(place) if compared else None
        words = [_full(day, self.figures.group_by) for day in (place, other) if day]
        point: dict[str, Any] = {FULL: ", before: ".join(words)}
        cells = []
        for currency, line in zip(currencies, lines, strict=True):
            value = self.values.get((place, currency), self._absent)
            point[line.key] = _number(self.column, value)
            cells.append(readable(self.column, value) or NONE)
            if compared:
                past = None if other is None else self.earlier.get((other, currency), self._absent)
                point[charts.before(line.key)] = _number(self.column, past)
                cells.append(readable(self.column, past) or NONE)
        return point, cells

    @property
    def _absent(self) -> Value:
        return 0 if self.column.ratio is None else None

    def _before(self, place: date) -> date | None:
        """The period of the range before that stands where this one does; None where that range is
        shorter."""
        window, before, group = self.figures.window, self.figures.before, self.figures.group_by
        if window.start is None or before is None or before.start is None or before.end is None:
            return None
        other = shifted(first_of(before.start, group), first_of(window.start, group), place, group)
        return other if other <= before.end else None


def _is_percent(column: Column) -> bool:
    return column.ratio is not None and column.ratio.percent


def _number(column: Column, value: Value) -> float | None:
    if not isinstance(value, int):
        return None
    # Rounded, since 0.07 * 100 is 7.000000000000001
    return (
        round(value / 10 ** (column.scale - 2), 6)
        if _is_percent(column)
        else value / 10**column.scale
    )


def listed(view: AnalyticsView) -> str:
    """The period whose campaigns are listed, in words; empty: the whole range."""
    if not view.on:
        return ""
    words = _label(date.fromisoformat(view.on), view.group, with_year=True)
    return {"day": "on ", "week": "in the week from "}.get(view.group, "in ") + words


def cut(figures: CampaignFigures) -> str:
    """Where the range begins or ends within a period: a point for a part of it looks like a
    fall."""
    window, group = figures.window, figures.group_by
    if group == "day" or not figures.points:
        return ""
    first = date.fromisoformat(min(point.period for point in figures.points))
    after = steps(
        date.fromisoformat(max(point.period for point in figures.points)), date.max, group, most=2
    )[-1]
    early = window.start is not None and first < window.start
    late = window.end is not None and window.end < after - timedelta(days=1)
    which = "first and last" if early and late else "first" if early else "last" if late else ""
    return f" \N{MIDDLE DOT} {which} {group} incomplete" if which else ""


def _label(day: date, group: str, with_year: bool) -> str:
    if group == "month":
        return f"{MONTHS[day.month - 1]} {day.year}"
    return f"{day.day} {MONTHS[day.month - 1]}{f' {day.year}' if with_year else ''}"


def _full(day: date, group: str) -> str:
    """As a tooltip says it."""
    words = _label(day, group, with_year=True)
    if group == "day":
        return f"{DAYS[day.weekday()]} {words}"
    return f"Week from {words}" if group == "week" else words
