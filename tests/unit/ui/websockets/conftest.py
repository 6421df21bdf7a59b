"""The logs of what the websockets refuse."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from exports_app.ui.websockets.incident_log import incidents


@pytest.fixture(autouse=True)
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    monkeypatch.setattr(incidents, "_noted", OrderedDict())
    with structlog.testing.capture_logs() as entries:
        yield entries
