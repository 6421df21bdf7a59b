"""The user's own feeds."""

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.errors import Invalid
from exports_app.domain.humanize import sentence
from exports_app.services.accounts.feeds import CALENDAR, RUNS, addresses
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState
from exports_app.ui.layout.schedule_choice.state import ScheduleChoice, begin, ids_of
from exports_app.ui.pages.settings.feeds.rows import FeedRow, row

GONE = "It no longer exists: choose another one"


class FeedsState(rx.State):
    rows: list[FeedRow] = []  # noqa: RUF012 (Reflex copies defaults)
    loaded: bool = False
    error: str = ""
    """Of the name."""
    schedule_error: str = ""
    made: int = 0
    """How many: the form begins anew."""
    calendar: str = ""
    """An address of a new feed, while it is shown: once, and until the page is left."""
    runs: str = ""
    """Likewise."""
    asking: str = ""
    """The id of the feed to revoke; empty: none."""
    ask_name: str = ""

    @action()
    async def arrive(self) -> None:
        """When the page loads. What was shown once is gone."""
        self._forget()
        self.asking, self.error, self.schedule_error = "", "", ""
        begin(await self.get_state(ScheduleChoice), 1)

    @action()
    async def refresh(self) -> None:
        await self._read()

    @action()
    async def create(self, form: dict[str, str]) -> None:
        self.error = self.schedule_error = ""
        name = str(form.get("feed-name", ""))[: bounds.KEY_NAME + 1]
        tenant_id = (await self.get_state(SessionState)).tenant_id
        choice = await self.get_state(ScheduleChoice)
        limit = next(iter(ids_of(choice) or ()), None)
        try:
            _, token = await call(services.feeds.create, name, tenant_id, limit)
        except Invalid as e:
            of = {error.pointer: sentence(error.detail) for error in e.errors}
            self.error = of.get("/name", "")
            self.schedule_error = GONE if "/scheduledExportId" in of else ""
            return
        begin(choice, 1)
        found = addresses(services.settings.base_url, token)
        self.calendar, self.runs = found[CALENDAR], found[RUNS]
        self.made += 1
        await self._read()

    @action()
    async def forget(self) -> None:
        """The addresses were copied, or the page is left."""
        self._forget()

    @action()
    async def ask(self, feed_id: str) -> None:
        known = await call(services.feeds.get, str(feed_id))
        self.asking, self.ask_name = known.feed.id, known.feed.name

    @action()
    async def keep(self) -> None:
        self.asking = ""

    @action()
    async def revoke(self) -> None:
        if not self.asking:
            return
        feed_id, self.asking = self.asking, ""
        await call(services.feeds.revoke, feed_id)
        self._forget()  # it may be the one that is shown
        await notify(self, "success", f"“{self.ask_name}” was revoked")
        await self._read()

    async def _read(self) -> None:
        self.rows = [row(known) for known in await call(services.feeds.find)]
        self.loaded = True

    def _forget(self) -> None:
        self.calendar = self.runs = ""
