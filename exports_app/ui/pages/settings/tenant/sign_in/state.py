"""What a tenant requires of its members when they sign in."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.services.core.records import Tenant
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.browser_commands import notify
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import SessionState


class TenantSignInState(rx.State):
    required: bool = False
    _of: str = ""
    """The tenant whose rule this is."""

    @action(Permission.MANAGE)
    async def require(self, required: bool) -> None:
        if not self._of or self._of != (await self.get_state(SessionState)).tenant_id:
            return
        values = {"second_factor_required": required is True}
        try:
            saved = await call(services.tenants.update, self._of, values)
        finally:  # a switch that was refused goes back
            self.required = self.required
        await self.show(saved)
        notice = (
            "Two-factor authentication is now required here"
            if self.required
            else "Two-factor authentication is no longer required here"
        )
        await notify(self, "success", notice)

    @internal
    async def show(self, tenant: Tenant) -> None:
        self.required, self._of = tenant.second_factor_required, tenant.id
