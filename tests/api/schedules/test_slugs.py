"""Slugs of scheduled exports over HTTP."""

from tests.api.client import SCHEDULES, pointers, schedule_body
from tests.api.conftest import Clients


def test_a_slug_comes_in_and_out_and_finds_the_one(api: Clients) -> None:
    first = api.admin.post(SCHEDULES, schedule_body(name="Weekly numbers")).json()
    second = api.admin.post(SCHEDULES, schedule_body(slug="mine")).json()
    assert (first["slug"], second["slug"]) == ("weekly-numbers", "mine")
    found = api.admin.get(SCHEDULES, params={"slug": "mine"}).json()
    assert [one["id"] for one in found["items"]] == [second["id"]]
    assert api.admin.get(SCHEDULES, params={"slug": "none"}).json()["items"] == []
    taken = api.admin.put(f"{SCHEDULES}/{first['id']}", {"slug": "mine"})
    assert (taken.status_code, pointers(taken)) == (422, ["/slug"])
    changed = api.admin.put(f"{SCHEDULES}/{first['id']}", {"slug": "ours"})
    assert changed.json()["slug"] == "ours"
    assert api.admin.post(SCHEDULES, schedule_body(slug="No Slug")).status_code == 422
