"""Asking for a link to set a new password."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, Invalid, MailNotSet
from exports_app.services.identity.cookies import cookie
from exports_app.services.identity.known_browsers import KNOWN_COOKIE
from exports_app.ui.framework.actions import action, error_sentence
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import header
from exports_app.ui.framework.threads import in_thread, signing_in

LONGEST = bounds.ADDRESS
"""Characters of the address."""


class ForgotPasswordState(rx.State):
    """The page shows the same whether or not the address has an account."""

    loaded: bool = False
    available: bool = False
    """This server can send email."""
    sent_to: str = ""
    error: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """By field: email."""

    @action(public=True)
    async def load(self) -> None:
        self.available = await in_thread(services.password_resets.available)
        self.sent_to = ""
        self.error = ""
        self.errors = {}
        self.loaded = True

    @action(public=True)
    async def ask(self, form: dict[str, str]) -> None:
        self.error, self.errors = "", {}
        email = str(form.get("email", "")).strip()[: LONGEST + 1]
        known = cookie(header(self, "cookie"), KNOWN_COOKIE)
        request = services.password_resets.request
        try:
            await signing_in(request, email, known)
        except Invalid as e:
            self.errors = {"email": error_sentence(e)}
        except MailNotSet:
            self.available = False
        except ExportsError as e:
            self.error = error_sentence(e)
        else:
            self.sent_to = email
