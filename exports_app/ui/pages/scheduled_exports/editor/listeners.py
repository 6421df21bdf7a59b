"""Which webhooks get the events of the scheduled export in the form."""

import reflex as rx

from exports_app.ui.framework.actions import call
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import of_tenant


@of_tenant
class Listeners(rx.State):
    names: str = ""
    """With commas; empty: none."""

    @internal
    def leave_tenant(self) -> None:
        self.names = ""

    @internal
    async def follow(self, tenant_id: str, schedule_id: str) -> None:
        """schedule_id: empty for a new one, of which only those for all get the events."""
        found = [known.webhook for known in await call(services.webhooks.find, tenant_id)]
        self.names = ", ".join(
            one.name
            for one in found
            if one.is_active and (one.schedule_ids is None or schedule_id in one.schedule_ids)
        )
