from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Page, Webhook, WebhookDelivery
from exports_app.services.events.kinds import CHOICES
from exports_app.services.webhooks.rules import WebhookDraft
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.receiver import Receiver, receiver

Make = Callable[..., tuple[Webhook, str]]


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


@pytest.fixture
def make(services: Services, admin: Principal, listener: Receiver) -> Make:
    """A webhook of the admin, and its secret. path: of the receiver."""

    def made(path: str = "/", who: Principal = admin, **changes: Any) -> tuple[Webhook, str]:
        values: dict[str, Any] = {
            "name": f"To {path}",
            "url": listener.url + path,
            "events": [str(kind) for kind in CHOICES],
        }
        draft = WebhookDraft(**(values | changes))
        known, secret = services.webhooks.create(who, None, draft)
        return known.webhook, secret

    return made


def send_all(services: Services) -> int:
    """Send what is due, until nothing is. Returns the number of attempts."""
    attempts = 0
    while due := services.webhook_sending.due((), ()):
        for one in due:
            attempts += services.webhook_sending.send_due(one.webhook_id)
    return attempts


def deliveries(services: Services, who: Principal, webhook: Webhook) -> list[WebhookDelivery]:
    """The oldest first."""
    found, total = services.webhook_deliveries.page(who, webhook.id, Page(size=200))
    assert total == len(found)
    return found[::-1]


def now_of(services: Services, who: Principal, webhook: Webhook) -> Webhook:
    return services.webhooks.get(who, webhook.id).webhook
