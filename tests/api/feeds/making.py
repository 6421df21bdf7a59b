"""Feeds to read."""

from typing import Any
from urllib.parse import urlsplit

from tests.api.client import Api

FEEDS = "/api/account/feeds"


def made(api: Api, **changes: Any) -> dict[str, Any]:
    answer = api.post(FEEDS, {"name": "Mine"} | changes)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{FEEDS}/{body['id']}"
    return body


def path_of(url: str) -> str:
    return urlsplit(url).path
