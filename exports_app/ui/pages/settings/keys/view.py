"""The pages of API keys."""

from typing import Any

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.ui.components import browser
from exports_app.ui.components.controls import (
    button,
    described,
    field,
    form_input,
    posted_form,
    submit,
)
from exports_app.ui.components.question import question
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.layout.schedule_choice.view import schedules_field
from exports_app.ui.pages.settings.keys.rows import SCOPES, KeyRow
from exports_app.ui.pages.settings.keys.state import EXPIRIES, PASSWORD, USUAL, KeysState
from exports_app.ui.pages.settings.tabs import OWN_KEYS, TENANT_KEYS, top

NOTES = {
    str(Permission.READ): "Scheduled exports, runs and their files, campaigns, analytics",
    str(Permission.WRITE): "Create, change, delete and run scheduled exports",
    str(Permission.CAMPAIGNS): "Campaigns and their metrics",
    str(Permission.MANAGE): "Settings, members and the audit log",
}
ONLY = f"Choose up to {bounds.KEY_SCHEDULES} to limit the key to them"
STATES = {"soon": "expires soon", "expired": "expired", "revoked": "revoked"}


@page(OWN_KEYS, title="API keys", load=KeysState.arrive, refresh=KeysState.refresh)
def own_keys() -> rx.Component:
    note = "Programs that use one act as you, with your permissions."
    here = _tick("key-here", f"Only for {SessionState.tenant_name}", "Not for your other tenants")
    return _keys(OWN_KEYS, rx.fragment("API keys for your own programs"), note, here)


@page(
    TENANT_KEYS,
    title="API keys of the tenant",
    needs=Permission.MANAGE,
    load=KeysState.arrive_at_tenant,
    refresh=KeysState.refresh,
)
def tenant_keys() -> rx.Component:
    intro = rx.fragment("API keys of ", rx.el.b(SessionState.tenant_name))
    note = (
        "Programs that use one act for the tenant, not for you: they keep working when you leave. "
        "Only this tenant can be reached with it."
    )
    return _keys(TENANT_KEYS, intro, note)


def _keys(here: str, intro: rx.Component, note: str, *more: rx.Component) -> rx.Component:
    return rx.el.div(
        top(here, intro), _create(note, *more), _list(), _question(), class_name="page settings"
    )


def _create(note: str, *more: rx.Component) -> rx.Component:
    form = posted_form(
        form_input(
            "key-name",
            "Name",
            _wrong("key-name"),
            "What uses it, e.g. Nightly import",
            max_length=bounds.KEY_NAME,
            auto_complete="off",
        ),
        _scopes(*more),
        schedules_field("key-schedules", _wrong("key-schedules"), ONLY),
        _expiry(),
        rx.cond(KeysState.asks_password, _password()),
        rx.el.div(submit("Create key"), class_name="row"),
        on_submit=KeysState.create,
        reset_on_submit=False,
        key=KeysState.made.to_string(),
    )
    return rx.el.section(
        rx.el.h2("Create an API key"),
        rx.el.p(note, class_name="muted"),
        form,
        _fresh(),
        class_name="card settings-card",
    )


def _scopes(*more: rx.Component) -> rx.Component:
    ticks = [
        _tick(f"key-{scope}", words, NOTES[scope], ticked=scope == Permission.READ)
        for scope, words in SCOPES.items()
    ]
    wrong = _wrong("key-scopes")
    error = rx.cond(
        wrong != "", rx.el.span(wrong, id="key-scopes-error", class_name="error-text", role="alert")
    )
    return rx.el.fieldset(
        rx.el.legend("Permissions", class_name="label"),
        *ticks,
        *more,
        error,
        class_name="choices",
        id="key-scopes",
    )


def _tick(name: str, words: Any, note: str, *, ticked: bool = False) -> rx.Component:
    tick = rx.el.input(
        type="checkbox", id=name, name=name, default_checked=ticked, class_name="tick"
    )
    text = rx.el.span(words, rx.el.span(note, class_name="muted"))
    return rx.el.label(tick, text, html_for=name, class_name="ticked")


def _expiry() -> rx.Component:
    options = [rx.el.option(words, value=days) for days, words in EXPIRIES.items()]
    wrong = _wrong("key-expiry")
    control = rx.el.select(
        *options,
        id="key-expiry",
        name="key-expiry",
        default_value=USUAL,
        class_name="control",
        **described("key-expiry", wrong),
    )
    hint = "Then create another one in its place"
    return field("Expires after", control, name="key-expiry", error=wrong, hint=hint)


def _password() -> rx.Component:
    return form_input(
        PASSWORD,
        "Your password",
        _wrong(PASSWORD),
        "You signed in more than 2 hours ago: confirm that it is you",
        type="password",
        auto_complete="current-password",
        max_length=bounds.PASSWORD,
        required=True,
    )


def _wrong(name: str) -> rx.Var[str]:
    return KeysState.errors.get(name, "").to(str)


def _fresh() -> rx.Component:
    """Its State forgets it when the page is left."""
    box = rx.el.div(
        rx.el.p("Copy this key now: it is shown only once. Keep it like a password."),
        rx.el.div(
            rx.el.code(KeysState.fresh, id="new-key", class_name="grow"),
            browser.copy_button(text=KeysState.fresh, label="Copy", id="copy-key"),
            button("Done", kind="small", on_click=KeysState.forget),
            class_name="row wrap",
        ),
        browser.focus(target="copy-key"),
        browser.pass_focus(target="key-name"),
        class_name="box info",
        role="status",
        on_unmount=KeysState.forget,
    )
    return rx.cond(KeysState.fresh != "", box)


def _list() -> rx.Component:
    none = rx.el.p("There are no keys yet.", class_name="muted")
    keys = rx.el.ul(rx.foreach(KeysState.rows, _key), class_name="plain-list", id="keys")
    body = rx.cond(KeysState.rows.length() > 0, keys, none)
    return rx.el.section(
        rx.el.h2("API keys"), rx.cond(KeysState.loaded, body), class_name="card settings-card"
    )


def _key(key: KeyRow) -> rx.Component:
    states = list(STATES.items())
    tag = rx.match(key.state, *states, "")
    used = rx.cond(
        key.used_at != "",
        rx.fragment(
            "used ",
            browser.when(at=key.used_at),
            rx.cond(key.used_from != "", f" from {key.used_from}", ""),
        ),
        "never used",
    )
    ends = rx.cond(
        key.expires_at != "",
        rx.fragment(
            rx.cond(key.state == "expired", "expired ", "expires "),
            browser.when(at=key.expires_at),
        ),
        "no expiry",
    )
    facts = rx.el.div(
        rx.el.b(rx.el.bdi(key.name)),
        rx.cond(tag != "", rx.el.span(tag, class_name="tag")),
        rx.el.div(
            rx.el.code(key.prefix),
            f" · {key.may}",
            rx.cond(key.limits != "", f" · {key.limits}", ""),
            class_name="muted",
        ),
        rx.el.div(used, " · ", ends, class_name="muted num"),
        rx.el.div(
            "created ",
            browser.when(at=key.created_at),
            rx.cond(KeysState.of_tenant, f" by {key.created_by}", ""),
            class_name="muted num",
        ),
        class_name="grow",
    )
    revoke = button(
        "Revoke",
        kind="small",
        on_click=KeysState.ask(key.id),
        custom_attrs={"aria-label": f"Revoke {key.name}"},
    )
    return rx.el.li(
        facts, rx.cond(key.state != "revoked", revoke), class_name="entry stacked", key=key.id
    )


def _question() -> rx.Component:
    state = KeysState
    last = (
        " It is the last key of this tenant: scheduled exports that were created with API keys fail"
        " until there is another key or a person takes them over."
    )
    return question(
        is_open=state.asking != "",
        title=f"Revoke “{state.ask_name}”?",
        text=rx.cond(
            state.ask_last,
            f"Programs that use it stop working at once.{last}",
            "Programs that use it stop working at once.",
        ),
        confirm="Revoke",
        on_confirm=state.revoke,
        on_cancel=state.keep,
    )
