"""The scheduled export whose YAML is shown."""

import reflex as rx

from exports_app.domain.access import Permission
from exports_app.services.schedules.definitions import yaml_text
from exports_app.ui.framework.actions import action, call
from exports_app.ui.framework.internal import internal
from exports_app.ui.framework.services import services
from exports_app.ui.framework.session import of_tenant


@of_tenant
class YamlState(rx.State):
    is_open: bool = False
    name: str = ""
    text: str = ""

    @action(Permission.READ)
    async def show(self, schedule_id: str) -> None:
        """As a definition with this scheduled export alone, which can be applied as it is."""
        definition = await call(services.definitions.export_one, str(schedule_id))
        comments = yaml_text.comments(services.settings.base_url)
        self.name = definition["schedules"][0]["name"]
        self.text, self.is_open = yaml_text.write(definition, comments), True

    @action(Permission.READ)
    async def close(self) -> None:
        # The text stays in the dialog while that disappears
        self.is_open = False

    @internal
    def leave_tenant(self) -> None:
        self.reset()
