"""When open pages look again although nothing changed."""

import pytest

from exports_app.ui.framework.live import until_half_hour


@pytest.mark.parametrize(
    ("now", "wanted"),
    [(0.0, 1800.1), (1.0, 1799.1), (1799.0, 1.1), (1800.0, 1800.1), (5399.95, 0.15)],
)
def test_just_after_the_next_half_hour(now: float, wanted: float) -> None:
    assert until_half_hour(now) == pytest.approx(wanted, abs=0.001)
