"""The accounts of the installation: finding them, resetting what they sign in with,
deactivating them."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted, up_to
from exports_app.services.core.records import capped
from exports_app.ui.framework.actions import action, call, error_sentence, principal
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.services import services
from exports_app.ui.pages.settings.users.rows import UserItem, row

SIZE = 25
LONGEST = bounds.SEARCH


class UsersState(rx.State):
    rows: list[UserItem] = []  # noqa: RUF012 (Reflex copies defaults)
    total: int = 0
    q: str = ""
    number: int = 1
    """Of the page."""
    failed: str = ""
    fresh_email: str = ""
    fresh_link: str = ""
    """To set a new password, where none could be mailed: shown until it was handed on."""
    asking: str = ""
    """The id of the user in question; empty: none."""
    ask_what: str = ""
    """deactivate, renew: to have them set a new password, or factor: to remove their second
    factor."""
    ask_name: str = ""

    @rx.var
    def counted(self) -> str:
        return (
            counted(self.total, "account")
            if self.total <= bounds.FARTHEST
            else f"{up_to(self.total, bounds.FARTHEST)} accounts"
        )

    @rx.var
    def last(self) -> bool:
        return self.number * SIZE >= self.total

    @action(Permission.OPERATE)
    async def arrive(self) -> None:
        """When the page loads: no question of before."""
        self.asking = ""
        self.q = ""
        self.number = 1
        self.fresh_email = self.fresh_link = ""

    @action(Permission.OPERATE)
    async def refresh(self) -> None:
        await self._load()

    @action(Permission.OPERATE)
    async def search(self, text: str) -> None:
        self.q, self.number = str(text)[:LONGEST], 1
        await self._load()

    @action(Permission.OPERATE)
    async def turn(self, step: int) -> None:
        if isinstance(step, int):
            self.number = max(1, min(self.number + step, -(-self.total // SIZE)))
            await self._load()

    @action(Permission.OPERATE)
    async def activate(self, user_id: str) -> None:
        done = await call(services.user_administration.set_active, str(user_id), active=True)
        await notify(self, "success", f"{done.name} can sign in again")
        await self._load()

    @action(Permission.OPERATE)
    async def ask(self, user_id: str, what: str) -> None:
        user = await call(services.user_administration.get, str(user_id))
        self.asking = user.id
        self.ask_name = user.name
        self.ask_what = what if what in {"renew", "factor"} else "deactivate"

    @action(Permission.OPERATE)
    async def keep(self) -> None:
        self.asking = ""

    @action(Permission.OPERATE)
    async def confirm(self) -> None:
        wanted, self.asking = self.asking, ""
        if wanted and self.ask_what == "renew":
            await self._renew(wanted)
        elif wanted and self.ask_what == "factor":
            await call(services.user_administration.reset_second_factor, wanted)
            await notify(
                self,
                "success",
                f"{self.ask_name} is signed out, and can sign in without two-factor authentication",
            )
        elif wanted:
            done = await call(services.user_administration.set_active, wanted, active=False)
            await notify(self, "success", f"{done.name} is signed out, and can no longer sign in")
        await self._load()

    async def _renew(self, user_id: str) -> None:
        users = services.user_administration
        sent = await call(users.reset, user_id)
        self.fresh_email, self.fresh_link = sent.user.email, sent.url or ""
        if sent.url is None:
            await notify(self, "success", f"Sending a password reset link to {sent.user.email}")

    @action(Permission.OPERATE)
    async def forget(self) -> None:
        """The link was handed on."""
        self.fresh_email = self.fresh_link = ""

    async def _load(self) -> None:
        find = services.user_administration.find
        try:
            accounts, self.total = await call(find, self.q, capped(self.number, SIZE))
            self.rows, self.failed = [row(account, principal().user_id) for account in accounts], ""
        except ExportsError as e:
            self.failed = error_sentence(e)
