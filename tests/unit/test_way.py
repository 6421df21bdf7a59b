"""The ladder: what an attachment takes in a message, and whether it fits."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.domain.runs.delivery_mode import DeliveryMode, encoded, fits


@given(st.binary(max_size=400))
def test_what_an_attachment_takes_is_what_base64_makes_of_it(content: bytes) -> None:
    assert encoded(len(content)) == len(base64.encodebytes(content).replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("size", "limit", "ok"),
    [(0, 0, True), (57, 78, True), (57, 77, False), (58, 84, True), (58, 83, False)],
)
def test_a_file_fits_by_what_travels(size: int, limit: int, ok: bool) -> None:
    assert fits(size, limit) is ok


def test_the_ways_are_what_callers_write() -> None:
    assert list(DeliveryMode) == ["auto", "attach", "zip", "link"]
