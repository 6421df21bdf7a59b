"""What a tenant's pages hear of."""

from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page
from exports_app.wiring import Services
from tests.world import (
    Cast,
)

ADDRESS, BROWSER = "192.0.2.1", "b" * 43
NEW = "a brand new password"


def told(services: Services, cast: Cast) -> list[Action]:
    found, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(), Page(size=200))
    return [one.action for one in found if not one.action.startswith("schedule.")]
