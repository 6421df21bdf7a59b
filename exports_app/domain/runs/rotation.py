"""Whose turn it is where several tenants want the same few places: round-robin, so that a thousand
of one hold up no other."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


class Rotation:
    """Remembers in which order tenants had their turns. Not thread-safe."""

    def __init__(self) -> None:
        self._turns: dict[str, int] = {}
        self._count = 0

    def first(self, waiting: Iterable[T], tenant_of: Callable[[T], str]) -> T:
        """The one whose tenant had its last turn the longest ago, or never; of equals the first.
        ValueError where none waits."""
        return min(waiting, key=lambda candidate: self._turns.get(tenant_of(candidate), 0))

    def had(self, tenant_id: str) -> None:
        """It had its turn."""
        self._count += 1
        self._turns[tenant_id] = self._count
