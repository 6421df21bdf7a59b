"""The store of saved views."""

from collections.abc import Mapping
from typing import Any, Protocol

from exports_app.services.core.records import SavedView


class ViewStore(Protocol):
    def get(self, view_id: str, *, lock: bool = False) -> SavedView | None:
        """lock: until the transaction ends."""

    def of_maker(self, tenant_id: str, user_id: str) -> list[SavedView]:
        """By name, the shared ones too."""

    def shared(self, tenant_id: str) -> list[SavedView]:
        """By name."""

    def add(self, view: SavedView) -> None: ...
    def update(self, view_id: str, version: int, values: Mapping[str, Any]) -> bool:
        """False when the view has another version by now."""

    def remove(self, view_id: str) -> None: ...
