"""Where the webhooks are, and the addresses that open something there."""

from collections.abc import Mapping
from urllib.parse import urlencode

from exports_app.domain import bounds
from exports_app.services.core.records import WebhookStatus
from exports_app.services.events.kinds import EventType

ROUTE = "/webhooks"
NONE = {"status": "", "event": ""}
"""The filters of the deliveries."""


def webhook_in(path: str) -> str:
    """The id of the webhook that this path shows alone; empty where it is the list of all."""
    parts = path.rstrip("/").split("/")
    return parts[2] if len(parts) == 3 and f"/{parts[1]}" == ROUTE else ""


def address_of(webhook_id: str, parts: Mapping[str, str]) -> str:
    """With these parameters; empty ones are left out."""
    text = urlencode({k: v for k, v in parts.items() if v})
    return f"{ROUTE}/{webhook_id}" + (f"?{text}" if text else "")


def fits(name: str, value: str) -> bool:
    known = {"status": [*map(str, WebhookStatus)], "event": [*map(str, EventType)]}
    return name in known and value in {"", *known[name]}


def filters_in(asked: Mapping[str, str]) -> dict[str, str]:
    """Of an address's parameters; what they name wrongly is left out."""
    return NONE | {k: asked[k] for k in NONE if k in asked and fits(k, asked[k])}


def number_in(asked: Mapping[str, str]) -> int:
    """Of the page."""
    text = asked.get("page", "")
    known = text.isascii() and text.isdecimal() and len(text) <= bounds.PAGE_DIGITS
    return max(1, int(text)) if known else 1
