"""The store of feeds, and of when something was used last."""

from datetime import datetime
from typing import Protocol

from exports_app.services.core.records import Feed


class Uses(Protocol):
    def used(self, of: str, at: datetime, address: str) -> None:
        """of: the id of what was used. Nothing where a later use is known."""


class FeedStore(Uses, Protocol):
    def get(self, feed_id: str) -> Feed | None: ...
    def by_hash(self, token_hash: str) -> Feed | None: ...
    def of_user(self, user_id: str) -> list[Feed]:
        """The newest first."""

    def add(self, feed: Feed) -> None: ...
    def remove(self, feed_id: str) -> bool:
        """False where it was removed already."""

    def remove_all(self, user_id: str) -> list[Feed]:
        """Returns those that it removed."""
