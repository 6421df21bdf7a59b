"""Tags and owners over HTTP."""

from tests.api.client import SCHEDULES, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.world import Cast


def test_are_written_read_and_filtered_by(api: Clients, cast: Cast) -> None:
    made = api.admin.post(SCHEDULES, schedule_body(tags=["Finance", "finance", "EU"])).json()
    api.admin.post(SCHEDULES, schedule_body(name="Other", tags=["Finance"]))
    assert made["tags"] == ["Finance", "EU"]
    path = f"{SCHEDULES}/{made['id']}"
    assert api.admin.put(path, {"description": "x"}).json()["tags"] == ["Finance", "EU"]
    both = api.viewer.get(SCHEDULES, params={"tag": ["FINANCE", "eu"]}).json()
    assert [item["id"] for item in both["items"]] == [made["id"]]
    assert api.viewer.get(SCHEDULES, params={"tag": "finance"}).json()["total"] == 2
    tags = api.viewer.get(f"/api/tenants/{cast.acme.id}/tags").json()
    assert tags == {"items": ["EU", "Finance"]}
    assert api.admin.put(path, {"tags": []}).json()["tags"] == []


def test_a_cursor_continues_the_same_filter_only(api: Clients) -> None:
    for _ in range(2):
        api.admin.post(SCHEDULES, schedule_body(tags=["a"]))
    first = api.viewer.get(SCHEDULES, params={"tag": "a", "size": 1}).json()
    more = {"size": 1, "cursor": first["nextCursor"]}
    following = api.viewer.get(SCHEDULES, params={"tag": "a", **more}).json()
    assert following["items"][0]["id"] != first["items"][0]["id"]
    assert pointers(api.viewer.get(SCHEDULES, params={"tag": "b", **more})) == ["/cursor"]


def test_bad_ones_are_refused(api: Clients) -> None:
    for tags, pointer in (
        ("Finance", "/tags"),
        (None, "/tags"),
        (["x" * 41], "/tags/0"),
        ([f"{i}" for i in range(11)], "/tags"),
    ):
        assert pointers(api.admin.post(SCHEDULES, schedule_body(tags=tags))) == [pointer]
    for params in ({"tag": "x" * 41}, {"tag": [f"{i}" for i in range(11)]}, {"tag": ""}):
        answer = api.viewer.get(SCHEDULES, params=params)
        assert pointers(answer)[0].startswith("/tag")
    assert pointers(api.viewer.get(SCHEDULES, params={"ownerId": "me"})) == ["/ownerId"]
    twice = api.viewer.get(SCHEDULES, params={"q": ["a", "b"], "tag": ["a", "b"]})
    assert pointers(twice) == ["/q"]


def test_another_owner_is_named_by_their_id(api: Clients, cast: Cast) -> None:
    made = api.super_admin.post(SCHEDULES, schedule_body(tenantId=cast.acme.id)).json()
    path, owner = f"{SCHEDULES}/{made['id']}/transfer", cast.admin.user.id
    problem(api.admin.post(path, {"ownerId": owner, "version": 7}), 409, "version_conflict")
    assert pointers(api.admin.post(path, {"ownerId": cast.viewer.user.id})) == ["/ownerId"]
    given = api.admin.post(path, {"ownerId": owner, "version": 1}).json()
    assert (given["ownerId"], given["version"]) == (owner, 2)
    of_owner = api.viewer.get(SCHEDULES, params={"ownerId": owner}).json()
    assert [item["id"] for item in of_owner["items"]] == [made["id"]]
