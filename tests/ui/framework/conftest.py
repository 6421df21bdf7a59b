"""A tab behind the guard."""

import pytest

from exports_app import plugins, wiring
from tests.ui.conftest import Tab
from tests.ui.framework.guarded import Guarded


@pytest.fixture(autouse=True)
def pages() -> None:
    """All of them, before a tab gets its states."""
    wiring.load_plugins()
    plugins.load("exports_app.ui.pages")


@pytest.fixture
def guarded(tab: Tab) -> Guarded:
    return Guarded(tab)
