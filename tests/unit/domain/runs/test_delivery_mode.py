"""The ladder: what an attachment takes in a message, and whether it fits."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from exports_app.channels._email_packaging import encoded
from exports_app.domain.runs.delivery_mode import DeliveryMode


@given(st.binary(max_size=400))
def test_what_an_attachment_takes_is_what_base64_makes_of_it(content: bytes) -> None:
    assert encoded(len(content)) == len(base64.encodebytes(content).replace(b"\n", b"\r\n"))


def test_the_ways_are_what_callers_write() -> None:
    assert list(DeliveryMode) == ["auto", "attach", "zip", "link"]
