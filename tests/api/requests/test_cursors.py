"""Going through the lists by their cursors."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from exports_app.db import models
from exports_app.db.repositories import table
from exports_app.domain.search_words import folded
from exports_app.services.core.records import Tenant, new_id
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, SCHEDULES, Api, pointers, schedule_body
from tests.api.conftest import Clients
from tests.doubles import FakeClock
from tests.world import Cast, make_campaigns, make_schedule, sql, trigger_and_execute


def copies(services: Services, model: Any, changes: list[dict[str, Any]]) -> None:
    """Rows like the first one of the table, with these values."""
    of = table(model)
    with services.database.write() as connection:
        row = connection.execute(select(of).limit(1)).mappings().one()
        connection.execute(insert(of), [{**row, "id": new_id(), **each} for each in changes])


def walk(client: Api, path: str, **params: Any) -> list[str]:
    """The ids of all pages, each behind the cursor of the one before."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(path, params=params | cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        ids += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            return ids
        cursor = {"cursor": page["nextCursor"]}


def by_number(client: Api, path: str, **params: Any) -> list[str]:
    answer = client.get(path, params=params | {"size": 200})
    return [item["id"] for item in answer.json()["items"]]


@pytest.fixture
def schedules(services: Services, cast: Cast) -> list[str]:
    """With equal names and instants, and some without an instant."""
    made = make_schedule(services, cast.admin.who, name="a")
    names = ["a", "b", "a", "Ä", "b", "c", "a"]
    changes: list[dict[str, Any]] = [
        {"name": name, "slug": None, "last_run_at": made.created_at if i % 2 else None}
        for i, name in enumerate(names)
    ]
    changes += [{"tenant_id": cast.globex.id, "name": name, "slug": None} for name in ("a", "z")]
    copies(services, models.ScheduleRow, changes)
    return names


@pytest.mark.parametrize("sort", ["name", "createdAt", "nextRunAt", "lastRunAt"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_schedules_come_once_each_in_the_order_of_the_pages(
    api: Clients, schedules: list[str], sort: str, sign: str
) -> None:
    for client in (api.viewer, api.super_admin):
        all_of_them = by_number(client, SCHEDULES, sort=f"{sign}{sort}")
        assert len(set(all_of_them)) == len(schedules) + (1 if client is api.viewer else 3)
        for size in (1, 2, 3, 8):
            assert walk(client, SCHEDULES, sort=f"{sign}{sort}", size=size) == all_of_them


@pytest.mark.parametrize("sort", ["owner", "-owner"])
def test_schedules_by_their_owners_names(
    api: Clients, services: Services, cast: Cast, schedules: list[str], sort: str
) -> None:
    make_schedule(services, cast.super_admin.who, cast.acme.id, name="b")
    names = {cast.admin.who.user_id: "Émile", cast.super_admin.who.user_id: "Fay"}
    for user, name in names.items():
        sql(services, "UPDATE users SET name = ? WHERE id = ?", name, user)
    acme = {"tenantId": cast.acme.id, "sort": sort}
    items = api.viewer.get(SCHEDULES, params=acme | {"size": 200}).json()["items"]
    shown = [(folded(names[item["ownerId"]]), item["name"], item["id"]) for item in items]
    assert len(shown) == len(schedules) + 2
    assert shown == sorted(shown, reverse=sort.startswith("-"))
    for size in (1, 3, 9):
        assert walk(api.viewer, SCHEDULES, **acme, size=size) == [one[2] for one in shown]


def test_the_order_by_owner_is_of_one_tenant(api: Clients, schedules: list[str]) -> None:
    answer = api.super_admin.get(SCHEDULES, params={"sort": "owner"})
    assert (answer.status_code, pointers(answer)) == (422, ["/sort"])


@pytest.mark.parametrize("sort", ["name", "-budget", "startDate"])
def test_campaigns(api: Clients, services: Services, cast: Cast, sort: str) -> None:
    make_campaigns(services, cast)
    expected = by_number(api.viewer, CAMPAIGNS, sort=sort)
    assert len(expected) == 4
    assert walk(api.viewer, CAMPAIGNS, sort=sort, size=2) == expected


def test_users_and_members(api: Clients, services: Services, cast: Cast, acme: Tenant) -> None:
    users = [{"email": f"{i}@example.com", "name": "Same"} for i in range(5)]
    copies(services, models.UserRow, users)
    assert len(by_number(api.super_admin, "/api/users")) == 9
    assert walk(api.super_admin, "/api/users", size=2) == by_number(api.super_admin, "/api/users")
    path = f"/api/tenants/{acme.id}/members"
    assert walk(api.admin, path, size=1) == [i["id"] for i in api.admin.get(path).json()["items"]]


def test_members_are_found_by_parts_of_name_and_address(
    api: Clients, services: Services, cast: Cast, acme: Tenant
) -> None:
    path = f"/api/tenants/{acme.id}/members"
    everyone = api.admin.get(path).json()
    assert everyone["total"] == len(everyone["items"]) == 2
    assert everyone["nextCursor"] is None
    first = everyone["items"][0]
    for q in (first["email"][:5].upper(), first["name"][:3]):
        found = api.admin.get(path, params={"q": q}).json()
        assert first["id"] in {item["id"] for item in found["items"]}
        assert found["total"] == len(found["items"])
    assert api.admin.get(path, params={"q": "nobody at all"}).json()["items"] == []
    second = api.admin.get(path, params={"page": 2, "size": 1}).json()
    assert [item["id"] for item in second["items"]] == [everyone["items"][1]["id"]]
    assert (second["total"], second["page"], second["size"]) == (2, 2, 1)
    outsider = cast.outsider.user.name
    assert api.admin.get(path, params={"q": outsider}).json()["total"] == 0
    cursor = api.admin.get(path, params={"size": 1}).json()["nextCursor"]
    other = api.admin.get(path, params={"q": "x", "cursor": cursor})
    assert (other.status_code, pointers(other)) == (422, ["/cursor"])


def test_the_audit_goes_on_where_it_was_while_entries_are_added(
    api: Clients, services: Services, cast: Cast, clock: FakeClock
) -> None:
    for i in range(5):
        make_schedule(services, cast.admin.who, name=f"No. {i}")
    expected = by_number(api.admin, "/api/audit")
    first = api.admin.get("/api/audit", params={"size": 2}).json()
    clock.advance(seconds=1)
    make_schedule(services, cast.admin.who, name="meanwhile")
    rest = walk(api.admin, "/api/audit", size=2, cursor=first["nextCursor"])
    assert [item["id"] for item in first["items"]] + rest == expected


def test_the_history_is_read_to_its_end(api: Clients, services: Services, cast: Cast) -> None:
    schedule = make_schedule(services, cast.admin.who)
    trigger_and_execute(services, cast.admin.who, schedule)
    copies(services, models.RunRow, [{"trigger": "manual"} for _ in range(600)])
    path = f"{SCHEDULES}/{schedule.id}/history"
    found = walk(api.viewer, path, limit=250)
    assert (len(found), len(set(found))) == (601, 601)
    assert api.viewer.get(path).json()["total"] == 601


class TestWrongCursors:
    @pytest.fixture
    def cursor(self, api: Clients, schedules: list[str]) -> str:
        answer = api.viewer.get(SCHEDULES, params={"size": 2, "sort": "name"}).json()
        return str(answer["nextCursor"])

    @pytest.mark.parametrize(
        "changed",
        [
            {"sort": "-name"},
            {"sort": ""},
            {"q": "a"},
            {"isActive": "true"},
            {"tenantId": "00000000-0000-4000-8000-00000000000a"},
        ],
    )
    def test_of_another_list_are_refused_with_what_to_do(
        self, api: Clients, cursor: str, changed: dict[str, str]
    ) -> None:
        params = {"size": "2", "sort": "name", "cursor": cursor} | changed
        answer = api.viewer.get(SCHEDULES, params=params)
        assert (answer.status_code, pointers(answer)) == (422, ["/cursor"])
        assert "nextCursor of the previous response" in answer.text

    def test_that_were_changed_are_refused(self, api: Clients, cursor: str) -> None:
        inside = f"{cursor[:8]}!!!!{cursor[8:]}"  # base64 without validation skips these
        ends = ("", "====", "é")
        for wrong in (cursor[:-4], f"{cursor}AAAA", "AAAA" + cursor[4:], inside, *ends):
            answer = api.viewer.get(SCHEDULES, params={"sort": "name", "cursor": wrong})
            assert (answer.status_code, pointers(answer)) == (422, ["/cursor"]), wrong

    def test_of_another_kind_of_list_are_refused(self, api: Clients, cursor: str) -> None:
        answer = api.viewer.get(CAMPAIGNS, params={"sort": "name", "cursor": cursor})
        assert (answer.status_code, pointers(answer)) == (422, ["/cursor"])

    def test_beside_a_number_are_refused(self, api: Clients, cursor: str) -> None:
        params = {"sort": "name", "cursor": cursor, "page": "2"}
        answer = api.viewer.get(SCHEDULES, params=params)
        assert (answer.status_code, pointers(answer)) == (422, ["/page"])

    def test_give_no_access(self, api: Clients, cursor: str) -> None:
        params = {"size": "2", "sort": "name", "cursor": cursor}
        answer = api.outsider.get(SCHEDULES, params=params)
        assert {item["tenantId"] for item in answer.json()["items"]} <= {
            "00000000-0000-4000-8000-00000000000b"
        }


def test_a_number_far_away_is_refused_by_the_name_of_the_cursor(api: Clients, acme: Tenant) -> None:
    assert api.viewer.post(SCHEDULES, schedule_body()).status_code == 403
    for client, path in (
        (api.viewer, SCHEDULES),
        (api.viewer, CAMPAIGNS),
        (api.super_admin, "/api/users"),
        (api.admin, "/api/audit"),
        (api.admin, f"/api/tenants/{acme.id}/members"),
    ):
        near = client.get(path, params={"page": 101, "size": 100})
        assert near.status_code == 200
        far = client.get(path, params={"page": 102, "size": 100})
        assert (far.status_code, pointers(far)) == (422, ["/page"])
        assert "cursor" in far.text


def test_a_cursor_outlives_the_row_that_it_names(api: Clients, schedules: list[str]) -> None:
    params = {"sort": "name", "size": 3}
    expected = by_number(api.admin, SCHEDULES, sort="name")
    first = api.admin.get(SCHEDULES, params=params).json()
    last = first["items"][-1]["id"]
    assert api.admin.delete(f"{SCHEDULES}/{last}").status_code == 204
    rest = walk(api.admin, SCHEDULES, cursor=first["nextCursor"], **params)
    assert rest == expected[3:]
