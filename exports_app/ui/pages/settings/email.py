"""How the installation sends mail: the settings that act, and a test of them."""

import uuid
from dataclasses import dataclass

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import Invalid
from exports_app.domain.humanize import sentence
from exports_app.services.core.extension_points import ChannelTestResult, EffectiveSetting, Outcome
from exports_app.ui.components.controls import form_input
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.page import page
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.tabs import EMAIL, top

NOT_SET = "not set"
LONGEST = bounds.TYPED_ADDRESS
"""Characters of a field that are looked at."""
EXAMPLE = """SMTP_HOST=mail.example.com
SMTP_USER=reports@example.com
SMTP_PASS_FILE=/run/secrets/smtp
SMTP_FROM=Reports <reports@example.com>"""


@dataclass
class SettingRow:
    name: str
    value: str
    source: str


class EmailState(rx.State):
    rows: list[SettingRow] = []  # noqa: RUF012 (Reflex copies defaults)
    configured: bool = True
    """A mail server is set."""
    busy: bool = False
    error: str = ""
    """What is wrong with the address."""
    outcome: str = ""
    """Of the last test, as `Outcome` has it; empty: there was none."""
    told: str = ""
    dialogue: list[str] = []  # noqa: RUF012
    _asked: str = ""
    """Which test is under way."""

    @action(Permission.OPERATE)
    async def refresh(self) -> None:
        found = await call(services.mail_diagnostics.effective_settings)
        self.rows = [row(one) for one in found]
        self.configured = any(one.name == "SMTP_HOST" and one.value != NOT_SET for one in found)

    @action(Permission.OPERATE)
    async def arrive(self) -> None:
        """When the page loads: a test whose answer never came is over."""
        self.busy, self._asked = False, ""

    @action(Permission.OPERATE, background=True)
    async def test(self, form: dict[str, str]) -> None:
        """Beside the tab's other events: a server that does not answer holds up nothing but
        this."""
        async with self:
            if self.busy:
                return
            asked = self._asked = uuid.uuid4().hex
            self.busy, self.error, self.outcome, self.told, self.dialogue = True, "", "", "", []
        error, trial = "", None
        try:
            trial = await call(
                services.mail_diagnostics.send_test,
                str(form.get("address", ""))[:LONGEST],
            )
        except Invalid as e:
            error = sentence(e.errors[0].detail)
        finally:
            async with self:
                if self._asked == asked:  # else the tab is somebody else's by now, or asked again
                    self._tell(trial, error)

    def _tell(self, trial: ChannelTestResult | None, error: str) -> None:
        self.busy, self.error = False, error
        if trial is not None:
            self.outcome, self.told = str(trial.outcome), sentence(trial.told)
            self.dialogue = [] if trial.outcome is Outcome.ACCEPTED else list(trial.dialogue)


def row(one: EffectiveSetting) -> SettingRow:
    return SettingRow(one.name, one.value, one.source)


@page(
    EMAIL,
    title="Email",
    needs=Permission.OPERATE,
    load=EmailState.arrive,
    refresh=EmailState.refresh,
)
def email() -> rx.Component:
    told = "How this installation sends mail: for all tenants"
    return rx.el.div(
        top(EMAIL, rx.fragment(told)), _settings(), _test(), class_name="page settings"
    )


def _settings() -> rx.Component:
    # With its roles said, since on a phone its rows are no rows of a table to the browser any more
    def line(one: SettingRow) -> rx.Component:
        return rx.el.tr(
            rx.el.th(one.name, scope="row", role="rowheader"),
            rx.el.td(rx.el.code(one.value), class_name="value", role="cell"),
            rx.el.td(one.source, class_name="muted", role="cell"),
            role="row",
            key=one.name,
        )

    titles = [
        rx.el.th(words, scope="col", role="columnheader")
        for words in ("Setting", "Value", "Where it comes from")
    ]
    table = rx.el.table(
        rx.el.thead(rx.el.tr(*titles, role="row"), role="rowgroup"),
        rx.el.tbody(rx.foreach(EmailState.rows, line), role="rowgroup"),
        class_name="numbers",
        id="in-force",
        role="table",
        custom_attrs={"aria-label": "Settings in force"},
    )
    missing = rx.el.div(
        rx.el.p(
            "No mail server is set: files are made, and nothing is sent. Set one in the environment or in .env, e.g."
        ),
        rx.el.pre(EXAMPLE),
        rx.el.p("then restart the server."),
        class_name="box warn",
        role="status",
    )
    note = rx.el.p(
        "They are read when the server starts: change them where they come from, then restart the server.",
        class_name="muted",
    )
    return rx.el.section(
        rx.el.h2("Settings in force"),
        note,
        rx.cond(EmailState.configured, rx.fragment(), missing),
        table,
        class_name="card settings-card",
    )


def _test() -> rx.Component:
    address = form_input(
        "address",
        "To",
        EmailState.error,
        "A short message that says it is a test",
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
    form = rx.form(
        address,
        rx.el.div(send, class_name="row"),
        on_submit=EmailState.test,
        reset_on_submit=False,
    )
    outcome = rx.match(
        EmailState.outcome,
        (
            "accepted",
            rx.el.div(
                rx.el.p(rx.el.b("The mail server took it: "), EmailState.told),
                class_name="box info",
            ),
        ),
        (
            "refused",
            rx.el.div(rx.el.p(rx.el.b("It was not sent. "), EmailState.told), class_name="box bad"),
        ),
        (
            "unknown",
            rx.el.div(rx.el.p(rx.el.b("Nobody can say. "), EmailState.told), class_name="box warn"),
        ),
        rx.fragment(),
    )
    lines = rx.el.pre(
        EmailState.dialogue.join("\n"),
        id="dialogue",
        class_name="dialogue",
        role="region",
        tab_index=0,
        custom_attrs={"aria-label": "What was said"},
    )
    said = rx.cond(
        EmailState.dialogue.length() > 0,
        rx.el.div(
            rx.el.h3(
                "What was said (C: this server, S: the mail server, --: sent without its words)"
            ),
            lines,
        ),
    )
    return rx.el.section(
        rx.el.h2("Test"),
        form,
        rx.el.div(outcome, said, role="status", id="outcome"),
        class_name="card settings-card",
    )
