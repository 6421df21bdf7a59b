"""The page of the mail settings."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.components.controls import form_input, posted_form
from exports_app.ui.framework.page import page
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.email.rows import SettingRow
from exports_app.ui.pages.settings.email.state import LONGEST, EmailState
from exports_app.ui.pages.settings.tabs import EMAIL, top

EXAMPLE = """SMTP_HOST=mail.example.com
SMTP_USER=reports@example.com
SMTP_PASS_FILE=/run/secrets/smtp
SMTP_FROM=Reports <reports@example.com>"""


@page(
    EMAIL,
    title="Email",
    needs=Permission.OPERATE,
    load=EmailState.arrive,
    refresh=EmailState.refresh,
)
def email() -> rx.Component:
    intro = "How this installation sends email, for all tenants"
    return rx.el.div(
        top(EMAIL, rx.fragment(intro)), _settings(), _test(), class_name="page settings"
    )


def _settings() -> rx.Component:
    note = rx.el.p(
        (
            "They are read when the server starts. To change one, edit it at its source, then "
            "restart the server."
        ),
        class_name="muted",
    )
    return rx.el.section(
        rx.el.h2("Effective settings"),
        note,
        rx.cond(EmailState.configured, rx.fragment(), _no_mail_server()),
        _settings_table(),
        class_name="card settings-card",
    )


def _no_mail_server() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "No mail server is configured: files are created, but nothing is sent. Set one in "
            "the environment or in .env, for example:"
        ),
        rx.el.pre(EXAMPLE),
        rx.el.p("Then restart the server."),
        class_name="box warn",
        role="status",
    )


def _settings_table() -> rx.Component:
    """With explicit roles: on a phone its CSS makes the browser forget that it is a table."""
    titles = [
        rx.el.th(title, scope="col", role="columnheader")
        for title in ("Setting", "Value", "Source")
    ]
    return rx.el.table(
        rx.el.thead(rx.el.tr(*titles, role="row"), role="rowgroup"),
        rx.el.tbody(rx.foreach(EmailState.rows, _setting), role="rowgroup"),
        class_name="numbers",
        id="effective-settings",
        role="table",
        custom_attrs={"aria-label": "Effective settings"},
    )


def _setting(setting: SettingRow) -> rx.Component:
    return rx.el.tr(
        rx.el.th(setting.name, scope="row", role="rowheader"),
        rx.el.td(rx.el.code(setting.value), class_name="value", role="cell"),
        rx.el.td(setting.source, class_name="muted", role="cell"),
        role="row",
        key=setting.name,
    )


def _test() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Test"),
        _test_form(),
        rx.el.div(_outcome(), _dialogue(), role="status", id="outcome"),
        class_name="card settings-card",
    )


def _test_form() -> rx.Component:
    address = form_input(
        "address",
        "To",
        EmailState.error,
        "A short test message is sent to this address",
        type="email",
        required=True,
        default_value=SessionState.email,
        max_length=LONGEST,
        auto_complete="email",
    )
    send = rx.el.button(
        rx.cond(EmailState.busy, "Sending …", "Send a test email"),
        type="submit",
        class_name="btn primary",
        disabled=EmailState.busy | ~EmailState.configured,
        id="send-test",
    )
    return posted_form(
        address,
        rx.el.div(send, class_name="row"),
        on_submit=EmailState.test,
        reset_on_submit=False,
    )


def _outcome() -> rx.Component:
    return rx.match(
        EmailState.outcome,
        ("accepted", _outcome_box("The mail server accepted it: ", "info")),
        ("refused", _outcome_box("Not sent. ", "bad")),
        ("unknown", _outcome_box("It may or may not have been sent. ", "warn")),
        rx.fragment(),
    )


def _outcome_box(verdict: str, look: str) -> rx.Component:
    return rx.el.div(rx.el.p(rx.el.b(verdict), EmailState.message), class_name=f"box {look}")


def _dialogue() -> rx.Component:
    lines = rx.el.pre(
        EmailState.dialogue.join("\n"),
        id="dialogue",
        class_name="dialogue",
        role="region",
        tab_index=0,
        custom_attrs={"aria-label": "SMTP transcript"},
    )
    title = rx.el.h3("SMTP transcript (C: this server, S: the mail server, --: content not shown)")
    return rx.cond(EmailState.dialogue.length() > 0, rx.el.div(title, lines))
