"""PATCH: JSON Merge Patch (RFC 7396) on everything that takes PUT."""

import json
from typing import Any

import pytest

from tests.api.client import CAMPAIGNS, SCHEDULES, pointers, problem
from tests.api.conftest import Clients
from tests.api.routes import CASES, SUPER_ADMINS, call

VIEW = "/api/tenants/{tenant_id}/views/{view_id}"
TYPES = ("application/json", "application/merge-patch+json")
ALL = {case.path for case in CASES + SUPER_ADMINS if case.method == "PUT"}


@pytest.fixture
def path(schedule: dict[str, Any]) -> str:
    return f"{SCHEDULES}/{schedule['id']}"


@pytest.fixture
def settled(api: Clients, path: str, schedule: dict[str, Any]) -> dict[str, Any]:
    """The scheduled export with values for what null can remove."""
    values: dict[str, Any] = {
        "description": "For the board",
        "replyTo": "ann@example.com",
        "tags": ["weekly"],
        "linkDays": 3,
        "isActive": False,
        "filters": {"startDate": "2026-01-01", "endDate": "2026-01-31", "groupBy": None},
    }
    answer = api.admin.put(path, values)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_null_removes_a_value_or_sets_that_of_a_new_one(
    api: Clients, path: str, schedule: dict[str, Any], settled: dict[str, Any]
) -> None:
    names = ("description", "replyTo", "tags", "linkDays", "isActive", "filters")
    answer = api.admin.patch(path, dict.fromkeys(names))
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in names} == {name: schedule[name] for name in names}
    assert {name: settled[name] for name in names} != {name: schedule[name] for name in names}


def test_what_a_new_one_needs_cannot_be_removed(api: Clients, path: str) -> None:
    needed = ("name", "exportType", "format", "schedule", "timezone")
    assert pointers(api.admin.patch(path, dict.fromkeys(needed))) == [f"/{n}" for n in needed]
    for alone in ("id", "recipients"):  # somebody has to get the file
        assert pointers(api.admin.patch(path, {alone: None})) == [f"/{alone}"]


def test_filters_are_merged_and_lists_replaced(
    api: Clients, path: str, settled: dict[str, Any]
) -> None:
    answer = api.admin.patch(path, {"filters": {"endDate": "2026-02-28"}, "tags": ["daily"]})
    assert answer.json()["filters"] == {"startDate": "2026-01-01", "endDate": "2026-02-28"}
    assert answer.json()["tags"] == ["daily"]
    dates = {"startDate": None, "endDate": None}
    answer = api.admin.patch(path, {"filters": {**dates, "period": "yesterday"}})
    assert answer.json()["filters"] == {"period": "yesterday"}
    wrong = api.admin.patch(path, {"filters": {"startDate": "2026-01-01"}})
    assert pointers(wrong) == ["/filters/period"]


def test_put_replaces_filters(api: Clients, path: str, settled: dict[str, Any]) -> None:
    answer = api.admin.put(path, {"filters": {"startDate": "2026-01-05"}})
    assert answer.json()["filters"] == {"startDate": "2026-01-05"}


def test_filters_of_views_are_merged(api: Clients, ids: dict[str, str]) -> None:
    path = VIEW.format(**ids)
    api.admin.patch(path, {"filters": {"tags": ["weekly"], "q": "numbers"}})
    answer = api.admin.patch(path, {"filters": {"state": None, "q": None}, "isShared": None})
    filters = {key: value for key, value in answer.json()["filters"].items() if value}
    assert (filters, answer.json()["isShared"]) == ({"tags": ["weekly"]}, False)
    filters = api.admin.patch(path, {"filters": None}).json()["filters"]
    assert not any(filters.values())


def test_campaigns_and_tenants_have_defaults_too(api: Clients, ids: dict[str, str]) -> None:
    campaign, tenant = f"{CAMPAIGNS}/{ids['campaign_id']}", f"/api/tenants/{ids['tenant_id']}"
    api.admin.put(campaign, {"channel": "search", "status": "paused", "budget": 5})
    answer = api.admin.patch(campaign, dict.fromkeys(("channel", "status", "budget")))
    assert [answer.json()[n] for n in ("channel", "status", "budget")] == ["other", "active", None]
    api.admin.put(tenant, {"recipientDomains": ["example.com"], "brandColor": "#ff0000"})
    answer = api.admin.patch(tenant, dict.fromkeys(("recipientDomains", "brandColor")))
    assert answer.json()["recipientDomains"] == []
    assert answer.json()["brandColor"] != "#ff0000"
    assert pointers(api.admin.patch(tenant, {"name": None})) == ["/name"]


@pytest.mark.parametrize("of", sorted(ALL))
def test_everything_that_takes_put_takes_patch(api: Clients, ids: dict[str, str], of: str) -> None:
    client, path = api.super_admin, of.format(**ids)
    cases = [c for c in CASES + SUPER_ADMINS if (c.method, c.path) == ("PATCH", of)]
    changed = call(client, cases[0], ids)
    assert changed.status_code == 200, changed.text
    before = client.get(path).json()
    assert client.patch(path, {}).json() == before
    options = client.request("OPTIONS", path)
    assert "PATCH" in options.headers["allow"]
    assert options.headers["accept-patch"] == ", ".join(TYPES)


def test_only_json_and_merge_patches_are_taken(api: Clients, path: str) -> None:
    content = json.dumps({"name": "One"}).encode()
    for kind in TYPES:
        answer = api.admin.request("PATCH", path, content=content, headers={"Content-Type": kind})
        assert answer.json()["name"] == "One"
    headers = {"Content-Type": "application/json-patch+json"}
    answer = api.admin.request("PATCH", path, content=content, headers=headers)
    problem(answer, 415, "unsupported_media_type")
    assert answer.headers["accept-patch"] == ", ".join(TYPES)


def test_the_document_shows_both_kinds_and_what_may_be_null(api: Clients) -> None:
    document = api.anonymous.get("/api/openapi.json").json()
    body = document["paths"][SCHEDULES + "/{schedule_id}"]["patch"]["requestBody"]["content"]
    assert tuple(body) == TYPES
    fields = document["components"]["schemas"]["SchedulePatch"]["properties"]
    assert fields["tags"]["type"] == ["array", "null"]
    assert fields["linkDays"] == {
        **document["components"]["schemas"]["ScheduleChange"]["properties"]["linkDays"],
        "type": ["integer", "null"],
    }
    assert fields["name"]["type"] == "string"


def test_a_change_of_a_version_is_as_with_put(api: Clients, path: str) -> None:
    assert api.admin.patch(path, {"name": "One"}).json()["version"] == 2
    problem(api.admin.patch(path, {"name": "Two"}, headers={"If-Match": '"1"'}), 412)
    problem(api.admin.patch(path, {"name": "Two", "version": 1}), 409)
