"""API keys: the user's own, or the tenant's, by the page that is open."""

from datetime import timedelta

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import OF_SCHEDULES, is_recent
from exports_app.domain.errors import Invalid, SignInAgain, TooManyRequests
from exports_app.domain.humanize import sentence
from exports_app.services.accounts.api_key_rules import KeyDraft
from exports_app.services.core.records import Page
from exports_app.ui.framework.actions import action, call, principal
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.framework.threads import in_thread, signing_in
from exports_app.ui.layout.schedule_choice.state import ScheduleChoice, begin, ids_of
from exports_app.ui.pages.settings.keys.rows import SCOPES, KeyRow, row

MOST = 200
"""Keys on a page: more than there can be."""
EXPIRIES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "1 year", "": "Never"}
"""By days."""
USUAL = "90"
PASSWORD = "key-password"  # noqa: S105  (the name of a field)
FIELDS = {
    "/name": "key-name",
    "/scopes": "key-scopes",
    "/expiresAt": "key-expiry",
    "/currentPassword": PASSWORD,
}
SCHEDULES = "/scheduledExportIds"
NO_SCOPE = "Choose at least one"
_ALLOWED = " and ".join(words for scope, words in SCOPES.items() if scope in OF_SCHEDULES)
ONLY_OF_SCHEDULES = f"With chosen scheduled exports: only {_ALLOWED}"
CONFIRM = "Enter your password, to confirm that it is you"
GONE = "One of them no longer exists: choose again"


class KeysState(rx.State):
    """The services check who may manage a tenant's keys."""

    rows: list[KeyRow] = []  # noqa: RUF012 (Reflex copies defaults)
    loaded: bool = False
    of_tenant: bool = False
    """Whether they are the tenant's."""
    errors: dict[str, str] = {}  # noqa: RUF012
    """By field: key-name, key-scopes, key-schedules, key-expiry, key-password."""
    asks_password: bool = False
    """The user signed in too long ago to create a key without it."""
    made: int = 0
    """How many: the form begins anew."""
    fresh: str = ""
    """A new key, while it is shown: once, and until the page is left."""
    asking: str = ""
    """The id of the key to revoke; empty: none."""
    ask_name: str = ""
    ask_last: bool = False
    """Whether it is the tenant's last one."""
    _of: str = ""
    """The tenant, and whose keys these are."""

    @action()
    async def arrive(self) -> None:
        """When the page of one's own keys loads."""
        await self._arrive(of_tenant=False)

    @action()
    async def arrive_at_tenant(self) -> None:
        """When the page of the tenant's keys loads."""
        await self._arrive(of_tenant=True)

    @action()
    async def refresh(self) -> None:
        await self._read()

    @action()
    async def create(self, form: dict[str, str]) -> None:
        self.errors, draft = {}, await self._draft(form)
        password = str(form.get(PASSWORD, ""))[: bounds.PASSWORD]
        run = signing_in if password else in_thread
        tenant_id = await self._tenant()
        try:
            _, self.fresh = await run(
                services.api_keys.create, principal(), tenant_id, draft, password
            )
        except SignInAgain:
            self.asks_password, self.errors = True, {PASSWORD: CONFIRM}
            return
        except TooManyRequests as e:
            self.errors = {PASSWORD: e.message}
            return
        except Invalid as e:
            self.errors = {
                FIELDS.get(error.pointer, "key-name"): sentence(error.detail)
                for error in e.errors
                if not error.pointer.startswith(SCHEDULES)
            }
            if any(error.pointer.startswith(SCHEDULES) for error in e.errors):
                self.errors["key-schedules"] = GONE
            if "key-scopes" in self.errors:  # those of the page are all valid
                self.errors["key-scopes"] = ONLY_OF_SCHEDULES if draft.scopes else NO_SCOPE
            return
        self.made += 1
        begin(await self.get_state(ScheduleChoice), bounds.KEY_SCHEDULES)
        await self._read()

    @action()
    async def forget(self) -> None:
        """The new key was copied, or its page is left."""
        self.fresh = ""

    @action()
    async def ask(self, key_id: str) -> None:
        tenant_id, key_id = await self._tenant(), str(key_id)
        known = await call(services.api_keys.get, tenant_id, key_id)
        self.ask_last = tenant_id is not None and await call(
            services.api_keys.is_last, tenant_id, key_id
        )
        self.asking, self.ask_name = known.key.id, known.key.name

    @action()
    async def keep(self) -> None:
        self.asking = ""

    @action()
    async def revoke(self) -> None:
        if not self.asking or self._of != await self._place():
            return
        key_id, self.asking = self.asking, ""
        await call(services.api_keys.revoke, await self._tenant(), key_id)
        self.fresh = ""  # it may be the one that is shown
        await notify(self, "success", f"“{self.ask_name}” was revoked")
        await self._read()

    async def _read(self) -> None:
        known, _ = await call(services.api_keys.find, await self._tenant(), Page(1, MOST))
        now = services.clock()
        self.rows, self.loaded = [row(each, now) for each in known], True

    async def _arrive(self, *, of_tenant: bool) -> None:
        """What was shown once is gone, and nothing of other keys stays."""
        self.of_tenant = of_tenant
        self.fresh, self.asking, self.errors = "", "", {}
        self.asks_password = not is_recent(principal(), services.clock())
        begin(await self.get_state(ScheduleChoice), bounds.KEY_SCHEDULES)
        if self._of != (place := await self._place()):
            self._of, self.rows, self.loaded = place, [], False

    async def _draft(self, form: dict[str, str]) -> KeyDraft:
        days = str(form.get("key-expiry", USUAL))
        tenant_id = (await self.get_state(SessionState)).tenant_id
        schedules = ids_of(await self.get_state(ScheduleChoice))
        here = not self.of_tenant and bool(form.get("key-here")) and schedules is None
        return KeyDraft(
            str(form.get("key-name", ""))[: bounds.KEY_NAME + 1],
            [scope for scope in SCOPES if form.get(f"key-{scope}")],
            services.clock() + timedelta(days=int(days)) if EXPIRIES.get(days) and days else None,
            [tenant_id] if here else None,
            schedules,
        )

    async def _tenant(self) -> str | None:
        """Whose keys these are; None: the user's own."""
        return (await self.get_state(SessionState)).tenant_id if self.of_tenant else None

    async def _place(self) -> str:
        return f"{self.of_tenant} {(await self.get_state(SessionState)).tenant_id}"
