"""The tags and the owners that the list can be narrowed to."""

from dataclasses import dataclass

import reflex as rx

from exports_app.ui.framework.actions import read_of_tenant
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.vars import put


@dataclass
class Owner:
    id: str
    name: str


class Choices(rx.State):
    tags: list[str] = []  # noqa: RUF012 (Reflex copies defaults)
    owners: list[Owner] = []  # noqa: RUF012

    @rx.var
    def owner_ids(self) -> list[str]:
        return [owner.id for owner in self.owners]

    @internal
    async def load(self, tenant_id: str) -> None:
        found = await read_of_tenant(services.list_choices.read, tenant_id)
        owners = [Owner(user_id, name) for user_id, name in found.owners.items()]
        put(self, tags=found.tags, owners=owners)
