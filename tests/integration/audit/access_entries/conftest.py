"""Repeated entries that are written at once."""

import pytest

from tests.world import (
    PASSWORD,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def right(given: str, hashed: str | None) -> bool:
        return hashed is not None and given == PASSWORD

    monkeypatch.setattr("exports_app.services.identity.passwords.matches", right)
