"""The store of destinations."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from exports_app.services.core.records import Destination


class DestinationStore(Protocol):
    def get(self, destination_id: str, *, lock: bool = False) -> Destination | None:
        """One that is not deleted. lock: until the transaction ends."""

    def of_ids(self, ids: Collection[str]) -> list[Destination]:
        """Also deleted ones, in no order."""

    def of_tenant(self, tenant_id: str, limit: int) -> list[Destination]:
        """By name."""

    def used_by(self, destination_id: str, limit: int) -> list[str]:
        """The names of scheduled exports that deliver there, and are not deleted."""

    def add(self, destination: Destination) -> None: ...
    def update(self, destination_id: str, version: int, values: Mapping[str, Any]) -> bool:
        """False where it has another version by now, or is deleted."""

    def note_state(self, destination_id: str, values: Mapping[str, Any]) -> None:
        """Of a delivery: the version stays."""

    def secrets(self, after: str, limit: int) -> Sequence[tuple[str, str]]:
        """Ids and encrypted secrets of those with an id greater than `after`, by id."""

    def replace_secrets(self, destination_id: str, old: str, new: str) -> bool:
        """False where they have been changed meanwhile."""
