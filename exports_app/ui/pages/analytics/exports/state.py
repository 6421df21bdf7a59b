"""The figures of the exports: now, by day, by hour, and which exports need attention."""

from typing import Any

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import duration, place
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.timing import cron
from exports_app.services.analytics.exports import ExportFigures
from exports_app.ui.components import charts
from exports_app.ui.components.charts import Series
from exports_app.ui.framework.actions import action, error_sentence, principal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.vars import put
from exports_app.ui.pages.analytics.exports import rows as health
from exports_app.ui.pages.analytics.exports.rows import MEAN, P95, ProblemRow
from exports_app.ui.pages.analytics.reading import slowly
from exports_app.ui.pages.scheduled_exports.address import RUNS
from exports_app.ui.pages.scheduled_exports.labels import iso

Point = dict[str, float | str | None]
LINES = charts.series([MEAN, P95], unit=" s")


class ExportsState(rx.State):
    loaded: bool = False
    failed: str = ""
    """Why there are no figures."""
    zone: str = ""
    processing: int = 0
    waiting: int = 0
    later: int = 0
    oldest: str = ""
    """Since when the longest waiting run waits."""
    mean: str = ""
    p95: str = ""
    ended: str = ""
    all_runs: str = RUNS
    failed_runs: str = RUNS
    """Addresses of the lists of the days' runs."""
    _lists: dict[str, str] = {}  # noqa: RUF012
    """The addresses of the days' runs, by the day's label in the chart."""
    runs: list[Point] = []  # noqa: RUF012 (Reflex copies defaults)
    run_rows: list[list[str]] = []  # noqa: RUF012
    times: list[Point] = []  # noqa: RUF012
    time_rows: list[list[str]] = []  # noqa: RUF012
    time_lines: list[Series] = LINES
    ran: bool = False
    """Whether there is a run to draw; then, whether one of them has a duration."""
    timed: bool = False
    comes: bool = False
    """Whether a run is scheduled in the next 24 hours."""
    crowd: str = ""
    hours: list[Point] = []  # noqa: RUF012
    hour_rows: list[list[str]] = []  # noqa: RUF012
    failing: list[ProblemRow] = []  # noqa: RUF012
    paused: list[ProblemRow] = []  # noqa: RUF012
    ownerless: list[ProblemRow] = []  # noqa: RUF012
    failing_total: int = 0
    paused_total: int = 0
    ownerless_total: int = 0

    @action(Permission.READ)
    async def refresh(self) -> None:
        tenant = (await self.get_state(SessionState)).tenant_id
        try:
            self._show(await slowly(services.export_analytics.read, principal(), tenant))
            put(self, failed="")
        except ExportsError as e:
            put(self, failed=error_sentence(e))
        put(self, loaded=True)

    @action(Permission.READ)
    async def pick(self, day: str) -> Any:
        """Open the list of a day's runs, named as it is in the chart."""
        address = self._lists.get(str(day), "")
        return rx.redirect(address) if address else None

    def _show(self, figures: ExportFigures) -> None:
        self._lists = health.runs_by_day(figures)
        zone, backlog = cron.zone(figures.timezone), figures.backlog
        put(
            self,
            zone=place(figures.timezone),
            processing=backlog.processing,
            waiting=backlog.waiting,
            later=backlog.later,
            oldest=iso(backlog.oldest),
            mean=duration(figures.durations.mean) if figures.durations else "",
            p95=duration(figures.durations.p95) if figures.durations else "",
            ended=health.ended(figures),
            all_runs=health.runs_of(figures),
            failed_runs=health.runs_of(figures, RunStatus.FAILED),
            runs=[health.bar(day) for day in figures.days],
            run_rows=[health.bar_row(day) for day in figures.days],
            times=[health.time_point(day) for day in figures.days],
            time_rows=[health.time_row(day) for day in figures.days],
            ran=any(day.counts for day in figures.days),
            timed=any(day.durations for day in figures.days),
            comes=any(hour.runs for hour in figures.hours),
            crowd=health.crowd(figures.hours, zone),
            hours=health.hour_points(figures.hours, zone),
            hour_rows=[health.hour_row(hour, zone) for hour in figures.hours],
            failing=[health.failing(schedule) for schedule in figures.failing.schedules],
            failing_total=figures.failing.total,
            paused=[health.paused(schedule) for schedule in figures.paused.schedules],
            paused_total=figures.paused.total,
            ownerless=[
                health.ownerless(schedule, figures.owners)
                for schedule in figures.ownerless.schedules
            ],
            ownerless_total=figures.ownerless.total,
        )
