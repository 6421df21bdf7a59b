"""Choosing a scheduled export as a filter: searched on the server, shown in part."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.services.core.records import Page
from exports_app.ui.components.picker import option, picker
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.all_runs.state import AllRuns

SHOWN = 20


@dataclass
class Option:
    id: str
    name: str


class SchedulePicker(rx.State):
    q: str = ""
    options: list[Option] = []  # noqa: RUF012 (Reflex copies defaults)
    more: int = 0
    """How many are not shown."""

    @action(Permission.READ)
    async def opened(self, is_open: bool) -> None:
        self.q = ""
        if is_open:
            await self._search()

    @action(Permission.READ)
    async def search(self, text: str) -> None:
        self.q = str(text)[: bounds.SEARCH]
        await self._search()

    async def _search(self) -> None:
        tenant = (await self.get_state(SessionState)).tenant_id
        page = Page(size=SHOWN, sort="name", most=bounds.FARTHEST)
        found, total = await call(services.schedules.find, tenant, {}, self.q, page)
        self.options = [Option(schedule.id, schedule.name) for schedule in found]
        self.more = total - len(found)


def schedule_picker() -> rx.Component:
    chosen: Any = AllRuns.view["schedule"]
    # Among what is found, Enter would take this one
    all_of_them = rx.cond((chosen != "") & (SchedulePicker.q == ""), _all())
    return picker(
        "filter-schedule",
        "Scheduled export",
        opener=_opener(chosen),
        query=SchedulePicker.q,
        options=rx.fragment(all_of_them, rx.foreach(SchedulePicker.options, _option)),
        foot=_foot(),
        on_open=SchedulePicker.opened,
        on_search=SchedulePicker.search,
    )


def _opener(chosen: Any) -> rx.Component:
    name = rx.cond(AllRuns.schedule_name != "", AllRuns.schedule_name, "All")
    return rx.el.button(
        rx.el.span("Scheduled export"),
        rx.el.bdi(name, class_name="one-line"),
        rx.icon("chevron-down", size=13, aria_hidden="true"),
        type="button",
        id="filter-schedule",
        class_name=rx.cond(chosen != "", "filter picked set", "filter picked"),
        custom_attrs={"aria-label": rx.Var.create("Scheduled export: ") + name},
    )


def _all() -> rx.Component:
    return _choice("", "All scheduled exports")


def _option(found: Option) -> rx.Component:
    return _choice(found.id, rx.el.bdi(found.name))


def _choice(schedule_id: str | rx.Var[str], words: rx.Component | str) -> rx.Component:
    return option(
        schedule_id,
        words,
        chosen=AllRuns.view["schedule"] == schedule_id,
        on_click=AllRuns.choose("schedule", schedule_id),
    )


def _foot() -> rx.Component:
    options: Any = SchedulePicker.options
    more = f"{SchedulePicker.more} more: search to find them"
    words = rx.cond(
        options.length() == 0,
        "No results",
        rx.cond(SchedulePicker.more > 0, more, ""),
    )
    return rx.el.div(words, class_name="muted", padding="6px 8px 0")
