"""The audit: which entries are shown. The view stands in the address."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

import reflex as rx

from exports_app.domain import bounds
from exports_app.domain.access import Permission
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.humanize import place, up_to
from exports_app.domain.timing import cron
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import capped
from exports_app.ui.framework.actions import action, actor, call, error_sentence, principal
from exports_app.ui.framework.browser_commands import BrowserCommands, fetch, show_address
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState, query
from exports_app.ui.pages.settings.audit.rows import AREAS, AuditItem, entry_item
from exports_app.ui.pages.settings.tabs import AUDIT

SIZE = 25
LONGEST = bounds.SEARCH
PLAIN = {"area": "", "since": "", "until": "", "q": "", "of": ""}
"""The view. since, until: days, both included. of: "installation" for what concerns no tenant."""
INSTALLATION = "installation"


class AuditState(rx.State):
    view: dict[str, str] = PLAIN
    number: int = 1
    """Of the page."""
    rows: list[AuditItem] = []  # noqa: RUF012 (Reflex copies defaults)
    total: int = 0
    loaded: bool = False
    failed: str = ""
    zone: str = ""

    @rx.var
    def counted(self) -> str:
        return f"{up_to(self.total, bounds.FARTHEST)} {'entry' if self.total == 1 else 'entries'}"

    @rx.var
    def last(self) -> bool:
        return self.number * SIZE >= self.total

    @rx.var
    def narrowed(self) -> bool:
        return any(value for name, value in self.view.items() if name != "of")

    @action(Permission.MANAGE)
    async def arrive(self) -> None:
        """When the page loads: the view that the address names."""
        asked = query(self)
        view = PLAIN | {
            name: asked[name] for name in PLAIN if name in asked and _fits(name, asked[name])
        }
        self.view = view if principal().is_super_admin else view | {"of": ""}
        self.rows = []
        self.total = 0
        self.loaded = False
        self.failed = ""
        number = asked.get("page", "1")
        self.number = (
            max(1, int(number))
            if number.isascii() and number.isdecimal() and len(number) <= bounds.PAGE_DIGITS
            else 1
        )
        (await self.get_state(BrowserCommands)).begin(asked)

    @action(Permission.MANAGE)
    async def refresh(self) -> None:
        await self._load()

    @action(Permission.MANAGE)
    async def choose(self, name: str, value: str) -> None:
        """One part of the view."""
        if name in PLAIN and _fits(name, value):
            self.view, self.number = self.view | {name: value}, 1
            await self._look()

    @action(Permission.MANAGE)
    async def clear(self) -> None:
        self.view, self.number = PLAIN | {"of": self.view["of"]}, 1
        await self._look()

    @action(Permission.MANAGE)
    async def turn(self, step: int) -> None:
        if isinstance(step, int):
            self.number = max(1, min(self.number + step, -(-self.total // SIZE)))
            await self._look()

    @action(Permission.MANAGE)
    async def save(self) -> None:
        """All that the filters let through, as CSV."""
        tenant, where = await self._asked()
        of_audit = services.browser_downloads.of_audit
        await fetch(
            self,
            f"/api/download/{await call(of_audit, actor().session, tenant, where)}",
        )

    async def _look(self) -> None:
        session = await self.get_state(SessionState)
        parts = {"tenant": session.tenant_slug if len(session.tenants) > 1 else "", **self.view}
        text = urlencode(
            {
                k: v
                for k, v in (parts | {"page": "" if self.number == 1 else str(self.number)}).items()
                if v
            }
        )
        await show_address(self, f"{AUDIT}?{text}" if text else AUDIT)
        await self._load()

    async def _load(self) -> None:
        find = services.audit.find
        try:
            tenant, where = await self._asked()
            self.number = capped(self.number, SIZE).number
            entries, self.total = await call(find, tenant, where, capped(self.number, SIZE))
            if not entries and self.total:  # the page is past the end
                self.number = -(-self.total // SIZE)
                entries, self.total = await call(find, tenant, where, capped(self.number, SIZE))
            self.rows, self.failed = [entry_item(entry) for entry in entries], ""
        except ExportsError as e:
            self.failed = error_sentence(e)
        self.loaded = True

    async def _asked(self) -> tuple[str | None, AuditFilter]:
        """The tenant, and the filter. Raises Invalid where a day is none."""
        session, view = await self.get_state(SessionState), self.view
        self.zone = place(session.timezone)
        since, until = _day(view["since"], "/since"), _day(view["until"], "/until")
        begin = _midnight(since, session.timezone) if since else None
        end = _midnight(until + timedelta(days=1), session.timezone) if until else None
        if begin and end and end <= begin:
            raise Invalid([FieldError("/until", "the last day must not be before the first")])
        of_installation = view["of"] == INSTALLATION
        return None if of_installation else session.tenant_id, AuditFilter(
            view["area"], begin, end, view["q"], of_installation
        )


def _fits(name: str, value: str) -> bool:
    known = {"area": ["", *AREAS], "of": ["", INSTALLATION]}
    return value in known[name] if name in known else len(value) <= LONGEST


def _day(text: str, pointer: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
        if (
            day is None or 1 < day.year < 9999
        ):  # where a day later, and another zone, are still a date
            return day
    except ValueError:
        pass
    raise Invalid([FieldError(pointer, "this is not a date: use the format 2026-01-31")])


def _midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time.min, cron.zone(timezone)).astimezone(UTC)
