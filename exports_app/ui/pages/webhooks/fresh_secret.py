"""A secret that was just made: shown once, until it was copied or the page is left."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.ui.framework.actions import action
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.session import of_tenant


@of_tenant
class FreshSecret(rx.State):
    secret: str = ""
    """Empty: none is shown."""
    name: str = ""
    """Of its webhook."""
    rotated: bool = False
    """Whether it takes the place of another one."""

    @internal
    def leave_tenant(self) -> None:
        self.reset()

    @internal
    def show(self, name: str, secret: str, *, rotated: bool) -> None:
        self.name, self.secret, self.rotated = name, secret, rotated

    @action(Permission.WRITE)
    async def forget(self) -> None:
        self.reset()
