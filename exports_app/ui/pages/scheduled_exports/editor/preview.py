"""The preview beside the form: when it would run, and what the file would contain."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx

from exports_app import log
from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError, Overloaded
from exports_app.domain.humanize import counted, place, sentence, size
from exports_app.domain.table import Kind
from exports_app.domain.timing import cron
from exports_app.ui.framework.actions import action, call, error_sentence, principal
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_lane
from exports_app.ui.pages.scheduled_exports.editor import form, options
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.repeats import RepeatState

_log = log.get(__name__)
UNEXPECTED = "The preview failed unexpectedly. Check the server's log."
TOO_LONG = "Too many rows to count in the preview. The export itself is not affected."


@dataclass
class NextRun:
    at: str
    text: str
    """In the schedule's zone."""


@dataclass
class Head:
    label: str
    right: bool


class SchedulePanel(rx.State):
    words: str = ""
    problem: str = ""
    note: str = ""
    place: str = ""
    preset: str = "custom"
    runs: list[NextRun] = []  # noqa: RUF012 (Reflex copies defaults)

    @internal
    async def explain(self, values: dict[str, str]) -> None:
        explain = services.cron_expressions.explain
        await (await self.get_state(RepeatState)).follow(values["schedule"])
        self.place = place(values["timezone"])
        self.words = ""
        self.problem = ""
        self.note = ""
        self.runs = []
        try:
            explanation = await call(explain, values["schedule"], values["timezone"])
        except ExportsError as e:
            self.problem = sentence(e.message)
            return
        self.preset = explanation.preset
        if not explanation.valid:
            self.problem = sentence(explanation.message)
            return
        zone = cron.zone(values["timezone"])
        self.words, self.note = explanation.description or "", explanation.note or ""
        year = explanation.at.astimezone(zone).year
        self.runs = [
            NextRun(run.isoformat(), _run_words(run.astimezone(zone), year))
            for run in explanation.next_runs
        ]


def _run_words(local: datetime, year: int) -> str:
    """year: this one, which needs no mention."""
    return f"{local:%a %d %b, %H:%M}" if local.year == year else f"{local:%a %d %b %Y, %H:%M}"


class DataPanel(rx.State):
    heads: list[Head] = []  # noqa: RUF012
    rows: list[list[str]] = []  # noqa: RUF012
    summary: str = ""
    window: str = ""
    shown: str = ""
    """How many of the rows stand here, where they are not all, and which columns stand elsewhere in
    the file."""
    problem: str = ""
    is_empty: bool = False
    """Known to be: there is not a row in these days."""
    busy: bool = False
    _asked: str = ""
    """The newest question: the answer to an older one is dropped."""

    @action(Permission.WRITE, background=True)
    async def load(self) -> None:
        async with self:
            draft = await self.get_state(DraftState)
            tenant = draft.tenant_id
            values, campaigns = dict(draft.values), list(draft.campaign_ids)
            asked = self._asked = uuid.uuid4().hex
            self.busy = True
        try:
            # It may take a second of CPU time: other events do not wait for it
            preview, problem = await in_lane(
                services.lanes.previews, _read, principal(), tenant, values, campaigns
            )
        except Overloaded as e:
            preview, problem = None, error_sentence(e)
        async with self:
            if self._asked == asked:
                self._show(preview, problem)

    def _show(self, preview: Any, problem: str) -> None:
        self.busy = False
        self.problem = problem
        self.is_empty = preview is not None and preview.total == 0
        if preview is None:
            self.heads = []
            self.rows = []
            self.summary = ""
            self.window = ""
            return
        # An id says the least and takes the most room: it stands last here, wherever the file has
        # it
        order = sorted(
            range(len(preview.columns)), key=lambda at: preview.columns[at].key.endswith("_id")
        )
        columns = [preview.columns[at] for at in order]
        self.heads = [Head(c.label, c.kind in {Kind.INTEGER, Kind.DECIMAL}) for c in columns]
        self.rows = [[row[at] for at in order] for row in preview.rows]
        self.window = preview.window
        first = (
            f", the first {len(self.rows)}"
            if preview.total is None or preview.total > len(self.rows)
            else ""
        )
        moved = " and ".join(preview.columns[at].label for was, at in enumerate(order) if at < was)
        self.shown = first + (f". {moved} comes earlier in the file." if moved else "")
        if preview.total is None:
            self.summary, self.problem = "", TOO_LONG
        else:
            self.summary = f"{counted(preview.total, 'row')}, about {size(preview.size or 0)}"


def _read(who: Any, tenant: str, values: dict[str, str], campaigns: list[str]) -> tuple[Any, str]:
    """The preview, or why there is none."""
    try:
        filters = form.filters_of(values, campaigns)
        data = services.preview.data
        return data(
            who, tenant, values["export_type"], values["format"], values["timezone"], filters
        ), ""
    except ExportsError as e:
        return None, error_sentence(e)
    except Exception:  # noqa: BLE001  (e.g. of a new export type; the log has the whole story)
        _log.exception("the preview failed unexpectedly", export_type=values["export_type"])
        return None, UNEXPECTED


class EmailPanel(rx.State):
    """The email as its recipients will see it."""

    is_open: bool = False
    subject: str = ""
    html: str = ""
    text: str = ""
    kind: str = "html"

    @action(Permission.WRITE)
    async def show(self) -> None:
        draft = await self.get_state(DraftState)
        tenant, values = draft.tenant_id, dict(draft.values)
        filters = form.filters_of(values, draft.campaign_ids)
        email = await call(
            services.preview.message,
            tenant,
            values["name"],
            values["export_type"],
            values["format"],
            values["timezone"],
            filters,
            values["delivery"],
            options.read_one("link_days", values),
            values["schedule"],
        )
        if email is None:
            return
        self.subject = email.subject
        self.html = email.html
        self.text = email.text
        self.kind, self.is_open = "html", True

    @action(Permission.WRITE)
    async def choose(self, kind: str) -> None:
        self.kind = "text" if kind == "text" else "html"

    @action(Permission.WRITE)
    async def close(self) -> None:
        self.is_open = False
