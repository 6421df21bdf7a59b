"""Registries of plugins: export types, formats, delivery channels."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from exports_app import plugins
from exports_app.domain.errors import RunError


class Keyed(Protocol):
    key: str


T = TypeVar("T", bound=Keyed)
Make = TypeVar("Make", bound=Callable[[], Any])


class Registry(Generic[T]):
    """Plugins by key, in the order of their registration (modules load in name order)."""

    def __init__(self, what: str, package: str) -> None:
        """what: the word for a plugin in errors. package: the package of their modules."""
        self._what = what
        self._package = package
        self._items = dict[str, T]()

    def add(self, item: T) -> T:
        """Register. Raises ValueError for a second type with the same key."""
        registered = self._items.setdefault(item.key, item)
        if type(registered) is not type(item):
            raise ValueError(f"two {self._what}s are called {item.key!r}")
        return item

    def decorate(self, make: Make) -> Make:
        """As a class decorator: registers one instance of the class."""
        self.add(make())
        return make

    def __getitem__(self, key: str) -> T:
        return self._items[key]

    def get(self, key: str) -> T | None:
        return self._items.get(key)

    def require(self, key: str) -> T:
        """Raises RunError where it is not installed."""
        if key not in self._items:
            raise RunError(self.absence(key), code="plugin_missing")
        return self._items[key]

    def absence(self, key: str) -> str:
        """An error text: it is not installed, and possible reasons."""
        reasons = "; ".join(map(str, plugins.left_out(self._package)))
        return f"the {self._what} {key} is not installed" + (f" ({reasons})" if reasons else "")

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._items.values()))

    def keys(self) -> list[str]:
        return list(self._items)
