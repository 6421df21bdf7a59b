"""Webhooks that send to a receiver of the tests' own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from exports_app.settings import Settings
from exports_app.ui.pages.webhooks.state import WebhooksPage
from tests.doubles import FakeClock
from tests.receiver import Receiver, receiver
from tests.ui.conftest import Tab


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"allowed_networks": (ip_network("127.0.0.0/8"),)})


@pytest.fixture
def clock() -> FakeClock:
    """The library that verifies compares the timestamp with the machine's clock."""
    return FakeClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def listener() -> Iterator[Receiver]:
    with receiver() as started:
        yield started


async def arrive(tab: Tab, address: str = "/webhooks") -> None:
    tab.root.router_data = {"asPath": address, "pathname": address.split("?", maxsplit=1)[0]}
    await tab.do(WebhooksPage.arrive)
    await tab.do(WebhooksPage.refresh)
