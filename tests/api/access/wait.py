"""What happens between a call's first look at its caller and its transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from exports_app.services.core.interfaces import Transaction
from exports_app.wiring import Services


class Wait:
    """What happens while the next writing transaction waits to begin."""

    def __init__(self, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
        self.over = False
        self._services, self._monkeypatch = services, monkeypatch

    def use(self, meanwhile: Callable[[], None]) -> None:
        begin = self._services.store.write

        @contextmanager
        def write() -> Iterator[Transaction]:
            if not self.over:
                self.over = True
                meanwhile()
            with begin() as tx:
                yield tx

        self._monkeypatch.setattr(self._services.store, "write", write)
