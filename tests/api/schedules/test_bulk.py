"""`POST /api/scheduled-exports/bulk`: many at once, each with its own result."""

from typing import Any

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Role
from exports_app.services.core.records import Membership, Schedule
from exports_app.wiring import Services
from tests.api.access.wait import Wait
from tests.api.client import ABSENT, SCHEDULES, Api, pointers, problem
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme
from tests.world import Cast, make_schedule, runs_of

BULK = f"{SCHEDULES}/bulk"


@pytest.fixture
def three(services: Services, cast: Cast) -> list[Schedule]:
    return [make_schedule(services, cast.admin.who, name=name) for name in ("a", "b", "c")]


def done(client: Api, **body: Any) -> dict[str, Any]:
    answer = client.post(BULK, body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def of(client: Api, schedule: Schedule) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{SCHEDULES}/{schedule.id}").json()
    return found


def test_each_has_its_result(
    api: Clients, services: Services, cast: Cast, three: list[Schedule]
) -> None:
    foreign = make_schedule(services, cast.outsider.who)
    ids = [three[0].id, ABSENT, foreign.id, three[1].id, three[0].id]
    result = done(api.admin, action="pause", ids=ids)
    assert (result["done"], result["failed"]) == (2, 2)
    by_id = {item["id"]: item for item in result["items"]}
    assert by_id[three[0].id] == {
        "id": three[0].id,
        "status": "done",
        "code": None,
        "detail": None,
    }
    assert by_id[ABSENT]["code"] == by_id[foreign.id]["code"] == "not_found"
    assert by_id[ABSENT]["detail"] == by_id[foreign.id]["detail"]
    assert [of(api.admin, each)["isActive"] for each in three] == [False, False, True]
    assert done(api.admin, action="activate", ids=ids)["done"] == 2
    assert of(api.admin, three[0])["isActive"]


def test_tags_owners_and_deletion(api: Clients, cast: Cast, three: list[Schedule]) -> None:
    ids = [each.id for each in three]
    done(api.admin, action="tag", ids=ids, addTags=["x", "y"])
    assert done(api.admin, action="tag", ids=ids[:1], removeTags=["X"])["done"] == 1
    assert [of(api.admin, each)["tags"] for each in three] == [["y"], ["x", "y"], ["x", "y"]]
    given = done(api.super_admin, action="transfer", ids=ids, ownerId=cast.super_admin.user.id)
    assert given["done"] == 3
    assert of(api.admin, three[2])["ownerId"] == cast.super_admin.user.id
    refused = api.admin.post(BULK, {"action": "transfer", "ids": ids, "ownerId": ABSENT})
    assert refused.status_code == 422 or refused.json()["failed"] == 3
    assert done(api.admin, action="delete", ids=ids)["done"] == 3
    problem(api.admin.get(f"{SCHEDULES}/{ids[0]}"), 404)
    assert done(api.admin, action="restore", ids=ids[:2])["done"] == 2
    assert of(api.admin, three[0])["name"] == "a"


def test_runs(api: Clients, services: Services, three: list[Schedule]) -> None:
    ids = [each.id for each in three[:2]]
    assert done(api.admin, action="run", ids=ids, sendTo="nobody")["done"] == 2
    assert [run.recipients for run in runs_of(services, three[0])] == [[]]


def test_by_a_filter(api: Clients, services: Services, cast: Cast, three: list[Schedule]) -> None:
    make_schedule(services, cast.outsider.who, name="b")
    within = {"tenantId": cast.acme.id}
    assert done(api.super_admin, action="pause", filter=within | {"q": "b"})["done"] == 1
    paused = done(api.admin, action="activate", filter=within | {"isActive": False})
    assert [item["id"] for item in paused["items"]] == [three[1].id]
    problem(api.outsider.post(BULK, {"action": "pause", "filter": within}), 404)
    wrong = within | {"exportType": "nothing"}
    answer = api.admin.post(BULK, {"action": "pause", "filter": wrong})
    assert pointers(answer) == ["/filter/exportType"]


def test_a_filter_that_matches_too_many_changes_none(
    api: Clients,
    services: Services,
    cast: Cast,
    three: list[Schedule],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "BULK", 2)
    answer = api.admin.post(BULK, {"action": "delete", "filter": {"tenantId": cast.acme.id}})
    assert pointers(answer) == ["/filter"]
    assert "3" in answer.text
    assert of(api.admin, three[0])["isActive"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"action": "explode", "ids": []}, ["/action"]),
        ({"action": "pause"}, ["/ids"]),
        ({"action": "pause", "ids": [], "filter": {"tenantId": ABSENT}}, ["/ids"]),
        ({"action": "pause", "ids": ["x"]}, ["/ids/0"]),
        ({"action": "pause", "ids": [ABSENT] * 1001}, ["/ids"]),
        ({"action": "pause", "filter": {}}, ["/filter/tenantId"]),
        ({"action": "pause", "ids": [], "sendTo": "me"}, ["/sendTo"]),
        ({"action": "restore", "filter": {"tenantId": ABSENT}}, ["/filter"]),
        ({"action": "tag", "ids": []}, ["/addTags"]),
        ({"action": "transfer", "ids": []}, ["/ownerId"]),
    ],
)
def test_what_does_not_belong_together_is_refused(
    api: Clients, body: dict[str, Any], wrong: list[str]
) -> None:
    assert pointers(api.admin.post(BULK, body)) == wrong


def test_a_thousand_ids_are_taken(api: Clients) -> None:
    ids = [f"00000000-0000-4000-8000-{i:012x}" for i in range(bounds.BULK)]
    assert done(api.admin, action="pause", ids=ids)["failed"] == bounds.BULK


def test_a_key_for_chosen_schedules_changes_these_alone(
    api: Clients, services: Services, cast: Cast, three: list[Schedule]
) -> None:
    chosen = three[0].id
    key = of_acme(services, api, cast, "exports.read", "exports.write", schedule_ids=[chosen])
    result = done(key, action="pause", ids=[each.id for each in three])
    assert [item["id"] for item in result["items"] if item["status"] == "done"] == [chosen]
    assert {item["code"] for item in result["items"][1:]} == {"not_found"}


def test_who_loses_their_rights_meanwhile_changes_nothing(
    api: Clients, services: Services, cast: Cast, three: list[Schedule], wait: Wait
) -> None:
    def demote() -> None:
        with services.store.write() as tx:
            tx.users.join(Membership(cast.admin.user.id, cast.acme.id, Role.VIEWER))

    wait.use(demote)
    result = done(api.admin, action="pause", ids=[each.id for each in three])
    assert wait.over
    assert {item["code"] for item in result["items"]} == {"forbidden"}
    assert [of(api.viewer, each)["isActive"] for each in three] == [True] * 3
