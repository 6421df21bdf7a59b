"""Some fields of a value, for changes that leave the others as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Partial:
    """values: the fields to change, by name. The service puts them into what is stored when it
    writes, so that no other change is lost."""

    values: Mapping[str, Any]

    def of(self, old: T) -> T:
        """old: an instance of a dataclass."""
        changed: T = replace(old, **self.values)  # type: ignore[type-var]
        return changed
