"""The page of the tenant's destinations."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.channel_icon import channel_icon
from exports_app.ui.components.controls import button, status, switch
from exports_app.ui.components.question import question
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import DESTINATIONS, SessionState
from exports_app.ui.pages.settings.destinations.form_view import destination_form
from exports_app.ui.pages.settings.destinations.rows import DestinationRow
from exports_app.ui.pages.settings.destinations.state import DestinationsState
from exports_app.ui.pages.settings.destinations.trial import DestinationTest, Proposal
from exports_app.ui.pages.settings.tabs import top

NEW = "new-destination"


@page(
    DESTINATIONS,
    title="Destinations",
    needs=Permission.WRITE,
    load=DestinationTest.arrive,
    refresh=DestinationsState.refresh,
)
def destinations() -> rx.Component:
    intro = rx.fragment(
        "Where files of ", rx.el.b(SessionState.tenant_name), " go, other than to recipients"
    )
    return rx.el.div(
        top(DESTINATIONS, intro),
        rx.cond(DestinationsState.is_open, destination_form()),
        _list(),
        _question(),
        class_name="page settings",
    )


def _list() -> rx.Component:
    state = DestinationsState
    none = rx.el.p(
        "There are no destinations yet. A scheduled export can deliver its file to one, such as a "
        "bucket or an SFTP server, beside the emails or instead of them.",
        class_name="muted",
    )
    found = rx.el.ul(rx.foreach(state.rows, _row), class_name="plain-list", id="destinations")
    new = button("New destination", kind="primary small", icon="plus", on_click=state.begin, id=NEW)
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Destinations", class_name="grow"),
            rx.cond(state.loaded, new),
            class_name="row wrap",
        ),
        rx.cond(state.loaded, rx.cond(state.rows.length() > 0, found, none)),
        class_name="card settings-card",
    )


def _row(one: DestinationRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(_facts(one), _actions(one)),
        rx.cond(DestinationTest.tested == one.id, _test(one)),
        class_name="entry destination",
        key=one.id,
    )


def _facts(one: DestinationRow) -> rx.Component:
    used = rx.cond(
        one.used_at != "", rx.fragment("last used ", browser.when(at=one.used_at)), "never used"
    )
    since = rx.cond(one.since != "", browser.when(at=one.since, prefix="since "))
    return rx.el.div(
        rx.el.div(
            rx.el.b(channel_icon(one.channel, 15), " ", rx.el.bdi(one.name)),
            status(one.look, one.word),
            rx.el.span(since, class_name="muted num"),
            class_name="row wrap",
            gap="6px",
        ),
        rx.el.div(
            one.channel_label,
            rx.cond(one.place != "", rx.fragment(" · ", rx.el.bdi(one.place)), ""),
            class_name="muted",
        ),
        rx.cond(one.reason != "", rx.el.div(f"{one.reason}. {one.advice}")),
        rx.el.div(
            used,
            " · ",
            rx.cond(
                one.users != "",
                rx.fragment("used by ", browser.named(text=one.users)),
                "no scheduled export uses it",
            ),
            class_name="muted num",
        ),
        class_name="grow",
    )


def _actions(one: DestinationRow) -> rx.Component:
    state = DestinationsState
    return rx.el.div(
        rx.el.label(
            switch(
                f"{one.name} is active",
                checked=one.active,
                on_change=lambda on: state.activate(one.id, on),
            ),
            rx.el.span("Active"),
            class_name="row",
        ),
        button(
            "Send test",
            kind="small",
            once=True,
            on_click=DestinationTest.test(one.id),
            disabled=DestinationTest.testing,
            custom_attrs={"aria-label": f"Send test to {one.name}"},
        ),
        button(
            "Edit",
            kind="small",
            on_click=state.edit(one.id),
            custom_attrs={"aria-label": f"Edit {one.name}"},
        ),
        button(
            "Delete",
            kind="small",
            on_click=state.ask(one.id),
            custom_attrs={"aria-label": f"Delete {one.name}"},
        ),
        class_name="row wrap",
    )


def _test(one: DestinationRow) -> rx.Component:
    state = DestinationTest
    proposes = state.proposals.length() > 0
    works = state.succeeded & ~proposes
    done = rx.el.div(
        browser.pass_focus(to=f"Send test to {one.name}"),
        rx.el.p(rx.cond(works, rx.el.b("It works. "), ""), f"{state.answer}."),
        rx.foreach(state.proposals, _proposal),
        rx.el.div(
            rx.cond(
                proposes,
                button("Confirm", kind="small primary", once=True, on_click=state.confirm),
            ),
            button(
                "Close",
                kind="small",
                on_click=state.dismiss,
                custom_attrs={"aria-label": f"Close the result of {one.name}"},
            ),
            class_name="row wrap",
        ),
        class_name=rx.cond(state.succeeded, "box info", "box bad"),
    )
    busy = rx.el.p("Testing …", class_name="muted")
    return rx.el.div(rx.cond(state.testing, busy, done), role="status")


def _proposal(one: Proposal) -> rx.Component:
    return rx.el.p(f"{one.label}: ", rx.el.code(one.value, overflow_wrap="anywhere"), key=one.name)


def _question() -> rx.Component:
    state = DestinationsState
    used = state.ask_users != ""
    return question(
        is_open=state.asking != "",
        title=f"Delete “{state.ask_name}”?",
        text=rx.cond(
            used,
            f"Scheduled exports deliver there: {state.ask_users}. Remove it from them first.",
            "Its settings and secrets are deleted. Files that it has stay where they are.",
        ),
        confirm="Delete",
        disabled=used,
        on_confirm=state.delete,
        on_cancel=state.keep,
    )
