"""The form, a secret that was just made, and what is asked."""

from typing import Any, cast

import reflex as rx

from exports_app.domain import bounds
from exports_app.services.events.kinds import CHOICES, MEANINGS
from exports_app.ui.components import browser
from exports_app.ui.components.controls import button, form_input, icon_button, posted_form, submit
from exports_app.ui.components.question import question
from exports_app.ui.layout.schedule_choice.view import schedules_field
from exports_app.ui.pages.webhooks.actions import DELETE, REPLAY, ROTATE, SINCE, WebhookActions
from exports_app.ui.pages.webhooks.form import EVENTS, NAME, SCHEDULES, URL, WebhookForm
from exports_app.ui.pages.webhooks.fresh_secret import FreshSecret

ALL = "All, also those to come, or chosen ones"
SECRET, REPLAY_SINCE = "new-secret", "replay-since"
MOST = f"The oldest {bounds.WEBHOOK_REPLAY:,} at once."


def dialogs() -> rx.Component:
    return rx.fragment(_form(), _secret(), _questions())


def _form() -> rx.Component:
    """It closes only by its own buttons and by Escape: what was typed is not lost by a click beside
    it."""
    state = WebhookForm
    new = state.webhook_id == ""
    fields = rx.el.div(
        form_input(
            NAME,
            "Name",
            _wrong(NAME),
            "What receives the messages, e.g. Data warehouse",
            default_value=state.name,
            max_length=bounds.WEBHOOK_NAME,
            auto_complete="off",
        ),
        form_input(
            URL,
            "URL",
            _wrong(URL),
            "Messages are sent there by POST",
            type="url",
            placeholder="https://",
            default_value=state.url,
            max_length=bounds.URL,
            auto_complete="off",
            spell_check=False,
        ),
        _events(),
        schedules_field(SCHEDULES, _wrong(SCHEDULES), ALL),
        class_name="dialog-body",
    )
    foot = rx.el.div(
        button("Cancel", on_click=state.close),
        submit(rx.cond(new, "Create webhook", "Save")),
        class_name="dialog-foot",
    )
    return rx.dialog.root(
        rx.dialog.content(
            browser.return_focus(),
            browser.focus(target=state.focus),
            rx.el.div(
                rx.dialog.title(rx.cond(new, "New webhook", "Edit webhook"), class_name="grow"),
                icon_button("x", "Close the form", on_click=state.close),
                class_name="dialog-head",
            ),
            posted_form(
                fields, foot, on_submit=state.save, reset_on_submit=False, no_validate=True
            ),
            class_name="dialog webhook",
            on_escape_key_down=state.close,
            custom_attrs={"aria-describedby": ""},
        ),
        open=state.is_open,
    )


def _wrong(name: str) -> rx.Var[str]:
    errors: Any = WebhookForm.errors
    wrong: rx.Var[str] = errors.get(name, "").to(str)
    return wrong


def _events() -> rx.Component:
    wrong = _wrong(EVENTS)
    error = rx.cond(
        wrong != "", rx.el.span(wrong, id=f"{EVENTS}-error", class_name="error-text", role="alert")
    )
    return rx.el.fieldset(
        rx.el.legend("Events", class_name="label"),
        rx.el.div(
            *[_event(str(kind), MEANINGS[kind].label, MEANINGS[kind].when) for kind in CHOICES]
        ),
        error,
        class_name="choices",
        id=EVENTS,
    )


def _event(kind: str, label: str, when: str) -> rx.Component:
    name, events = f"event-{kind}", cast("Any", WebhookForm.events)
    tick = rx.el.input(
        type="checkbox",
        id=name,
        name=name,
        default_checked=events.contains(kind),
        class_name="tick",
    )
    text = rx.el.span(label, rx.el.span(when, class_name="muted"))
    return rx.el.label(tick, text, html_for=name, class_name="ticked")


def _secret() -> rx.Component:
    """Its State forgets it when the page is left."""
    state = FreshSecret
    about = rx.cond(
        state.rotated,
        "For 24 hours, messages are signed with the previous one, too.",
        "With it, your program verifies that a message comes from here.",
    )
    return rx.dialog.root(
        rx.dialog.content(
            browser.return_focus(),
            rx.dialog.title(rx.fragment("Secret of ", rx.el.bdi(state.name))),
            rx.el.p("Copy this secret now: it is shown only once. Keep it like a password."),
            rx.el.p(about),
            rx.el.div(
                rx.el.code(state.secret, id=SECRET, class_name="grow", overflow_wrap="anywhere"),
                browser.copy_button(text=state.secret, label="Copy"),
                class_name="row wrap spaced",
            ),
            rx.el.div(
                button("Done", kind="primary", on_click=state.forget), class_name="dialog-foot"
            ),
            class_name="dialog slim",
            on_escape_key_down=state.forget,
            on_unmount=state.forget,
            custom_attrs={"aria-describedby": ""},
        ),
        open=state.secret != "",
    )


def _questions() -> rx.Component:
    state = WebhookActions
    return rx.fragment(
        question(
            is_open=state.asking == DELETE,
            title=f"Delete “{state.ask_name}”?",
            text="Its deliveries are deleted with it, and what is waiting is not sent.",
            confirm="Delete",
            on_confirm=state.delete,
            on_cancel=state.keep,
        ),
        question(
            is_open=state.asking == ROTATE,
            title=f"Rotate the secret of “{state.ask_name}”?",
            text=(
                "You get a new secret for your program. For 24 hours, messages are signed with "
                "both. If it was rotated in the last 24 hours, the secret before that ends now."
            ),
            confirm="Rotate secret",
            danger=False,
            on_confirm=state.rotate,
            on_cancel=state.keep,
        ),
        question(
            _since(),
            is_open=state.asking == REPLAY,
            title=f"Send failed messages to “{state.ask_name}” again?",
            text=(
                "Those that failed or were cancelled, with the same ids. Tests are left out. "
                + MOST
            ),
            confirm=rx.cond(state.count == 1, "Send 1 message", f"Send {state.count} messages"),
            danger=False,
            disabled=state.count == 0,
            on_confirm=state.replay,
            on_cancel=state.keep,
        ),
    )


def _since() -> rx.Component:
    choice = rx.el.select(
        *[rx.el.option(words, value=hours) for hours, words in SINCE.items()],
        value=WebhookActions.since,
        on_change=WebhookActions.choose_since,
        id=REPLAY_SINCE,
        class_name="control",
    )
    found = rx.cond(WebhookActions.count == 0, "Nothing failed since then", "")
    return rx.el.div(
        rx.el.label("Since", html_for=REPLAY_SINCE),
        choice,
        rx.el.span(found, class_name="hint", role="status"),
        class_name="field spaced",
    )
