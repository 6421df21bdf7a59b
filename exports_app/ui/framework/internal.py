"""Methods by which States and the framework talk to each other.

Reflex registers each public function in the body of a State as an event handler, which any
websocket client may call. `@internal` puts a descriptor in its place, which Reflex does not
register: the method has no event name, so that no client can call it, whatever the Guard decides.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any, TypeVar, cast

M = TypeVar("M", bound=Callable[..., Any])


class _Internal:
    """Not callable by itself, and so no event handler; on an instance it is the bound method."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, state: Any, kind: type[Any] | None = None) -> Any:
        return self._method if state is None else MethodType(self._method, state)


def internal(method: M) -> M:
    """Marks a public method of a State that is called by other States only."""
    return cast(M, _Internal(method))
