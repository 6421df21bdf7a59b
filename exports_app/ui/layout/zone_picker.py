"""The field for a time zone, the same on every page. Zones are searched on the server: a page holds
no list of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.timing import zone_search
from exports_app.ui.components.controls import button, field
from exports_app.ui.components.picker import opener, option, picker
from exports_app.ui.framework.actions import action
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.threads import in_thread


@dataclass
class ZoneOption:
    key: str
    label: str
    detail: str
    offset: str


class ZonePicker(rx.State):
    q: str = ""
    options: list[ZoneOption] = []  # noqa: RUF012 (Reflex copies defaults)
    _chosen: str = ""

    @action()
    async def opened(self, is_open: bool, chosen: str) -> None:
        """chosen: the zone in the field."""
        self.q, self._chosen = "", str(chosen)
        if is_open:
            await self._search()

    @action()
    async def search(self, text: str) -> None:
        self.q = str(text)[: bounds.SEARCH]
        await self._search()

    async def _search(self) -> None:
        first = [self._chosen, (await self.get_state(SessionState)).timezone]
        found = await in_thread(zone_search.find, self.q, datetime.now(UTC), first)
        self.options = [
            ZoneOption(zone.name, zone.label, zone.detail, zone.offset) for zone in found
        ]


def zone_field(
    value: rx.Var[str],
    error: rx.Var[str],
    choose: Callable[[Any], Any],
    hint: Any,
    *,
    default: Any = None,
) -> rx.Component:
    """value: a zone's name. choose: the event for one. default: what an empty value stands for,
    where it may be empty."""
    shown = value if default is None else rx.cond(value != "", value, default)
    control = picker(
        "timezone",
        "Time zone",
        opener=opener("timezone", "Time zone", shown, error),
        query=ZonePicker.q,
        options=rx.foreach(ZonePicker.options, lambda zone: _option(zone, value, choose)),
        foot=rx.fragment(_none(), _default(default, choose)),
        on_open=lambda is_open: ZonePicker.opened(is_open, value),
        on_search=ZonePicker.search,
    )
    return field("Time zone", control, name="timezone", error=error, hint=hint)


def _option(zone: ZoneOption, value: rx.Var[str], choose: Callable[[Any], Any]) -> rx.Component:
    return option(
        zone.key,
        rx.el.span(
            rx.el.span(zone.label),
            rx.cond(zone.detail != "", rx.el.small(zone.detail)),
            class_name="grow stacked",
        ),
        rx.el.span(zone.offset, class_name="num muted"),
        chosen=zone.key == value,
        on_click=choose(zone.key),
    )


def _none() -> rx.Component:
    return rx.cond(
        ZonePicker.options.length() == 0,
        rx.el.div("No results", class_name="muted", padding="6px 8px"),
    )


def _default(default: Any, choose: Callable[[Any], Any]) -> rx.Component:
    if default is None:
        return rx.fragment()
    use = button(rx.Var.create("Use the default: ") + default, kind="small ghost")
    return rx.popover.close(rx.box(use, on_click=choose(""), padding="6px 8px 0"))
