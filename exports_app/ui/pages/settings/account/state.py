"""The user's own account: its password, and where it is signed in."""

from dataclasses import replace

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import Invalid, TooManyRequests
from exports_app.domain.humanize import sentence
from exports_app.services.identity.sessions import HOME, id_of
from exports_app.ui.framework.actions import action, actor, call, principal
from exports_app.ui.framework.browser_commands import go, notify
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_thread, signing_in
from exports_app.ui.pages.settings.account.leave.state import LeaveState
from exports_app.ui.pages.settings.account.rows import SessionItem, signed_in_rows
from exports_app.ui.pages.settings.account.second_factor.state import SecondFactorState

LONGEST = bounds.PASSWORD
"""Characters of a field that are looked at."""
FIELDS = {"/currentPassword": "current", "/newPassword": "new"}


class AccountState(rx.State):
    must_change: bool = False
    """Someone else set its password."""
    sessions: list[SessionItem] = []  # noqa: RUF012 (Reflex copies defaults)
    errors: dict[str, str] = {}  # noqa: RUF012
    """By field: current, new."""
    asking: bool = False
    """Whether to sign out everywhere."""
    saved: int = 0
    """How often it was changed: the form begins anew."""

    @action()
    async def refresh(self) -> None:
        user = await call(services.own_account.get)
        self.must_change = user.must_change_password
        await (await self.get_state(LeaveState)).read()
        await (await self.get_state(SecondFactorState)).load()
        await self._again()

    @action()
    async def change(self, form: dict[str, str]) -> None:
        current, new = (str(form.get(name, ""))[:LONGEST] for name in ("current", "new"))
        self.errors = {}
        try:
            change = services.own_account.change_password
            token = await signing_in(change, principal(), current, new, id_of(actor().session))
        except Invalid as e:
            self.errors = {
                FIELDS.get(error.pointer, "new"): sentence(error.detail) for error in e.errors
            }
            return
        except TooManyRequests as e:
            self.errors = {"current": e.message}
            return
        if self.must_change:  # now they may see what is theirs
            await go(self, HOME)
            return
        self.saved += 1
        await notify(
            self,
            "success",
            "Your password was changed; all other browsers were signed out and access tokens ended",
        )
        # The sign-in that this event began with has ended with the old password
        who = replace(principal(), version=token.user.token_version)
        self.sessions = await in_thread(signed_in_rows, who, id_of(actor().session))

    @action()
    async def end(self, session_id: str) -> None:
        await call(services.own_account.end_session, str(session_id))
        await self._again()

    @action()
    async def ask(self) -> None:
        self.asking = True

    @action()
    async def keep(self) -> None:
        self.asking = False

    @action()
    async def end_all(self) -> None:
        """This browser too."""
        self.asking = False
        await call(services.own_account.sign_out_everywhere)
        await go(self, "/api/session/end")

    async def _again(self) -> None:
        self.sessions = await call(signed_in_rows, id_of(actor().session))
