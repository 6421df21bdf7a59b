"""How the installation sends mail: the settings in force, and a test of them."""

import uuid

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import Invalid
from exports_app.domain.humanize import sentence
from exports_app.services.core.extension_points import ChannelTestResult, Outcome
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.services import services
from exports_app.ui.pages.settings.email.rows import SettingRow, row

NOT_SET = "not set"
LONGEST = bounds.TYPED_ADDRESS
"""Characters of a field that are looked at."""


class EmailState(rx.State):
    rows: list[SettingRow] = []  # noqa: RUF012 (Reflex copies defaults)
    configured: bool = True
    """A mail server is set."""
    busy: bool = False
    error: str = ""
    """What is wrong with the address."""
    outcome: str = ""
    """Of the last test, as `Outcome` has it; empty: there was none."""
    message: str = ""
    dialogue: list[str] = []  # noqa: RUF012
    _asked: str = ""
    """Which test is under way."""

    @action(Permission.OPERATE)
    async def refresh(self) -> None:
        settings = await call(services.mail_diagnostics.effective_settings)
        self.rows = [row(setting) for setting in settings]
        self.configured = any(
            setting.name == "SMTP_HOST" and setting.value != NOT_SET for setting in settings
        )

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
            self.busy = True
            self.error = ""
            self.outcome = ""
            self.message = ""
            self.dialogue = []
        error, result = "", None
        try:
            result = await call(
                services.mail_diagnostics.send_test,
                str(form.get("address", ""))[:LONGEST],
            )
        except Invalid as e:
            error = sentence(e.errors[0].detail)
        finally:
            async with self:
                if self._asked == asked:  # else the tab is someone else's by now, or asked again
                    self._show_result(result, error)

    def _show_result(self, result: ChannelTestResult | None, error: str) -> None:
        self.busy, self.error = False, error
        if result is not None:
            self.outcome, self.message = str(result.outcome), sentence(result.answer)
            self.dialogue = [] if result.outcome is Outcome.ACCEPTED else list(result.dialogue)
