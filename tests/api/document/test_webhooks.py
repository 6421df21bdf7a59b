"""The section ``webhooks`` of the document: as what is sent."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from exports_app.services.events.kinds import EventType
from exports_app.services.webhooks import signing
from tests.api.conftest import Clients
from tests.api.requests.test_operations import mistakes


@pytest.fixture
def document(api: Clients) -> dict[str, Any]:
    found: dict[str, Any] = api.anonymous.get("/api/openapi.json").json()
    return found


def test_each_event_is_described_with_an_example(document: dict[str, Any]) -> None:
    assert document["webhooks"].keys() == {str(kind) for kind in EventType}
    for kind, item in document["webhooks"].items():
        media = item["post"]["requestBody"]["content"]["application/json"]
        assert media["example"]["type"] == kind
        assert mistakes(document, media["schema"], media["example"]) == []
        assert mistakes(document, media["schema"], media["example"] | {"type": "other"})
        data = {n: v for n, v in media["example"]["data"].items() if n != "tenant"}
        assert mistakes(document, media["schema"], media["example"] | {"data": data})


def test_headers_are_those_that_are_sent(document: dict[str, Any]) -> None:
    keys = [signing.new_secret(), signing.new_secret()]
    for sent in (keys[:1], keys):
        headers = signing.headers(sent, "msg_" + "0" * 32, datetime.now(UTC), b"{}")
        for item in document["webhooks"].values():
            described = {one["name"]: one["schema"] for one in item["post"]["parameters"]}
            assert described.keys() == headers.keys()
            for name, schema in described.items():
                assert re.search(schema["pattern"], headers[name])


def test_names_of_operations_are_of_one_only(document: dict[str, Any]) -> None:
    names = [
        operation["operationId"]
        for section in ("paths", "webhooks")
        for item in document[section].values()
        for operation in item.values()
    ]
    assert len(names) == len(set(names))
