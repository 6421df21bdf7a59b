"""What the OpenAPI document says of changes whose fields may be left out: a generated client must
not fill them in."""

from typing import Any

import pytest

from tests.api.conftest import Clients

CHANGES = {
    "CampaignChange",
    "DestinationChange",
    "QuotasChange",
    "ScheduleChange",
    "TenantChange",
    "ViewChange",
    "WebhookChange",
}
PATCHES = {
    f"{of}Patch"
    for of in (
        "Campaign",
        "Destination",
        "Role",
        "Schedule",
        "Tenant",
        "User",
        "View",
        "Webhook",
    )
}


@pytest.fixture
def schemas(api: Clients) -> dict[str, Any]:
    """Of the bodies that change something that exists, by name."""
    document = api.anonymous.get("/api/openapi.json").json()
    names = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in {"put", "patch"} and "requestBody" in operation
    }
    return {name: document["components"]["schemas"][name] for name in names}


def test_a_field_that_may_be_left_out_of_a_change_has_no_default(schemas: dict[str, Any]) -> None:
    shown = {
        f"{name}.{field}": described["default"]
        for name, schema in schemas.items()
        for field, described in schema["properties"].items()
        if "default" in described
    }
    assert shown == {}


def test_all_changes_of_which_fields_may_be_left_out_are_looked_at(schemas: dict[str, Any]) -> None:
    partial = {
        name
        for name, schema in schemas.items()
        if set(schema["properties"]) - set(schema.get("required", []))
    }
    assert partial == CHANGES | PATCHES
