"""Round-robin between tenants, so that a tenant with a thousand runs does not delay the others."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


class Rotation:
    """Remembers in which order tenants had their turns. Not thread-safe."""

    def __init__(self) -> None:
        self._turns: dict[str, int] = {}
        self._count = 0

    def first(self, waiting: Iterable[T], tenant_of: Callable[[T], str]) -> T:
        """The item whose tenant has waited longest for a turn; the first of equal ones. Raises
        ValueError where nothing waits."""
        return min(waiting, key=lambda candidate: self._turns.get(tenant_of(candidate), 0))

    def had(self, tenant_id: str) -> None:
        """Note a turn of the tenant."""
        self._count += 1
        self._turns[tenant_id] = self._count
