"""Setting a new password by a link's token."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, Invalid
from exports_app.ui.framework.actions import action, error_sentence
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_thread, signing_in

LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""
NO_LINK = "Open this page with the link in your email"


class ResetPasswordState(rx.State):
    """The link's token stays in the browser: each handler gets it from there, and no field has
    it."""

    ready: str = ""
    """Changes whenever the page loads: then it sends the token."""
    loaded: bool = False
    failed: str = ""
    """Why no password can be set."""
    email: str = ""
    errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults)
    """By field: password."""
    error: str = ""
    done: bool = False

    @action(public=True)
    async def load(self) -> None:
        self.loaded = False
        self.done = False
        self.error = ""
        self.errors = {}
        self.email = ""
        self.ready = str(int(self.ready or "0") + 1)

    @action(public=True)
    async def open(self, token: str) -> None:
        """Whose password the link sets."""
        if self.done:  # the browser has just forgotten the token
            return
        self.failed = "" if token else NO_LINK
        self.error = ""
        self.errors = {}
        check = services.password_resets.check
        try:
            self.email = await in_thread(check, str(token)) if token else ""
        except ExportsError as e:
            self.failed = error_sentence(e)
        self.loaded = True

    @action(public=True)
    async def save(self, form: dict[str, str]) -> None:
        self.error, self.errors = "", {}
        token, password = (str(form.get(key, ""))[: LONGEST + 1] for key in ("token", "password"))
        reset = services.password_resets.reset
        try:
            await signing_in(reset, token, password)
        except Invalid as e:
            self.errors = {"password": error_sentence(e)}
        except ExportsError as e:
            self.error = error_sentence(e)
        else:
            self.done = True
