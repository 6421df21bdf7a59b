"""Northwind's destinations and webhooks, and what became of the last messages."""

import json
from datetime import datetime, timedelta
from typing import Any

from exports_app.services.campaigns.demo_data import fixed_id
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import (
    Destination,
    DestinationState,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookMessage,
    WebhookStatus,
)
from exports_app.services.destinations.secrets import DestinationSecrets
from exports_app.services.events import examples
from exports_app.services.events.kinds import EventType
from exports_app.wiring import Services, foundation
from tools.screenshots import cast

BUCKET, SFTP, CHAT = (fixed_id("destination", name) for name in ("lake", "partner", "chat"))
WAREHOUSE, INCIDENTS = (fixed_id("webhook", name) for name in ("warehouse", "incidents"))
RUN_EVENTS = [EventType.RUN_COMPLETED, EventType.RUN_PARTIAL, EventType.RUN_FAILED]
HOST_KEY = "SHA256:q1Gm0vBSXqgTzGvA4vVbKz5hQk2bq8yJ5a0T4oJkR9c"
REFUSED = "the account may not write to /in on sftp.fabrikam.example"
HEAD = "HTTP/1.1 {}\ncontent-type: application/json\ncontent-length: 17"


DELIVERED = {
    BUCKET: ("bucket", "Data lake", "s3://northwind-lake/daily-warehouse-feed.csv"),
    SFTP: ("sftp", "Fabrikam", "/in/partner-drop.xml"),
    CHAT: ("slack", "#reporting", "https://northwind.slack.example/archives/C0123456789"),
}
"""Channel, name and place, by the destination's id."""


def add_destinations(tx: Transaction, services: Services, now: datetime) -> None:
    secrets = DestinationSecrets(foundation.secrets(services.settings).encryption)
    name = "{schedule}/{schedule}_{tick:%Y-%m-%d}.{format}"
    lake = {"bucket": "northwind-lake", "region": "eu-central-1", "keyId": "AKIAEXAMPLE"}
    partner = {"host": "sftp.fabrikam.example", "user": "northwind", "hostKey": HOST_KEY}
    chat = {"channel": "C0123456789"}
    since = now - timedelta(hours=3)
    failing = {"state": DestinationState.FAILING, "reason": REFUSED, "failing_since": since}
    for identity, channel, title, config, hidden, more in (
        (BUCKET, "bucket", "Data lake", lake | {"name": name}, {"secretKey": "-"}, {}),
        (SFTP, "sftp", "Fabrikam", partner | {"folder": "/in"}, {"password": "-"}, failing),
        (CHAT, "slack", "#reporting", chat, {"token": "xoxb-1-a"}, {}),
    ):
        values: dict[str, Any] = {"state": DestinationState.OK, **more}
        created, used = now - timedelta(days=20), now - timedelta(hours=5)
        tx.destinations.add(
            Destination(
                *(identity, cast.NORTHWIND.id, channel, title, config, secrets.sealed(hidden)),
                is_active=True,
                created_by=cast.ADMIN.id,
                created_at=created,
                updated_at=created,
                last_used_at=used,
                **values,
            )
        )


def add_webhooks(tx: Transaction, now: datetime) -> None:
    """With messages that are sent, or wait for long: the server of the pictures sends nothing."""
    created, since = now - timedelta(days=12), now - timedelta(hours=2)
    for identity, name, host, failing in (
        (WAREHOUSE, "Data warehouse", "hooks.northwind.example", None),
        (INCIDENTS, "Incidents", "alerts.fabrikam.example", since),
    ):
        tx.webhooks.add(
            Webhook(
                *(identity, cast.NORTHWIND.id, name, f"https://{host}/exports"),
                [str(kind) for kind in (RUN_EVENTS if failing is None else RUN_EVENTS[2:])],
                schedule_ids=None,
                secret="",
                is_active=True,
                created_by=cast.ADMIN.id,
                created_at=created,
                updated_at=created,
                failing_since=failing,
                last_attempt_at=now - timedelta(minutes=31),
                last_success_at=None if failing else now - timedelta(minutes=31),
            )
        )
    for hours, kind, webhook in (
        (30, EventType.RUN_COMPLETED, WAREHOUSE),
        (9, EventType.RUN_PARTIAL, WAREHOUSE),
        (2, EventType.RUN_FAILED, WAREHOUSE),
        (2, EventType.RUN_FAILED, INCIDENTS),
    ):
        _add_message(tx, kind, webhook, now - timedelta(hours=hours), now)


def _data(kind: EventType) -> dict[str, Any]:
    """Of the example in the documents, as it is stored: with paths in place of addresses."""
    text = json.dumps(examples.of(kind)["data"]).replace(examples.BASE_URL, "")
    data: dict[str, Any] = json.loads(text)
    data["tenant"] = {
        "id": cast.NORTHWIND.id,
        "slug": cast.NORTHWIND.slug,
        "name": cast.NORTHWIND.name,
    }
    return data


def _add_message(
    tx: Transaction, kind: EventType, webhook: str, at: datetime, now: datetime
) -> None:
    key = fixed_id("message", webhook, kind)
    tenant = cast.NORTHWIND.id
    message = WebhookMessage(f"msg_{key.replace('-', '')}", tenant, kind, None, _data(kind), at)
    works = webhook == WAREHOUSE
    status, answer = (204, None) if works else (503, "the server answered 503")
    delivery = WebhookDelivery(
        *(fixed_id(key, "delivery"), message.id, webhook, tenant, kind),
        WebhookStatus.DELIVERED if works else WebhookStatus.PENDING,
        created_at=at,
        attempts=1,
        next_attempt_at=None if works else now + cast.LONG,
        response_status=status,
        error=answer,
        ended_at=at if works else None,
    )
    tx.webhook_deliveries.add([message], [delivery])
    tx.webhook_deliveries.note(
        WebhookAttempt(
            *(fixed_id(key, "attempt"), delivery.id, 1, at, 84, status),
            HEAD.format(status),
            "" if works else '{"status":"down"}',
            answer,
        )
    )
