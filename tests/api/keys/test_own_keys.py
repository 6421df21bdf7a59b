"""Making, listing, renaming and revoking keys; what a key's text looks like and where it stands."""

import re
from datetime import timedelta
from typing import Any

import pytest

from exports_app.domain import api_keys, bounds
from exports_app.domain.access import SCOPES
from exports_app.services.core import request_context
from exports_app.services.core.request_context import RequestContext
from exports_app.wiring import Services
from tests.api.client import ABSENT, SCHEDULES, Api, pointers, problem, schedule_body, token_for
from tests.api.conftest import Clients
from tests.api.keys.making import own
from tests.doubles import FakeClock
from tests.world import Cast, sql

KEYS = "/api/account/keys"
ME = "/api/auth/me"


def made(api: Api, **changes: Any) -> dict[str, Any]:
    answer = api.post(KEYS, {"name": "Nightly", "scopes": ["exports.read"]} | changes)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{KEYS}/{body['id']}"
    return body


@pytest.mark.parametrize("of_tenant", [False, True])
def test_an_old_sign_in_makes_no_key(
    api: Clients, services: Services, cast: Cast, clock: FakeClock, *, of_tenant: bool
) -> None:
    path = f"/api/tenants/{cast.acme.id}/keys" if of_tenant else KEYS
    body = {"name": "Nightly", "scopes": ["exports.read"]}
    clock.advance(hours=2, seconds=-1)
    key = api.admin.post(path, body)
    assert key.status_code == 201
    clock.advance(seconds=1)
    refused = problem(api.admin.post(path, {"wrong": "too"}), 403, "sign_in_again")
    assert "more than 2 hours ago" in refused["detail"]
    assert api.admin.get(path).json()["total"] == 1
    url = f"{path}/{key.json()['id']}"
    assert api.admin.patch(url, {"name": "Other"}).status_code == 200
    assert api.admin.delete(url).status_code == 204
    again = api.admin.using(token_for(services.auth, cast.admin.user))
    assert again.post(path, body).status_code == 201
    if of_tenant:
        problem(api.outsider.post(path, body), 404, "not_found")
        problem(api.viewer.post(path, body), 403, "forbidden")
    services.repeated_entries.flush(last=True)
    refusals = api.admin.get("/api/audit", params={"area": "access"}).json()["items"]
    assert len(refusals) == (1 if of_tenant else 0)  # the viewer's: an old sign-in has the right


class TestMaking:
    def test_the_key_is_shown_once_and_only_its_hash_is_stored(
        self, api: Clients, services: Services, logs: list[Any]
    ) -> None:
        key = made(api.admin)
        text = key["key"]
        assert re.fullmatch(api_keys.PATTERN, text)
        assert text.startswith(key["prefix"])
        assert len(key["prefix"]) == 8
        assert api.anonymous.using(text).get(ME).status_code == 200
        listed = api.admin.get(KEYS)
        assert listed.json()["items"] == [{k: v for k, v in key.items() if k != "key"}]
        stored = repr(sql(services, "SELECT * FROM api_keys"))
        problem(api.admin.get(f"{SCHEDULES}/{text}"), 404)  # where no key belongs
        problem(api.anonymous.using(text).delete(f"{KEYS}/{text}"), 403)
        services.repeated_entries.flush(last=True)
        audit = repr(sql(services, "SELECT * FROM audit_entries"))
        for seen in (listed.text, stored, audit, repr(logs)):
            assert text[len("exa_") :] not in seen

    def test_says_what_it_was_made_with(
        self, api: Clients, cast: Cast, clock: FakeClock, schedule: dict[str, Any]
    ) -> None:
        until = (clock() + timedelta(days=90)).isoformat()
        key = made(
            api.admin,
            name=" Nightly build ",
            scopes=["exports.write", "exports.read", "exports.read"],
            expiresAt=until,
            scheduledExportIds=[schedule["id"].upper()] * 2,
        )
        assert key["name"] == "Nightly build"
        assert key["scopes"] == ["exports.read", "exports.write"]
        assert key["scheduledExportIds"] == [schedule["id"]]
        assert key["tenantIds"] is None
        assert key["createdBy"] == "Admin"
        assert (key["revokedAt"], key["lastUsedAt"], key["lastUsedAddress"]) == (None,) * 3
        assert api.admin.get(f"{KEYS}/{key['id']}").json() == {
            name: value for name, value in key.items() if name != "key"
        }

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({}, ["/name", "/scopes"]),
            ({"name": "", "scopes": []}, ["/name", "/scopes"]),
            ({"name": "\u202etxt", "scopes": ["exports.read"]}, ["/name"]),
            ({"name": "x" * 101, "scopes": ["exports.read"]}, ["/name"]),
            ({"name": "x", "scopes": ["installation.manage"]}, ["/scopes"]),
            ({"name": "x", "scopes": ["exports.delete"]}, ["/scopes"]),
            ({"name": "x", "scopes": ["exports.read"], "tenantIds": [ABSENT]}, ["/tenantIds/0"]),
            ({"name": "x", "scopes": ["exports.read"], "tenantIds": []}, ["/tenantIds"]),
            (
                {"name": "x", "scopes": ["exports.read"], "scheduledExportIds": [ABSENT]},
                ["/scheduledExportIds/0"],
            ),
            (
                {"name": "x", "scopes": ["exports.read"], "scheduledExportIds": []},
                ["/scheduledExportIds"],
            ),
            (
                {"name": "x", "scopes": ["tenant.manage"], "scheduledExportIds": [ABSENT]},
                ["/scopes"],
            ),
            (
                {"name": "x", "scopes": ["exports.read"], "expiresAt": "2020-01-01T00:00:00Z"},
                ["/expiresAt"],
            ),
            (
                {"name": "x", "scopes": ["exports.read"], "expiresAt": "2099-01-01T00:00:00Z"},
                ["/expiresAt"],
            ),
        ],
    )
    def test_bad_input_is_refused_by_its_fields(
        self, api: Clients, body: dict[str, Any], wrong: list[str]
    ) -> None:
        assert pointers(api.admin.post(KEYS, body)) == wrong
        assert api.admin.get(KEYS).json()["total"] == 0

    def test_of_another_tenant_nothing_can_be_chosen(
        self, api: Clients, cast: Cast, schedule: dict[str, Any]
    ) -> None:
        of = {"name": "x", "scopes": ["exports.read"]}
        answer = api.outsider.post(KEYS, of | {"scheduledExportIds": [schedule["id"]]})
        assert pointers(answer) == ["/scheduledExportIds/0"]
        assert pointers(api.outsider.post(KEYS, of | {"tenantIds": [cast.acme.id]})) == [
            "/tenantIds/0"
        ]

    def test_there_are_fifty_at_most_and_the_ended_ones_do_not_count(
        self, api: Clients, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bounds, "USER_KEYS", 2)
        monkeypatch.setattr("exports_app.services.accounts.api_keys.KEPT", 2)
        first, _ = made(api.admin), made(api.admin)
        refused = problem(
            api.admin.post(KEYS, {"name": "x", "scopes": ["exports.read"]}), 409, "limit_reached"
        )
        assert "revoke one first" in refused["detail"]
        ended = [first["id"]]
        for _ in range(3):
            clock.advance(seconds=1)
            assert api.admin.delete(f"{KEYS}/{ended[-1]}").status_code == 204
            ended.append(made(api.admin)["id"])
        # Two live ones, and of the three that have ended the two newest
        assert {key["id"] for key in api.admin.get(KEYS).json()["items"]} >= set(ended[1:])
        assert api.admin.get(KEYS).json()["total"] == 4


class TestManaging:
    def test_the_list_has_pages(self, api: Clients, clock: FakeClock) -> None:
        names = ["one", "two", "three"]
        for name in names:
            clock.advance(seconds=1)
            made(api.admin, name=name)
        first = api.admin.get(KEYS, params={"size": 2})
        assert [key["name"] for key in first.json()["items"]] == ["three", "two"]
        assert 'rel="next"' in first.headers["link"]
        cursor = first.json()["nextCursor"]
        rest = api.admin.get(KEYS, params={"size": 2, "cursor": cursor}).json()
        assert [key["name"] for key in rest["items"]] == ["one"]
        problem(api.viewer.get(KEYS, params={"size": 2, "cursor": cursor}), 422)

    def test_only_the_name_can_be_changed(self, api: Clients) -> None:
        key = made(api.admin)
        path = f"{KEYS}/{key['id']}"
        assert api.admin.request("PATCH", path, json={"name": "Weekly"}).json()["name"] == "Weekly"
        wrong = api.admin.request("PATCH", path, json={"name": "x", "scopes": ["exports.write"]})
        assert pointers(wrong) == ["/scopes"]
        assert api.admin.get(path).json()["scopes"] == ["exports.read"]

    def test_a_revoked_key_ends_at_once_and_stays_listed(
        self, api: Clients, clock: FakeClock
    ) -> None:
        key = made(api.admin)
        caller = api.anonymous.using(key["key"])
        assert caller.get(ME).status_code == 200
        for _ in range(2):  # again: nothing is left to do
            assert api.admin.delete(f"{KEYS}/{key['id']}").status_code == 204
        problem(caller.get(ME), 401, "invalid_token")
        assert api.admin.get(f"{KEYS}/{key['id']}").json()["revokedAt"]

    def test_nobody_sees_another_persons_key(self, api: Clients) -> None:
        key = made(api.admin)
        for other in (api.viewer, api.outsider, api.super_admin):
            assert other.get(KEYS).json()["items"] == []
            problem(other.get(f"{KEYS}/{key['id']}"), 404)
            problem(other.delete(f"{KEYS}/{key['id']}"), 404)
        assert api.anonymous.using(key["key"]).get(ME).status_code == 200

    def test_the_audit_says_which_key_was_made_and_which_key_acted(
        self, api: Clients, services: Services
    ) -> None:
        key = made(api.admin, scopes=sorted(SCOPES))
        caller = api.anonymous.using(key["key"])
        assert caller.post(SCHEDULES, schedule_body()).status_code == 201
        problem(caller.post(KEYS, {"name": "x", "scopes": []}), 403, "key_not_allowed")
        services.repeated_entries.flush(last=True)
        (entry,) = api.admin.get("/api/audit", params={"area": "schedule"}).json()["items"]
        assert entry["actorName"] == "Admin"
        assert entry["detail"] == {"apiKey": {"id": key["id"], "name": "Nightly"}}
        found = api.super_admin.get("/api/audit", params={"installation": True, "area": "key"})
        (entry,) = found.json()["items"]
        assert (entry["action"], entry["subjectName"]) == ("key.created", "Nightly")
        assert entry["detail"]["scopes"] == sorted(SCOPES)
        (denied,) = api.admin.get("/api/audit", params={"area": "access"}).json()["items"]
        assert denied["detail"]["apiKey"]["id"] == key["id"]


class TestUse:
    def test_the_last_use_is_written_at_most_once_a_minute(
        self, api: Clients, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        token = own(services, api, cast.admin).token or ""

        def use(address: str) -> None:
            with request_context.use(RequestContext(address)):
                services.auth.principal(token)

        def used() -> tuple[str, str]:
            services.key_uses.flush()
            (key,) = api.admin.get(KEYS).json()["items"]
            return key["lastUsedAt"], key["lastUsedAddress"]

        assert used() == (None, None)
        use("192.0.2.7")
        first = used()
        assert first[1] == "192.0.2.7"
        clock.advance(seconds=30)
        use("192.0.2.8")
        assert used() == first
        clock.advance(seconds=31)
        later = used()
        assert later[0] > first[0]
        assert later[1] == "192.0.2.8"

    def test_a_process_that_ends_writes_what_is_left(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        own(services, api, cast.admin).get(ME)
        services.key_uses.close()
        assert api.admin.get(KEYS).json()["items"][0]["lastUsedAt"]

    def test_it_expires(
        self, api: Clients, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        caller = own(services, api, cast.admin, expires_at=clock() + timedelta(hours=1))
        clock.advance(minutes=59)
        assert caller.get(ME).status_code == 200
        clock.advance(minutes=1)
        problem(caller.get(ME), 401, "invalid_token")
