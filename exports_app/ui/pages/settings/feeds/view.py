"""The page of one's own feeds."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, form_input, posted_form, submit
from exports_app.ui.components.question import question
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.layout.schedule_choice.view import schedule_field
from exports_app.ui.pages.settings.feeds.rows import FeedRow
from exports_app.ui.pages.settings.feeds.state import FeedsState
from exports_app.ui.pages.settings.tabs import FEEDS, top


@page(FEEDS, title="Feeds", load=FeedsState.arrive, refresh=FeedsState.refresh)
def feeds() -> rx.Component:
    intro = rx.fragment("Next runs in your calendar, ended runs in your feed reader")
    return rx.el.div(top(FEEDS, intro), _create(), _list(), _question(), class_name="page settings")


def _create() -> rx.Component:
    form = posted_form(
        form_input(
            "feed-name",
            "Name",
            FeedsState.error,
            "What reads it, e.g. Team calendar",
            max_length=bounds.KEY_NAME,
            auto_complete="off",
        ),
        schedule_field("feed-schedule", FeedsState.schedule_error),
        rx.el.div(submit("Create feed"), class_name="row"),
        on_submit=FeedsState.create,
        reset_on_submit=False,
        key=FeedsState.made.to_string(),
    )
    note = (
        ": a calendar of the runs of the next 90 days, and a feed of the last 50 runs that have "
        "ended. They show what you can see, without recipients and files."
    )
    return rx.el.section(
        rx.el.h2("Create a feed"),
        rx.el.p(rx.el.b(SessionState.tenant_name), note, class_name="muted"),
        form,
        _fresh(),
        class_name="card settings-card",
    )


def _fresh() -> rx.Component:
    """Its State forgets it when the page is left."""
    box = rx.el.div(
        rx.el.p(
            "Copy the addresses now: they are shown only once. Whoever has one can read it without "
            "signing in."
        ),
        _address("feed-calendar", "Calendar address", FeedsState.calendar),
        _address("feed-runs", "Feed reader address", FeedsState.runs),
        rx.el.div(button("Done", kind="small", on_click=FeedsState.forget), class_name="row"),
        browser.focus(target="copy-feed-calendar"),
        browser.pass_focus(target="feed-name"),
        class_name="box info",
        role="status",
        on_unmount=FeedsState.forget,
    )
    return rx.cond(FeedsState.calendar != "", box)


def _address(name: str, label: str, address: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(label, class_name="label grow"),
            browser.copy_button(text=address, label=f"Copy {label.lower()}", id=f"copy-{name}"),
            class_name="row",
        ),
        rx.el.code(address, id=name),
    )


def _list() -> rx.Component:
    none = rx.el.p("There are no feeds yet.", class_name="muted")
    found = rx.el.ul(rx.foreach(FeedsState.rows, _feed), class_name="plain-list", id="feeds")
    body = rx.cond(FeedsState.rows.length() > 0, found, none)
    return rx.el.section(
        rx.el.h2("Feeds"), rx.cond(FeedsState.loaded, body), class_name="card settings-card"
    )


def _feed(feed: FeedRow) -> rx.Component:
    used = rx.cond(
        feed.used_at != "",
        rx.fragment(
            "read ",
            browser.when(at=feed.used_at),
            rx.cond(feed.used_from != "", f" from {feed.used_from}", ""),
        ),
        "never read",
    )
    facts = rx.el.div(
        rx.el.b(rx.el.bdi(feed.name)),
        rx.el.div(rx.el.code(feed.prefix), " · ", rx.el.bdi(feed.shows), class_name="muted"),
        rx.el.div(used, " · created ", browser.when(at=feed.created_at), class_name="muted num"),
        class_name="grow",
    )
    revoke = button(
        "Revoke",
        kind="small",
        on_click=FeedsState.ask(feed.id),
        custom_attrs={"aria-label": f"Revoke {feed.name}"},
    )
    return rx.el.li(facts, revoke, class_name="entry stacked", key=feed.id)


def _question() -> rx.Component:
    return question(
        is_open=FeedsState.asking != "",
        title=f"Revoke “{FeedsState.ask_name}”?",
        text="Its addresses stop working at once, in every calendar and feed reader.",
        confirm="Revoke",
        on_confirm=FeedsState.revoke,
        on_cancel=FeedsState.keep,
    )
