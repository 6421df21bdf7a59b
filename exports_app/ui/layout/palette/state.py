"""What the command palette finds."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import NotFound
from exports_app.domain.humanize import place
from exports_app.domain.runs.states import TRIALS, RunStatus
from exports_app.domain.search_words import folded, words
from exports_app.services.core.interfaces import RunFilter
from exports_app.services.core.records import Page, SavedView, Schedule
from exports_app.services.identity.sessions import HOME
from exports_app.services.runs.listing import ListedRun, Place
from exports_app.ui.components.run_words import nominal
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.vars import put
from exports_app.ui.layout.palette.actions import ACTIONS

MOST = 8
"""Scheduled exports, views and runs that are shown, of each."""
SEARCHED = 50
"""Scheduled exports that are read, of which those with the words in their names are shown first."""
SHORTEST = 3
"""Letters of a verb."""
ACTS: dict[str, tuple[tuple[str, ...], str, dict[str, bool]]] = {
    "run": (("run", "trigger"), "Run “{}” now …", {}),
    "edit": (("edit", "change"), "Edit “{}”", {}),
    "pause": (("pause", "stop", "disable"), "Pause “{}”", {"is_active": True}),
    "activate": (("activate", "resume", "enable"), "Activate “{}”", {"is_active": False}),
}
"""What is done with a scheduled export by a key of `ACTIONS`: its verbs, its title with the name,
and with which ones."""
FAILED = 4
"""Runs that failed last, which are shown before anything is typed."""


@dataclass
class Found:
    """kind: which group it is shown in. key: unique in the group."""

    kind: str
    key: str
    title: str
    note: str
    href: str
    at: str = ""
    """An instant that is shown beside the note."""
    active: bool = False
    """Of a scheduled export."""
    act: str = ""
    """What is done with a scheduled export, a key of `ACTIONS`. of: its id."""
    of: str = ""


class PaletteState(rx.State):
    found: list[Found] = []  # noqa: RUF012 (Reflex copies defaults)
    asked: str = ""
    """The text that it was found for."""

    @action(Permission.READ)
    async def look(self, text: str) -> None:
        """Find what has these words, in the tenant that the pages show."""
        asked = str(text)[: bounds.SEARCH]
        tenant = (await self.get_state(SessionState)).tenant_id
        put(self, found=await call(_find, tenant, asked.strip()) if tenant else [], asked=asked)

    @action(Permission.WRITE)
    async def act(self, what: str, schedule_id: str) -> Any:
        """Do one of `view.of_schedule` with a scheduled export."""
        if (does := ACTIONS.get(str(what))) is None:
            raise NotFound
        return await does(self, str(schedule_id))


def _find(who: Principal, tenant_id: str, asked: str) -> list[Found]:
    """Of an empty text, the runs that failed last; of the beginning of a run's id, that run."""
    views = [_view(view) for view in _views(who, tenant_id, asked)]
    if not asked:
        failed = RunFilter(status=RunStatus.FAILED)
        page = services.run_listing.page(who, tenant_id, failed, Place(), FAILED)
        return [*map(_run, page.runs), *views]
    runs = services.run_listing.with_id(who, tenant_id, asked, MOST)
    named, elsewhere = _schedules(who, tenant_id, asked, {})
    schedules = [*map(_schedule, named), *map(_schedule, elsewhere)][:MOST]
    # Who types a name goes there, also where it begins with a verb
    acts, at = _acts(who, tenant_id, asked), len(named)
    return [*map(_run, runs), *schedules[:at], *acts, *schedules[at:], *views]


def _schedules(
    who: Principal, tenant_id: str, asked: str, where: dict[str, bool]
) -> tuple[list[Schedule], list[Schedule]]:
    """Those whose names have the words, and those that only have them elsewhere."""
    first = Page(1, SEARCHED, "name", most=SEARCHED)
    found, _ = services.schedules.find(who, tenant_id, where, asked, first)
    wanted = words(asked)
    has = [all(word in folded(one.name) for word in wanted) for one in found]
    named, elsewhere = (
        [one for one, of in zip(found, has, strict=True) if of is wish] for wish in (True, False)
    )
    return named, elsewhere


def _acts(who: Principal, tenant_id: str, asked: str) -> list[Found]:
    """For a verb, or its beginning, and words of a name: pause weekly."""
    verb, *rest = words(asked) or [""]
    if not rest or len(verb) < SHORTEST or not who.can(Permission.WRITE, tenant_id):
        return []
    return [
        Found("act", f"{act} {one.id}", title.format(one.name), "", "", act=act, of=one.id)
        for act, (verbs, title, where) in ACTS.items()
        if any(each.startswith(verb) for each in verbs)
        for one in _schedules(who, tenant_id, " ".join(rest), where)[0][:MOST]
    ]


def _views(who: Principal, tenant_id: str, asked: str) -> list[SavedView]:
    """Whose names have the words, in any order."""
    wanted, views = words(asked), services.saved_views.find(who, tenant_id)
    return [view for view in views if all(word in folded(view.name) for word in wanted)][:MOST]


def _view(view: SavedView) -> Found:
    note = "Shared" if view.is_shared else ""
    return Found("view", view.id, view.name, note, f"{HOME}?view={view.id}")


def _schedule(schedule: Schedule) -> Found:
    note = place(schedule.timezone) if schedule.is_active else "Paused"
    href = f"{HOME}/{schedule.id}"
    active = schedule.is_active
    return Found("schedule", schedule.id, schedule.name, note, href, active=active)


def _run(listed: ListedRun) -> Found:
    run = listed.run
    at = (run.completed_at or run.created_at).isoformat()
    test = " test" if run.trigger in TRIALS else ""
    words = f"{str(run.status).capitalize()}{test} {nominal(run)}".rstrip()
    return Found("run", run.id, listed.schedule_name, words, f"/runs/{run.id}", at)
