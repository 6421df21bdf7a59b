"""A tenant's limits, and what it has used of them."""

from exports_app.wiring import Services
from tests.world import (
    Cast,
)

ANN, BOB = "ann@example.com", "bob@example.com"


def give(services: Services, cast: Cast, **limits: int | None) -> None:
    """Quotas of its own to Acme."""
    services.quotas.change(cast.super_admin.who, cast.acme.id, limits)


def used(services: Services, cast: Cast, name: str) -> int:
    quotas = services.quotas.find(cast.admin.who, cast.acme.id)
    return next(quota.used for quota in quotas if quota.name == name)
