"""GET, edit, PUT: an answer can be sent back, with the changes in it."""

from typing import Any

import pytest

from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, SCHEDULES, pointers
from tests.api.conftest import Clients
from tests.api.routes import CASES, SUPER_ADMINS
from tests.doubles import FakeClock
from tests.world import Cast

PATHS = {
    "ScheduleChange": SCHEDULES + "/{schedule_id}",
    "CampaignChange": CAMPAIGNS + "/{campaign_id}",
    "TenantChange": "/api/tenants/{tenant_id}",
    "DestinationChange": "/api/destinations/{destination_id}",
    "ViewChange": "/api/tenants/{tenant_id}/views/{view_id}",
    "WebhookChange": "/api/webhooks/{webhook_id}",
}
FIXED = {
    "ScheduleChange": ["id", "tenantId", "createdBy", "ownerId", "createdAt"],
    "CampaignChange": ["id", "tenantId"],
    "TenantChange": ["id", "slug"],
    "DestinationChange": ["id", "tenantId", "channel", "createdBy", "createdAt"],
    "ViewChange": ["id", "tenantId", "makerId", "createdAt"],
    "WebhookChange": ["id", "tenantId", "createdBy", "createdAt"],
}
READ_ONLY = {
    "/api/users/{user_id}": [
        *("id", "email", "name", "isSuperAdmin"),
        *("secondFactorAt", "mustChangePassword", "tenants"),
    ],
    "/api/tenants/{tenant_id}/members/{user_id}": ["id", "email", "name", "isActive"],
}
kinds = pytest.mark.parametrize("kind", PATHS)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_sent_back_as_it_is_changes_nothing(
    api: Clients, ids: dict[str, str], method: str
) -> None:
    paths = [case.path for case in CASES + SUPER_ADMINS if case.method == method]
    paths = [path for path in paths if "key_id" not in path]  # only their name can be sent
    assert len(paths) >= 7
    entries = _entries(api)
    for path in (path.format(**ids) for path in paths):
        before = api.super_admin.get(path).json()
        answer = api.super_admin.request(method, path, json=before)
        assert (answer.status_code, answer.json()) == (200, before), path
        assert api.super_admin.get(path).json() == before
    assert _entries(api) == entries


def _entries(api: Clients) -> int:
    total: int = api.super_admin.get("/api/audit").json()["total"]
    return total


@pytest.mark.parametrize("of", READ_ONLY)
def test_what_is_changed_elsewhere_is_refused(api: Clients, ids: dict[str, str], of: str) -> None:
    path = of.format(**ids)
    before = api.super_admin.get(path).json()
    wrong = before | dict.fromkeys(READ_ONLY[of], "other")
    assert pointers(api.super_admin.put(path, wrong)) == [f"/{name}" for name in READ_ONLY[of]]


def test_values_of_an_older_rule_may_be_sent_back(
    api: Clients, schedule: dict[str, Any], services: Services, cast: Cast
) -> None:
    """They are not checked again: a change of another field is made."""
    with services.store.write() as tx:
        tx.schedules.change(schedule["id"], {"recipients": ["ann@elsewhere.example"]})
    domains = {"recipientDomains": ["example.com"]}
    assert api.admin.put(f"/api/tenants/{cast.acme.id}", domains).status_code == 200
    path = f"{SCHEDULES}/{schedule['id']}"
    before = api.admin.get(path).json()
    answer = api.admin.put(path, before | {"name": "Renamed"})
    assert answer.json()["name"] == "Renamed"
    refused = api.admin.put(path, before | {"recipients": ["ben@elsewhere.example"]})
    assert pointers(refused) == ["/recipients/0"]


def test_filters_that_no_longer_exist_stay_in_a_view(
    api: Clients, services: Services, ids: dict[str, str]
) -> None:
    path = PATHS["ViewChange"].format(**ids)
    with services.store.write() as tx:
        view = tx.views.get(ids["view_id"])
        assert view is not None
        old = {**view.filters, "exportType": "removed"}
        tx.views.update(view.id, view.version, {"filters": old, "version": view.version})
    before = api.admin.get(path).json()
    assert before["lost"]
    assert api.admin.put(path, before).json() == before


class TestQuotas:
    @pytest.fixture
    def path(self, cast: Cast) -> str:
        return f"/api/tenants/{cast.acme.id}/quotas"

    def test_own_limits_are_edited_in_the_answer(self, api: Clients, path: str) -> None:
        sent = api.super_admin.get(path).json()
        for item, own in zip(sent["items"], (7, None, 9, None), strict=True):
            item["own"] = own
        answer = api.super_admin.put(path, sent).json()
        assert [item["own"] for item in answer["items"]] == [7, None, 9, None]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"items": [{"name": "schedules", "own": 1}] * 2}, "/items/1/name"),
            ({"items": [{"name": "schedules", "own": 1}], "schedules": 2}, "/items/0/name"),
            ({"items": [{"name": "other", "own": 1}]}, "/items/0/name"),
            ({"items": [{"name": "schedules", "own": 10**9}]}, "/items/0/own"),
        ],
    )
    def test_each_is_sent_once_and_within_its_bounds(
        self, api: Clients, path: str, body: dict[str, Any], pointer: str
    ) -> None:
        assert pointers(api.super_admin.put(path, body)) == [pointer]


@kinds
def test_a_whole_answer_is_taken_with_a_change_in_it(
    api: Clients, ids: dict[str, str], clock: FakeClock, kind: str
) -> None:
    path = PATHS[kind].format(**ids)
    clock.advance(hours=1)
    before = api.admin.get(path).json()
    answer = api.admin.put(path, before | {"name": "Renamed"})
    assert answer.status_code == 200, answer.text
    expected = before | {"name": "Renamed"}
    changed = {key for key, value in answer.json().items() if value != expected[key]}
    assert changed <= {"version", "updatedAt"}


@kinds
def test_what_cannot_be_changed_is_refused_with_another_value(
    api: Clients, ids: dict[str, str], kind: str
) -> None:
    path = PATHS[kind].format(**ids)
    before = api.admin.get(path).json()
    for value in ("other", None, 5, ["x"]):
        wrong = dict.fromkeys(FIXED[kind], value)
        assert pointers(api.admin.put(path, before | wrong)) == [f"/{f}" for f in FIXED[kind]]
    assert api.admin.get(path).json() == before


def test_ids_and_instants_may_be_written_in_another_way(
    api: Clients, schedule: dict[str, Any]
) -> None:
    path = f"{SCHEDULES}/{schedule['id']}"
    at = schedule["createdAt"].replace("Z", "+00:00")
    same = {"id": schedule["id"].upper(), "createdAt": at}
    assert api.admin.put(path, same).json() == schedule


def test_what_the_app_found_out_is_passed_over(api: Clients, schedule: dict[str, Any]) -> None:
    path = f"{SCHEDULES}/{schedule['id']}"
    stale = {"lastRunAt": "2020-01-01T00:00:00Z", "failures": 7, "nextRunAt": None, "failing": 1}
    assert api.admin.put(path, stale).json() == schedule


@kinds
def test_the_document_shows_only_what_a_change_sets(api: Clients, kind: str) -> None:
    schemas = api.anonymous.get("/api/openapi.json").json()["components"]["schemas"]
    assert not set(schemas[kind]["properties"]) & {*FIXED[kind], "updatedAt", "lastRunAt", "lost"}
