"""Saved views over HTTP."""

from tests.api.client import pointers, problem
from tests.api.conftest import Clients
from tests.world import Cast

FILTERS = {"q": "weekly", "state": "failing", "tags": ["EU"], "owner": "me", "sort": "-lastRunAt"}
EMPTY = {"q": "", "state": "", "exportType": "", "format": "", "lastStatus": "", "tags": []}
EMPTY |= {"owner": "", "sort": ""}


def test_are_made_read_changed_and_removed(api: Clients, cast: Cast) -> None:
    base = f"/api/tenants/{cast.acme.id}/views"
    answer = api.viewer.post(base, {"name": "Mine", "filters": FILTERS})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{base}/{made['id']}"
    assert {key: made[key] for key in ("name", "filters", "lost", "isShared", "version")} == {
        "name": "Mine",
        "filters": EMPTY | FILTERS,
        "lost": [],
        "isShared": False,
        "version": 1,
    }
    assert api.viewer.get(f"{base}/{made['id']}").json() == made
    assert api.viewer.get(base).json() == {"items": [made]}
    assert api.admin.get(base).json() == {"items": []}
    problem(api.admin.get(f"{base}/{made['id']}"), 404)
    changed = api.viewer.put(f"{base}/{made['id']}", {"filters": {"state": "paused"}, "version": 1})
    assert changed.json()["filters"] == EMPTY | {"state": "paused"}
    assert api.viewer.delete(f"{base}/{made['id']}").status_code == 204
    assert api.viewer.get(base).json() == {"items": []}


def test_what_may_not_be_is_refused(api: Clients, cast: Cast) -> None:
    base = f"/api/tenants/{cast.acme.id}/views"
    problem(api.viewer.post(base, {"name": "x", "isShared": True}), 403, "forbidden")
    ours = api.admin.post(base, {"name": "Ours", "isShared": True}).json()
    taken = problem(api.admin.post(base, {"name": "ours"}), 409, "name_taken")
    assert taken["errors"] == [{"pointer": "/name", "detail": taken["detail"]}]
    problem(api.viewer.delete(f"{base}/{ours['id']}"), 403)
    stale = {"name": "x", "version": 9}
    problem(api.admin.put(f"{base}/{ours['id']}", stale), 409)
    for body, pointer in (
        ({"name": "x", "filters": {"state": "x"}}, "/filters/state"),
        ({"name": "x", "filters": {"unknown": "x"}}, "/filters/unknown"),
        ({"name": "x" * 81}, "/name"),
        ({"filters": {}}, "/name"),
    ):
        assert pointers(api.admin.post(base, body)) == [pointer]
