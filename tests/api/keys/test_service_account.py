"""The account that a tenant's keys act as: no person, and nobody's."""

from typing import Any

import pytest

from exports_app.services.core.current_rights import principal_of
from exports_app.services.core.records import Page, service_address
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, Api, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme
from tests.world import PASSWORD, Cast, claim, execute, side_by_side, sql


def account(services: Services, cast: Cast) -> Any:
    with services.store.read() as tx:
        return tx.users.service_account(cast.acme.id)


@pytest.fixture
def caller(api: Clients, services: Services, cast: Cast) -> Api:
    return of_acme(services, api, cast)


def test_what_a_key_creates_is_its_own_and_goes_on_when_people_leave(
    api: Clients, services: Services, cast: Cast, caller: Api
) -> None:
    schedule = caller.post(SCHEDULES, schedule_body()).json()
    assert schedule["ownerId"] == account(services, cast).id
    sql(services, "DELETE FROM memberships WHERE user_id = ?", cast.admin.user.id)
    assert caller.post(f"{SCHEDULES}/{schedule['id']}/trigger").status_code == 202
    assert execute(services, claim(services)).status == "completed"
    me = caller.get("/api/auth/me").json()
    assert (me["user"]["name"], me["user"]["email"]) == ("API keys", None)
    assert [t["slug"] for t in me["tenants"]] == ["acme"]


def test_with_the_last_key_its_schedules_lose_access_until_there_is_another(
    api: Clients, services: Services, cast: Cast, caller: Api
) -> None:
    of_acme(services, api, cast)
    schedule = caller.post(SCHEDULES, schedule_body()).json()
    keys = [key["id"] for key in api.admin.get(f"/api/tenants/{cast.acme.id}/keys").json()["items"]]

    def has_access() -> bool:
        with services.store.read() as tx:
            without = tx.schedules.find({cast.acme.id}, {"ownerless": True}, "", Page(sort="name"))[
                0
            ]
            has = principal_of(tx, account(services, cast).id) is not None
        assert has == ([s.id for s in without] != [schedule["id"]])
        return has

    assert [services.api_keys.is_last(cast.admin.who, cast.acme.id, key) for key in keys] == [
        False,
        False,
    ]
    for key, still in zip(keys, (True, False), strict=True):
        assert has_access()
        services.api_keys.revoke(cast.admin.who, cast.acme.id, key)
        assert has_access() == still
    api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger")
    of_acme(services, api, cast)
    assert has_access()


def test_it_is_no_member_no_account_and_no_candidate(
    api: Clients, services: Services, cast: Cast, caller: Api, schedule: dict[str, Any]
) -> None:
    service = account(services, cast)
    members = api.admin.get(f"/api/tenants/{cast.acme.id}/members").json()["items"]
    people = api.super_admin.get("/api/users").json()
    found = api.super_admin.get("/api/users", params={"q": "API keys"}).json()
    assert service.id not in {each["id"] for each in members + people["items"]}
    assert (people["total"], found["total"], found["items"]) == (4, 0, [])
    for change in ({"isActive": False}, {"isActive": True}):
        problem(api.super_admin.put(f"/api/users/{service.id}", change), 404)
    problem(api.super_admin.post(f"/api/users/{service.id}/reset-password"), 404)
    transfer = f"{SCHEDULES}/{schedule['id']}/transfer"
    problem(api.admin.post(transfer, {"ownerId": service.id}), 422)
    # The last admin stays the last
    problem(api.admin.delete(f"/api/account/tenants/{cast.acme.id}"), 409)


def test_nobody_can_sign_in_as_it(
    api: Clients, services: Services, cast: Cast, caller: Api
) -> None:
    address = service_address(cast.acme.id)
    for password in ("!", "", PASSWORD):
        body = {"email": address, "password": password}
        problem(api.anonymous.post("/api/auth/login", body), 401, "wrong_credentials")
    api.anonymous.post("/api/auth/forgot-password", {"email": address})
    assert sql(services, "SELECT id FROM password_resets") == []
    invite = f"/api/tenants/{cast.acme.id}/members"
    problem(api.admin.post(invite, {"email": address}), 422)


def test_its_failures_are_mailed_to_the_admins(
    api: Clients, services: Services, cast: Cast, caller: Api
) -> None:
    schedule = caller.post(SCHEDULES, schedule_body()).json()
    sql(services, "UPDATE scheduled_exports SET export_type = 'gone' WHERE id = ?", schedule["id"])
    services.schedules.trigger(cast.admin.who, schedule["id"])
    assert execute(services, claim(services)).status == "failed"
    targets = sql(services, "SELECT target FROM notices")
    assert {target for (target,) in targets} <= {"admin@example.com"}


def test_it_has_no_mailbox_to_test_with(
    services: Services, cast: Cast, caller: Api, schedule: dict[str, Any]
) -> None:
    body = {"startDate": "2026-02-02", "endDate": "2026-02-02", "sendTo": "me"}
    answer = problem(caller.post(f"{SCHEDULES}/{schedule['id']}/backfill", body), 409)
    assert "no mailbox" in answer["detail"]


def test_only_who_manages_the_tenant_sees_its_keys(api: Clients, cast: Cast, caller: Api) -> None:
    path = f"/api/tenants/{cast.acme.id}/keys"
    key = api.admin.get(path).json()["items"][0]
    assert key["createdBy"] == "Admin"
    assert api.super_admin.get(f"{path}/{key['id']}").status_code == 200
    problem(api.viewer.get(path), 403, "forbidden")
    problem(api.outsider.get(f"/api/tenants/{cast.globex.id}/keys/{key['id']}"), 404)
    problem(api.outsider.delete(f"/api/tenants/{cast.globex.id}/keys/{key['id']}"), 404)


def test_two_first_keys_at_once_share_one_account(
    api: Clients, services: Services, cast: Cast
) -> None:
    side_by_side(3, lambda _: of_acme(services, api, cast))
    with services.store.read() as tx:
        assert tx.api_keys.unrevoked(account(services, cast).id) == 3


def test_it_is_among_the_owners_also_where_all_of_its_schedules_are_paused(
    api: Clients, services: Services, cast: Cast
) -> None:
    paused = of_acme(services, api, cast).post(SCHEDULES, schedule_body(isActive=False)).json()
    assert services.ownership.owners(cast.viewer.who, cast.acme.id) == {
        paused["ownerId"]: "API keys"
    }
    api.admin.delete(f"{SCHEDULES}/{paused['id']}")
    assert services.ownership.owners(cast.viewer.who, cast.acme.id) == {}
