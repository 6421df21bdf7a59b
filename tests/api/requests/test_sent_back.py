"""GET, edit, PUT: an answer can be sent back, with the changes in it."""

from typing import Any

import pytest

from tests.api.client import CAMPAIGNS, SCHEDULES, pointers
from tests.api.conftest import Clients
from tests.doubles import FakeClock

PATHS = {
    "ScheduleChange": SCHEDULES + "/{schedule_id}",
    "CampaignChange": CAMPAIGNS + "/{campaign_id}",
    "TenantChange": "/api/tenants/{tenant_id}",
    "ViewChange": "/api/tenants/{tenant_id}/views/{view_id}",
}
FIXED = {
    "ScheduleChange": ["id", "tenantId", "createdBy", "ownerId", "createdAt"],
    "CampaignChange": ["id", "tenantId"],
    "TenantChange": ["id", "slug"],
    "ViewChange": ["id", "tenantId", "makerId", "createdAt"],
}
kinds = pytest.mark.parametrize("kind", PATHS)


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
