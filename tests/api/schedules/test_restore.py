"""Deleted scheduled exports over HTTP."""

from typing import Any

from tests.api.client import SCHEDULES
from tests.api.conftest import Clients
from tests.doubles import FakeClock
from tests.world import Cast

DELETED = f"{SCHEDULES}/deleted"


def test_a_deleted_one_is_listed_and_restored(
    api: Clients, cast: Cast, schedule: dict[str, Any], clock: FakeClock
) -> None:
    one = f"{SCHEDULES}/{schedule['id']}"
    of = {"tenantId": cast.acme.id}
    assert api.admin.get(DELETED, params=of).json()["items"] == []
    clock.advance(hours=1)
    assert api.admin.delete(one).status_code == 204
    assert api.admin.get(one).status_code == 404
    (item,) = api.admin.get(DELETED, params=of).json()["items"]
    assert item == {
        "id": schedule["id"],
        "tenantId": cast.acme.id,
        "name": schedule["name"],
        "isActive": True,
        "deletedAt": "2026-03-04T11:30:00Z",
        "deletedBy": cast.admin.user.id,
        "restorableUntil": "2026-04-03T11:30:00Z",
    }
    answer = api.admin.post(f"{one}/restore")
    assert answer.status_code == 200
    assert answer.json() == schedule | {"version": 3, "updatedAt": "2026-03-04T11:30:00Z"}
    assert api.admin.get(one).json() == answer.json()
    assert api.admin.post(f"{one}/restore").status_code == 409


def test_pages_of_deleted_ones_are_read_by_cursor(
    api: Clients, cast: Cast, schedule: dict[str, Any], clock: FakeClock
) -> None:
    body = {key: schedule[key] for key in ("name", "exportType", "format", "recipients")}
    body |= {"schedule": "0 9 * * 1", "tenantId": cast.acme.id}
    ids = [api.admin.post(SCHEDULES, body).json()["id"] for _ in range(3)]
    for schedule_id in ids:
        clock.advance(minutes=1)
        api.admin.delete(f"{SCHEDULES}/{schedule_id}")
    first = api.admin.get(DELETED, params={"tenantId": cast.acme.id, "size": 2}).json()
    more = {"tenantId": cast.acme.id, "size": 2, "cursor": first["nextCursor"]}
    rest = api.admin.get(DELETED, params=more).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert (first["total"], rest["nextCursor"]) == (3, None)


def test_only_its_own_writers_find_and_restore_it(
    api: Clients, cast: Cast, schedule: dict[str, Any]
) -> None:
    one = f"{SCHEDULES}/{schedule['id']}"
    api.admin.delete(one)
    for client, status in ((api.viewer, 403), (api.outsider, 404)):
        assert client.get(DELETED, params={"tenantId": cast.acme.id}).status_code == status
        assert client.post(f"{one}/restore").status_code == status
