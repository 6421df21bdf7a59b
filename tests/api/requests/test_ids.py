"""IDs are found whatever the case of their letters."""

from typing import Any

from tests.api.client import SCHEDULES, schedule_body
from tests.api.conftest import Clients
from tests.world import Cast


def test_in_paths(api: Clients, schedule: dict[str, Any]) -> None:
    path = f"{SCHEDULES}/{schedule['id']}/history"
    assert api.admin.get(path).status_code == 200
    shouted = f"{SCHEDULES}/{schedule['id'].upper()}/history"
    assert api.admin.get(shouted).json() == api.admin.get(path).json()


def test_in_bodies_and_queries(api: Clients, cast: Cast, campaign: dict[str, Any]) -> None:
    body = schedule_body(
        tenantId=cast.acme.id.upper(), filters={"campaignIds": [campaign["id"].upper()]}
    )
    made = api.admin.post(SCHEDULES, body).json()
    assert made["tenantId"] == cast.acme.id
    assert made["filters"]["campaignIds"] == [campaign["id"]]
    listed = api.admin.get(SCHEDULES, params={"ownerId": made["ownerId"].upper()}).json()
    assert [each["id"] for each in listed["items"]] == [made["id"]]


def test_of_an_owner_in_a_view(api: Clients, cast: Cast) -> None:
    path = f"/api/tenants/{cast.acme.id}/views"
    body = {"name": "Mine", "filters": {"owner": cast.admin.user.id.upper()}}
    assert api.admin.post(path, body).json()["filters"]["owner"] == cast.admin.user.id
