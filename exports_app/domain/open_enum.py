"""Enumerations that a newer version of the app may have more values of.

Two versions work on one database during an upgrade. What the older one does not know it shows as
the stored text, and leaves alone.
"""

from enum import StrEnum
from typing import Any, Self, TypeVar

K = TypeVar("K")


class OpenEnum(StrEnum):
    @classmethod
    def of(cls, text: str) -> Self:
        """The member with this text; for any other text one that equals no member. For stored
        values alone: input is checked with the class itself, which raises ValueError."""
        known = cls._value2member_map_.get(text)
        if isinstance(known, cls):
            return known
        unknown = str.__new__(cls, text)
        unknown._name_ = unknown._value_ = str(text)
        return unknown

    @property
    def is_known(self) -> bool:
        return self._value_ in type(self)._value2member_map_

    def __reduce_ex__(self, _protocol: Any) -> tuple[Any, ...]:
        return type(self).of, (self._value_,)


class Words(dict[K, str]):
    """What people read for each member; of unknown ones, their text."""

    def __missing__(self, key: K) -> str:
        return str(key)
