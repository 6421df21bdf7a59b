"""Who uses this tab: signing in and out, the tenant that the pages show, and what the header says
about both."""

from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import reflex as rx
from reflex.state import BaseState

from exports_app.domain.access import OF_INSTALLATION, Permission, Principal, Role, permissions_of
from exports_app.domain.errors import ExportsError, NotFound
from exports_app.domain.open_enum import Words
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.records import Tenant
from exports_app.services.identity.authentication import TenantRole
from exports_app.services.identity.sessions import HOME
from exports_app.ui.framework import brand_colors
from exports_app.ui.framework.actions import action, actor, signed_in
from exports_app.ui.framework.browser_commands import go, parameters
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.threads import in_thread
from exports_app.ui.framework.vars import put

SETTINGS = "/settings"
"""The page where users change their password."""
DESTINATIONS = f"{SETTINGS}/destinations"
ROLES = Words({Role.SUPER_ADMIN: "Super admin", Role.ADMIN: "Admin", Role.VIEWER: "Viewer"})

OF_TENANT: list[type[Any]] = []
"""States of `of_tenant`."""
Holding = TypeVar("Holding")


def of_tenant(state: type[Holding]) -> type[Holding]:
    """Decorates a State that holds a question, or something typed, about what belongs to a tenant.
    It has ``leave_tenant()``, an internal method; see `close_questions`."""
    OF_TENANT.append(state)
    return state


async def close_questions(state: BaseState) -> None:
    """When the tab shows another tenant or page: what was asked in the first must not be answered
    in the second."""
    for holding in OF_TENANT:
        (await state.get_state(holding)).leave_tenant()


@dataclass
class TenantChoice:
    id: str
    slug: str
    name: str


def query(state: BaseState) -> dict[str, str]:
    """The address's parameters, the last of each name."""
    return parameters(str(state.router_data.get("asPath", "")))


def path(state: BaseState) -> str:
    """The path that the page was loaded by (Reflex's own pathname is the route's pattern). Later
    changes of the address bar show only in `query`."""
    return urlsplit(str(state.router_data.get("asPath", ""))).path


def header(state: BaseState, name: str) -> str:
    """A header of the websocket's handshake; the empty text when it is absent. Lower-case name."""
    return str(state.router_data.get("headers", {}).get(name, ""))


class SessionState(rx.State):
    """tenant_id is chosen among the user's own tenants only; every service checks it again."""

    ready: bool = False
    """Someone is signed in and the fields below are theirs."""
    name: str = ""
    email: str = ""
    role: str = ""
    initials: str = ""
    tenants: list[TenantChoice] = []  # noqa: RUF012 (Reflex copies defaults)
    tenant_id: str = ""
    tenant_slug: str = ""
    tenant_name: str = ""
    timezone: str = "UTC"
    """The tenant's, else the installation's."""
    colors: dict[str, str] = {}  # noqa: RUF012
    may: list[str] = []  # noqa: RUF012
    """Permissions in the tenant."""
    is_demo: bool = False
    maintenance: bool = False
    maintenance_reason: str = ""
    """Both as the engine saw it last. Kept by the Guard."""
    failed: str = ""
    """Why the user could not be loaded."""
    _owner: str = ""
    """Whose data this tab's states hold: a user id. Kept by the Guard."""
    _rights: list[str] = []  # noqa: RUF012
    """What they could do at its latest event. Kept by the Guard."""
    _path: str = ""
    """That the page was loaded by."""

    @internal
    def is_of(self, user_id: str) -> bool:
        """Whether this tab's states hold the data of this user."""
        return self._owner == user_id

    @internal
    def set_owner(self, user_id: str) -> None:
        self._owner = user_id

    @internal
    def rights(self) -> list[str]:
        """What its user could do at the tab's latest event."""
        return self._rights

    @internal
    def set_rights(self, rights: list[str], who: Principal) -> None:
        """They changed; controls that were absent appear with the first event afterwards."""
        self._rights = rights
        if self.ready and (role := who.role(self.tenant_id)) is not None:
            put(
                self,
                role=ROLES[role],
                may=[str(p) for p in Permission if p in permissions_of(role)],
            )

    @action()
    async def enter(self) -> None:
        """When a page loads: who is here, and for which tenant."""
        await self._enter()

    @action(public=True)
    async def enter_if_signed_in(self) -> None:
        """As `enter`, on a page that others see too."""
        if signed_in():
            await self._enter()

    async def _enter(self) -> None:
        caller = actor()
        if self._path not in {"", path(self)}:  # otherwise the tab was only disconnected
            await close_questions(self)
        self._path = path(self)
        try:
            user, tenants = await in_thread(services.auth.me, caller.who)
        except ExportsError as e:
            self.failed = e.message
            return
        self.failed = ""
        self.name, self.email = user.name, user.email
        self.initials = "".join(part[0] for part in user.name.split()[:2]).upper()
        self.tenants = [TenantChoice(t.tenant.id, t.tenant.slug, t.tenant.name) for t in tenants]
        self.is_demo = services.settings.is_demo
        withheld = await in_thread(services.auth.withheld, caller.who)
        wanted = {query(self).get("tenant", ""), self.tenant_id, caller.tenant_id or ""}
        shut_out = caller.who.must_enrol or any(
            not tenants or not wanted.isdisjoint({t.id, t.slug}) for t in withheld
        )
        if (user.must_change_password or shut_out) and path(self).rstrip("/") != SETTINGS:
            await go(self, SETTINGS)
        if tenants:
            await self._show(
                _pick(
                    tenants, query(self).get("tenant", ""), self.tenant_id, caller.tenant_id or ""
                )
            )
        else:
            self.may = []
            self.role = "No tenant yet"
            self.tenant_id = ""
        if caller.who.is_super_admin:
            self.may = [*self.may, *map(str, OF_INSTALLATION)]
        self.ready = True

    async def _show(self, chosen: TenantRole) -> None:
        if self.tenant_id not in {"", chosen.tenant.id}:
            await close_questions(self)
        self.tenant_id, self.tenant_slug = chosen.tenant.id, chosen.tenant.slug
        self.role, self.may = ROLES[chosen.role], [str(p) for p in chosen.permissions]
        self.show_changed(chosen.tenant)

    @internal
    def show_changed(self, tenant: Tenant) -> None:
        """The tenant was given another name or other looks, here."""
        put(
            self,
            tenant_name=tenant.name,
            colors=brand_colors.scale(tenant.brand_color),
            timezone=tenant.timezone or services.settings.tz,
            tenants=[
                TenantChoice(t.id, t.slug, tenant.name) if t.id == tenant.id else t
                for t in self.tenants
            ],
        )

    @action()
    async def switch(self, tenant_id: str) -> None:
        """Show another tenant. The page is loaded anew, at its beginning."""
        caller = actor()
        _, tenants = await in_thread(services.auth.me, caller.who)
        chosen = next((t for t in tenants if t.tenant.id == tenant_id), None)
        if chosen is None:
            raise NotFound
        await in_thread(services.sessions.choose, caller.session, caller.who, chosen.tenant.id)
        await self._show(chosen)
        page = path(self).rstrip("/")
        if is_uuid(page.rpartition("/")[2]):  # what it shows is of the tenant before
            page = page.rpartition("/")[0]
        page = HOME if page.startswith(HOME) else page or HOME
        await go(self, f"{page}?tenant={chosen.tenant.slug}")

    @action()
    async def logout(self) -> None:
        await in_thread(services.sessions.end, actor().session)
        await go(self, "/api/session/end")


def _pick(tenants: list[TenantRole], slug: str, current: str, last: str) -> TenantRole:
    """The tenant that the address names, else the tab's, else the session's last, else the first
    one they may write in, else the first one they may read."""
    for wanted in (slug, current, last):
        for tenant_role in tenants:
            if wanted and wanted in {tenant_role.tenant.slug, tenant_role.tenant.id}:
                return tenant_role
    for permission in (Permission.WRITE, Permission.READ):
        for tenant_role in tenants:
            if permission in tenant_role.permissions:
                return tenant_role
    return tenants[0]


def may(permission: Permission) -> rx.Var[bool]:
    """Whether the user has it in the tenant that the page shows. For what a page leaves out: the
    services decide."""
    held: Any = SessionState.may
    return cast(rx.Var[bool], held.contains(str(permission)))
