"""Data to export, and a mail server that puts recipients off."""

from collections.abc import Iterator

import pytest

from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Campaign
from tests.doubles import WatchedEmail
from tests.integration.runs.retries.attempts import BOB, BUSY
from tests.mailserver import MailServer, mail_server
from tests.world import registered


@pytest.fixture(autouse=True)
def data(campaigns: dict[str, Campaign]) -> None:
    assert campaigns


@pytest.fixture
def moody() -> Iterator[MailServer]:
    """A mail server that puts Bob off."""
    with mail_server(refuse={BOB: BUSY}) as server, registered(CHANNELS, WatchedEmail(server)):
        yield server
