"""One schedule in the list: its line, its last run, its actions, and why it was paused."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.channel_icon import channel_icon
from exports_app.ui.components.controls import ONCE, icon_button, on_key, status, switch
from exports_app.ui.framework.session import may
from exports_app.ui.pages.scheduled_exports.list.actions import ScheduleActions
from exports_app.ui.pages.scheduled_exports.list.dialogs import Dialogs, Opens
from exports_app.ui.pages.scheduled_exports.list.organizing import TRANSFER, Organizing
from exports_app.ui.pages.scheduled_exports.list.paused_reason import paused_box
from exports_app.ui.pages.scheduled_exports.list.rows import Row
from exports_app.ui.pages.scheduled_exports.list.selection import Selection
from exports_app.ui.pages.scheduled_exports.list.state import ListState

COLUMNS = 9


def schedule_row(row: Row, dialogs: Dialogs) -> rx.Component:
    chosen = Selection.here.contains(row.id)
    writes = may(Permission.WRITE)
    line = rx.el.tr(
        rx.cond(writes, _cell(_check(row, chosen), look="check")),
        _cell(_name(row, dialogs), look="c-name"),
        _cell(_data(row), look="c-data"),
        _cell(_when(row), look="c-when"),
        _cell(_recipients(row), look="c-to"),
        _cell(_owner(row), look="c-owner"),
        _cell(_last_run(row, dialogs), look="c-run"),
        _cell(rx.cond(writes, _switch(row), _state(row)), look="c-on"),
        _cell(rx.cond(writes, _actions(row, dialogs), _history(row, dialogs)), look="c-do"),
        role="row",
        class_name=rx.cond(row.active, "", rx.cond(row.paused != "", "off noted", "off")),
        tab_index=-1,
        custom_attrs={"data-selected": rx.cond(chosen, "true", "false"), "data-id": row.id},
    )
    return rx.fragment(line, rx.cond(row.paused != "", _paused(row)), key=row.id)


def _cell(*children: rx.Component, look: str) -> rx.Component:
    return rx.el.td(*children, class_name=look, role="cell")


def _check(row: Row, chosen: rx.Var[bool]) -> rx.Component:
    return browser.tick(
        label=f"Select {row.name}",
        checked=chosen,
        on_pick=lambda checked, extend: Selection.pick(row.id, checked, extend),
    )


def _switch(row: Row) -> rx.Component:
    return switch(
        f"{row.name} is active",
        checked=row.active,
        on_change=lambda checked: ScheduleActions.toggle(row.id, checked),
    )


def _state(row: Row) -> rx.Component:
    return rx.el.span(rx.cond(row.active, "Active", "Paused"), class_name="muted")


def _name(row: Row, dialogs: Dialogs) -> rx.Component:
    """Opens the form, or the history for those who may only read."""

    def opens(dialog: Opens) -> rx.Component:
        name = rx.el.bdi(row.name)
        return rx.el.button(
            name, type="button", class_name="name", title=row.name, on_click=dialog(row.id)
        )

    return rx.el.div(
        rx.cond(may(Permission.WRITE), opens(dialogs.form), opens(dialogs.history)),
        rx.cond(
            row.description != "", rx.el.div(row.description, class_name="muted clip", dir="auto")
        ),
        rx.cond(row.tags.length() > 0, _tags(row)),
        class_name="fade",
    )


def _tags(row: Row) -> rx.Component:
    def tag(name: rx.Var[str]) -> rx.Component:
        return rx.el.button(
            rx.el.bdi(name),
            type="button",
            class_name="tag",
            on_click=ListState.tag(name, True),
            title="Show only exports with this tag",
            key=name,
        )

    return rx.el.div(rx.foreach(row.tags, tag), class_name="tags")


def _data(row: Row) -> rx.Component:
    return rx.el.div(
        rx.el.div(row.kind, title=row.kind),
        rx.el.span(row.format, class_name="tag"),
        class_name="stack fade",
    )


def _when(row: Row) -> rx.Component:
    return rx.el.div(
        rx.el.div(row.words, title=row.words),
        rx.el.div(
            rx.cond(
                row.active,
                rx.cond(
                    row.next_at != "", browser.when(at=row.next_at, zone=row.zone), "no next run"
                ),
                "paused",
            ),
            rx.el.span(" · ", row.place, class_name="place"),
            class_name="muted",
        ),
        class_name="fade",
    )


def _recipients(row: Row) -> rx.Component:
    people = rx.el.div(
        rx.el.span(row.recipient, title=row.recipient),
        rx.cond(row.more > 0, rx.el.span(f"+{row.more}", class_name="muted", title=row.others)),
        class_name="fade to",
    )
    return rx.fragment(
        rx.cond(row.recipient != "", people), rx.cond(row.destination != "", _destinations(row))
    )


def _destinations(row: Row) -> rx.Component:
    more = rx.el.span(f"+{row.more_destinations}", class_name="muted", title=row.other_destinations)
    return rx.el.div(
        rx.el.span(
            channel_icon(row.channel),
            " ",
            rx.el.bdi(row.destination),
            title=f"Destination: {row.destination}",
        ),
        rx.cond(row.more_destinations > 0, more),
        class_name="fade to",
    )


def _owner(row: Row) -> rx.Component:
    name = rx.el.bdi(row.owner, title=row.owner, class_name="one-line")
    label = rx.el.span("Owner: ", class_name="of-card")  # in a table its column says so
    return rx.el.div(label, name, class_name="fade")


def _paused(row: Row) -> rx.Component:
    """Below the row: why it was paused automatically, and how to resume it."""
    when = browser.when(at=row.paused_at, zone=row.zone)
    focus = f"{row.name} is active"
    box = paused_box(row.id, row.name, row.paused, when, focus, may(Permission.WRITE))
    return rx.el.tr(
        # One more than there are would make a column of its own
        rx.el.td(box, col_span=rx.cond(may(Permission.WRITE), COLUMNS, COLUMNS - 1), role="cell"),
        role="row",
        class_name="note",
        custom_attrs={"data-paused": row.id},
    )


def _last_run(row: Row, dialogs: Dialogs) -> rx.Component:
    chip = status(
        row.status,
        row.status_word,
        on_click=dialogs.history(row.id),
        title="Show the history",
        custom_attrs={"aria-label": f"{row.status_word}: show the history of {row.name}"},
    )
    under_way = rx.fragment(_told(row.detail, " · "), browser.elapsed(since=row.since))
    when = browser.when(at=row.at, zone=row.zone)
    waits = rx.fragment(_told(row.detail, " "), when)
    # A long reason is cut at its end: the time stands before it
    reason = rx.fragment(when, _told(" · ", row.detail))
    ended = rx.fragment(
        rx.cond(
            row.detail != "",
            _told(row.detail, " · "),
            rx.cond(row.status == "never", _told("created "), rx.fragment()),
        ),
        when,
    )
    done = rx.cond(row.is_reason, reason, rx.cond(row.status == "pending", waits, ended))
    since = browser.when(at=row.failing_at, zone=row.zone, prefix=" · failing since ")
    streak = rx.el.div(row.streak, since, class_name="muted num")
    return rx.el.div(
        chip,
        rx.el.div(
            rx.cond(row.since != "", under_way, done), class_name="muted num clip", title=row.detail
        ),
        rx.cond(row.since != "", rx.el.div(rx.el.i(), class_name="track", aria_hidden="true")),
        rx.cond((row.streak != "") & (row.paused == ""), streak),
        class_name="stack",
    )


def _told(*words: str | rx.Var[str]) -> rx.Component:
    """What a compact row has no room for: its title says it."""
    return rx.el.span(*words, class_name="told")


def _actions(row: Row, dialogs: Dialogs) -> rx.Component:
    return rx.el.div(
        icon_button(
            "play",
            f"Run {row.name} now",
            once=True,
            on_click=dialogs.run(row.id),
            custom_attrs=on_key("r"),
        ),
        rx.el.span(
            _history(row, dialogs),
            icon_button(
                "pencil",
                f"Edit {row.name}",
                on_click=dialogs.form(row.id),
                custom_attrs=on_key("e"),
            ),
            class_name="spare",
        ),
        _more(row, dialogs),
        class_name="row",
        gap="2px",
        justify_content="flex-end",
    )


def _history(row: Row, dialogs: Dialogs) -> rx.Component:
    return icon_button(
        "history",
        f"History of {row.name}",
        on_click=dialogs.history(row.id),
        custom_attrs=on_key("Enter"),
    )


def _more(row: Row, dialogs: Dialogs) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(icon_button("ellipsis", f"More for {row.name}")),
        rx.dropdown_menu.content(
            rx.dropdown_menu.item(
                rx.icon("pencil", size=14), "Edit", on_select=dialogs.form(row.id)
            ),
            rx.dropdown_menu.item(
                rx.icon("history", size=14), "History", on_select=dialogs.history(row.id)
            ),
            rx.dropdown_menu.item(
                rx.icon("copy", size=14), "Duplicate", on_select=dialogs.copy(row.id)
            ),
            rx.dropdown_menu.item(
                rx.icon("send", size=14),
                "Send me a test",
                on_select=ScheduleActions.test(row.id).temporal,
                custom_attrs=ONCE,
            ),
            rx.dropdown_menu.item(
                rx.icon("user-round-cog", size=14),
                "Transfer …",
                on_select=Organizing.ask(TRANSFER, row.id),
            ),
            rx.dropdown_menu.item(
                rx.icon("file-code", size=14), "Copy as YAML", on_select=dialogs.yaml(row.id)
            ),
            rx.dropdown_menu.separator(),
            rx.dropdown_menu.item(
                rx.icon("trash-2", size=14),
                "Delete",
                on_select=ScheduleActions.delete(row.id).temporal,
                custom_attrs=ONCE,
                class_name="danger-item",
            ),
            align="end",
        ),
        modal=False,
    )
