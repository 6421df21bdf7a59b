"""An empty text is null where a field may be null."""

from typing import Any

import pytest

from tests.api.client import SCHEDULES, pointers, schedule_body
from tests.api.conftest import Clients
from tests.world import Cast


@pytest.mark.parametrize("text", ["", " \t\u00a0"])
def test_of_a_scheduled_export(api: Clients, text: str) -> None:
    empty = {"description": text, "replyTo": text}
    made = api.admin.post(SCHEDULES, schedule_body(**empty, timezone=text)).json()
    assert (made["description"], made["replyTo"]) == (None, None)
    assert made == api.admin.get(f"{SCHEDULES}/{made['id']}").json()
    path = f"{SCHEDULES}/{made['id']}"
    api.admin.put(path, {"description": "Numbers", "replyTo": "ann@example.com"})
    cleared = api.admin.put(path, empty).json()
    assert (cleared["description"], cleared["replyTo"]) == (None, None)


def test_of_a_tenant(api: Clients, cast: Cast) -> None:
    path = f"/api/tenants/{cast.acme.id}"
    chosen = {"logoUrl": "https://example.com/logo.png", "timezone": "Europe/Berlin"}
    assert chosen.items() <= api.admin.put(path, chosen).json().items()
    cleared = api.admin.put(path, {"logoUrl": "", "timezone": ""}).json()
    assert (cleared["logoUrl"], cleared["timezone"]) == (None, None)


def test_it_stays_wrong_where_a_field_may_not_be_null(
    api: Clients, schedule: dict[str, Any]
) -> None:
    for name in ("name", "timezone", "schedule", "format"):
        answer = api.admin.put(f"{SCHEDULES}/{schedule['id']}", {name: ""})
        assert pointers(answer) == [f"/{name}"]
