"""Destinations as pages name them: for everyone who reads what they are used for."""

from collections.abc import Mapping
from dataclasses import dataclass

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.services.core.authorization import require
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import DestinationState

USERS = 5
"""Scheduled exports that are named of those that deliver to a destination."""


@dataclass(frozen=True)
class NamedDestination:
    """works: it is switched on and not paused."""

    id: str
    name: str
    channel: str
    works: bool


class DestinationNames:
    """Of a tenant's destinations. The methods raise NotFound and Forbidden."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def named(self, who: Principal, tenant_id: str) -> list[NamedDestination]:
        """By name. Nothing of their settings: a reader sees the names in runs, too."""
        require(who, Permission.READ, tenant_id)
        with self._store.read() as tx:
            found = tx.destinations.of_tenant(tenant_id, bounds.TENANT_DESTINATIONS)
        paused = DestinationState.PAUSED
        return [
            NamedDestination(one.id, one.name, one.channel, one.is_active and one.state != paused)
            for one in found
        ]

    def users(self, who: Principal, tenant_id: str) -> Mapping[str, list[str]]:
        """The names of the scheduled exports that deliver to each, by its id: up to `USERS`, and
        one more where there are more."""
        require(who, Permission.WRITE, tenant_id)
        with self._store.read() as tx:
            found = tx.destinations.of_tenant(tenant_id, bounds.TENANT_DESTINATIONS)
            return {one.id: tx.destinations.used_by(one.id, USERS + 1) for one in found}
