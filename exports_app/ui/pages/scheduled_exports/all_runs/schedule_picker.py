"""Choosing a scheduled export as a filter: searched on the server, shown in part."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.services.core.records import Page
from exports_app.ui.components import browser
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
    options = rx.foreach(SchedulePicker.options, _option)
    return rx.popover.root(
        rx.popover.trigger(_opener(chosen)),
        rx.popover.content(
            browser.text(
                type="search",
                value=SchedulePicker.q,
                on_change=SchedulePicker.search,
                placeholder="Search …",
                class_name="control",
                auto_focus=True,
                custom_attrs={"aria-label": "Search scheduled exports"},
            ),
            browser.options(rx.cond(chosen != "", _all()), options, label="Scheduled export"),
            _foot(),
            class_name="popover",
            custom_attrs={"aria-label": "Scheduled export"},
        ),
        on_open_change=SchedulePicker.opened,
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


def _option(option: Option) -> rx.Component:
    return _choice(option.id, rx.el.bdi(option.name))


def _choice(schedule_id: str | rx.Var[str], words: rx.Component | str) -> rx.Component:
    item = rx.el.button(
        rx.icon("check", size=14, aria_hidden="true"),
        words,
        type="button",
        role="option",
        class_name="option",
        on_click=AllRuns.choose("schedule", schedule_id),
        custom_attrs={
            "aria-selected": rx.cond(AllRuns.view["schedule"] == schedule_id, "true", "false")
        },
        key=schedule_id,
    )
    return rx.popover.close(item)


def _foot() -> rx.Component:
    options: Any = SchedulePicker.options
    more = f"{SchedulePicker.more} more: search to find them"
    words = rx.cond(
        options.length() == 0,
        "No results",
        rx.cond(SchedulePicker.more > 0, more, ""),
    )
    return rx.el.div(words, class_name="muted", padding="6px 8px 0")
