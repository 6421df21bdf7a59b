"""What ends or narrows a key: its user, its tenants, its chosen schedules."""

import re
from typing import Any

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.services.core.current_rights import write_as
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, SCHEDULES, Api, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme, own
from tests.api.routes import CASES, call
from tests.world import PASSWORD, Cast, set_role, sql

ME = "/api/auth/me"
RUNS = "/api/runs"


class TestItsUser:
    def test_a_key_has_the_rights_that_its_user_has_now(
        self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]
    ) -> None:
        caller, path = own(services, api, cast.admin), f"{SCHEDULES}/{schedule['id']}"
        assert caller.put(path, {"name": "One"}).status_code == 200
        set_role(services, cast.admin.user.id, cast.acme.id, Role.VIEWER)
        problem(caller.put(path, {"name": "Two"}), 403, "forbidden")
        assert caller.get(ME).json()["tenants"][0]["permissions"] == ["exports.read"]
        sql(services, "DELETE FROM memberships WHERE user_id = ?", cast.admin.user.id)
        problem(caller.get(path), 404, "not_found")

    def test_a_deactivated_user_has_no_keys_until_they_are_active_again(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        caller, person = own(services, api, cast.admin), f"/api/users/{cast.admin.user.id}"
        for active in (False, True):
            assert api.super_admin.put(person, {"isActive": active}).status_code == 200
            assert caller.get(ME).status_code == (200 if active else 401)

    def test_neither_a_new_password_nor_signing_out_everywhere_ends_a_key(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        caller = own(services, api, cast.admin)
        new = {"currentPassword": PASSWORD, "newPassword": "quite another long one"}
        assert api.admin.post("/api/account/password", new).status_code == 200
        again = api.anonymous.using(
            services.auth.login(cast.admin.user.email, new["newPassword"], "").access_token
        )
        assert again.post("/api/account/sign-out-everywhere").status_code == 204
        problem(again.get(ME), 401)
        assert caller.get(ME).status_code == 200
        assert caller.post(SCHEDULES, schedule_body()).status_code == 201

    def test_a_tenant_that_requires_a_second_factor_withholds_its_rights(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        persons, tenants = own(services, api, cast.viewer), of_acme(services, api, cast)
        sql(services, "UPDATE tenants SET second_factor_required = ?", True)
        params = {"tenantId": cast.acme.id}
        problem(persons.get(SCHEDULES, params=params), 403, "second_factor_required")
        assert tenants.get(SCHEDULES, params=params).status_code == 200  # no person: no phone

    def test_with_a_one_time_password_it_has_no_rights(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        caller = own(services, api, cast.admin)
        sql(services, "UPDATE users SET must_change_password = ?", True)
        problem(caller.get(SCHEDULES), 403, "own_password_first")

    def test_the_demos_people_keep_their_keys_on_the_servers_machine(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        caller = own(services, api, cast.admin)
        sql(services, "UPDATE users SET has_demo_password = ?", True)
        problem(caller.get(ME), 403, "demo_is_local")

    def test_a_super_admins_key_has_no_right_of_the_installation(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        caller = own(services, api, cast.super_admin)
        problem(caller.get("/api/users"), 404)
        problem(caller.get("/api/audit", params={"installation": True}), 404)
        assert [t["slug"] for t in caller.get(ME).json()["tenants"]] == ["acme", "globex"]


class TestWhatIsNoKey:
    @pytest.mark.parametrize(
        "text", ["exa_", "exa_" + "0" * 38, "exa_" + "é" * 38, "exa_" + "0" * 5_000]
    )
    def test_a_wrong_checksum_is_refused_without_a_query(
        self, api: Clients, services: Services, text: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services.store, "read", lambda: 1 / 0)
        for case in CASES[:3]:
            problem(call(api.anonymous.using(text), case, {}), 401, "invalid_token")

    def test_a_key_that_nobody_made_opens_nothing(self, api: Clients) -> None:
        problem(api.anonymous.using("exa_" + "0" * 32 + "2wjyrI").get(ME), 401, "invalid_token")

    def test_a_key_stands_nowhere_but_in_its_header(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        key = own(services, api, cast.admin).token
        for place in (
            {"params": {"access_token": key}},
            {"headers": {"Cookie": f"exports_session={key}"}},
        ):
            problem(api.anonymous.get(ME, **place), 401, "unauthenticated")


class TestItsTenants:
    def test_others_are_not_there(
        self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]
    ) -> None:
        caller = own(services, api, cast.super_admin, tenant_ids=[cast.globex.id])
        assert [t["slug"] for t in caller.get(ME).json()["tenants"]] == ["globex"]
        assert caller.get(SCHEDULES).json()["total"] == 0
        problem(caller.get(SCHEDULES, params={"tenantId": cast.acme.id}), 404)
        problem(caller.get(f"{SCHEDULES}/{schedule['id']}"), 404)
        problem(caller.get(f"/api/tenants/{cast.acme.id}"), 404)
        made = caller.post(SCHEDULES, schedule_body())  # there is only one it can mean
        assert made.json()["tenantId"] == cast.globex.id

    def test_a_tenants_key_knows_its_tenant_alone(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        caller = of_acme(services, api, cast)
        problem(caller.get(f"/api/tenants/{cast.globex.id}"), 404)
        assert caller.get(f"/api/tenants/{cast.acme.id}").status_code == 200


class TestItsSchedules:
    @pytest.fixture
    def chosen(
        self, api: Clients, services: Services, cast: Cast, ids: dict[str, str]
    ) -> list[Api]:
        """Keys for one schedule, of a person and of the tenant."""
        scopes, of = ("exports.read", "exports.write"), {"schedule_ids": [ids["schedule_id"]]}
        return [
            own(services, api, cast.admin, *scopes, **of),
            of_acme(services, api, cast, *scopes, **of),
        ]

    def test_the_chosen_one_can_be_read_and_run(
        self, chosen: list[Api], ids: dict[str, str]
    ) -> None:
        path = f"{SCHEDULES}/{ids['schedule_id']}"
        for caller in chosen:
            assert caller.get(path).status_code == 200
            assert caller.put(path, {"name": "Mine"}).status_code == 200
            assert caller.post(path + "/trigger").status_code == 202
            assert caller.get(path + "/history").json()["total"] >= 1
            for of_run in (f"/api/runs/{ids['run_id']}", f"/api/runs/{ids['run_id']}/file"):
                assert caller.get(of_run).status_code == 200
            of = {"scheduledExportId": ids["schedule_id"]}
            assert len(caller.get("/api/runs", params=of).json()["items"]) >= 1
        assert chosen[0].delete(path).status_code == 204
        assert chosen[0].post(path + "/restore").status_code == 200

    def test_all_others_are_not_there(
        self, api: Clients, chosen: list[Api], ids: dict[str, str]
    ) -> None:
        other = api.admin.post(SCHEDULES, schedule_body(name="Other")).json()["id"]
        elsewhere = ids | {"schedule_id": other}
        for caller in chosen:
            listed = caller.get(SCHEDULES).json()
            assert ([s["id"] for s in listed["items"]], listed["total"]) == (
                [ids["schedule_id"]],
                1,
            )
            assert caller.get(SCHEDULES, params={"q": "Other"}).json()["items"] == []
            problem(caller.get("/api/runs", params={"scheduledExportId": other}), 404)
            for case in CASES:
                if "{schedule_id}" in case.path:
                    problem(call(caller, case, elsewhere), 404, "not_found")

    def test_what_belongs_to_the_whole_tenant_is_refused(
        self, chosen: list[Api], ids: dict[str, str], cast: Cast
    ) -> None:
        free = {
            *(("GET", path) for path in (ME, SCHEDULES, RUNS, f"{RUNS}/ended", "/api/catalog")),
            ("POST", f"{SCHEDULES}/validate-cron"),
            ("POST", f"{SCHEDULES}/bulk"),  # each by itself
            ("GET", "/api/webhooks/events"),  # the same for everyone
        }
        for caller in chosen:
            for case in CASES:
                if (case.method, case.path) in free or re.search("{(schedule|run)_id}", case.path):
                    continue
                answer = problem(call(caller, case, ids), 403)
                codes = {"key_limited", "key_not_allowed", "insufficient_scope"}
                assert answer["code"] in codes, case


def test_a_key_that_is_revoked_while_its_call_waits_writes_nothing(
    api: Clients, services: Services, cast: Cast
) -> None:
    token = of_acme(services, api, cast).token or ""
    who = services.auth.principal(token)
    assert isinstance(who, Principal)
    assert who.key is not None
    services.api_keys.revoke(cast.admin.who, cast.acme.id, who.key.id)
    with pytest.raises(Exception, match=r"ended|revoked"), write_as(services.store, who):
        pytest.fail("it writes")


def test_campaigns_are_read_with_exports_read(
    api: Clients, services: Services, cast: Cast, campaign: dict[str, Any]
) -> None:
    reader = own(services, api, cast.admin, "exports.read")
    assert reader.get(f"{CAMPAIGNS}/{campaign['id']}").status_code == 200
    problem(reader.delete(f"{CAMPAIGNS}/{campaign['id']}"), 403, "insufficient_scope")
