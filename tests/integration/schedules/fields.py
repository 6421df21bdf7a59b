"""Dates of schedules, and the fields that are refused."""

from datetime import UTC, datetime

import pytest

from exports_app.domain.errors import Invalid

MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
"""The next Monday, nine in the morning in Berlin."""


def pointers(e: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [one.pointer for one in e.value.errors]
