"""The ladder: what an attachment takes in a message, and whether it fits."""

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.runs.delivery_mode import DeliveryMode, encoded
from exports_app.services.core.extension_points import Report, Sender
from exports_app.services.delivery.channels import attaches


@given(st.binary(max_size=400))
def test_what_an_attachment_takes_is_what_base64_makes_of_it(content: bytes) -> None:
    assert encoded(len(content)) == len(base64.encodebytes(content).replace(b"\n", b"\r\n"))


@pytest.mark.parametrize(
    ("size", "limit", "ok"),
    [(0, 0, True), (57, 78, True), (57, 77, False), (58, 84, True), (58, 83, False)],
)
def test_a_file_fits_by_what_travels(size: int, limit: int, ok: bool) -> None:
    assert attaches(EmailChannel(SmtpSettings()), size, limit) is ok


def test_a_channel_that_names_no_limit_takes_a_file_of_any_size() -> None:
    class Folder:
        key, label = "folder", "Folder"

        def unconfigured(self) -> None:
            return None

        def open(self, report: Report, check: Callable[[], None]) -> AbstractContextManager[Sender]:
            raise AssertionError(report, check)

    assert attaches(Folder(), 10**12, 1)


def test_the_ways_are_what_callers_write() -> None:
    assert list(DeliveryMode) == ["auto", "attach", "zip", "link"]
