"""Who may call what: every route, tried as everybody. A route without its case here fails `test_every_route_has_its_case`."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from exports_app.services.auth import ALGORITHM, AUDIENCE, ISSUER, LIFETIME, TYPE
from exports_app.services.records import User
from exports_app.wiring import Services
from tests.api.client import ABSENT, CAMPAIGNS, SCHEDULES, Api, problem, schedule_body
from tests.api.conftest import SECRET_KEY, Clients
from tests.world import Cast, FakeClock, claim, execute

MIB = 1024 * 1024


@dataclass(frozen=True)
class Case:
    """One route: what a good call sends and answers."""

    method: str
    path: str
    good: int
    body: Any = None
    writes: bool = False
    limit: int = MIB
    """Of the body, in bytes."""

    @property
    def has_id(self) -> bool:
        return "{" in self.path


PUBLIC = {("POST", "/api/auth/login"), ("GET", "/api/health")}
CASES = [
    Case("GET", "/api/auth/me", 200),
    Case("GET", SCHEDULES, 200),
    Case("POST", SCHEDULES, 201, schedule_body(tenantId="00000000-0000-4000-8000-00000000000a"), writes=True),
    Case("GET", SCHEDULES + "/{schedule_id}", 200),
    Case("PUT", SCHEDULES + "/{schedule_id}", 200, {"name": "Renamed"}, writes=True),
    Case("DELETE", SCHEDULES + "/{schedule_id}", 204, writes=True),
    Case("POST", SCHEDULES + "/{schedule_id}/trigger", 202, writes=True),
    Case("GET", SCHEDULES + "/{schedule_id}/history", 200),
    Case("GET", SCHEDULES + "/{schedule_id}/history/{history_id}", 200),
    Case("GET", SCHEDULES + "/{schedule_id}/history/{history_id}/file", 200),
    Case("POST", SCHEDULES + "/validate-cron", 200, {"expression": "0 9 * * 1"}),
    Case("GET", CAMPAIGNS, 200),
    Case(
        "POST",
        CAMPAIGNS,
        201,
        {"name": "New", "currency": "EUR", "tenantId": "00000000-0000-4000-8000-00000000000a"},
        writes=True,
    ),
    Case("GET", CAMPAIGNS + "/{campaign_id}", 200),
    Case("PUT", CAMPAIGNS + "/{campaign_id}", 200, {"name": "Renamed"}, writes=True),
    Case("DELETE", CAMPAIGNS + "/{campaign_id}", 204, writes=True),
    Case("POST", CAMPAIGNS + "/{campaign_id}/metrics", 200, {"items": [{"date": "2026-03-01"}]}, writes=True, limit=8 * MIB),
]
TAKES_BODY = [c for c in CASES if c.body is not None]
WITH_ID = [c for c in CASES if c.has_id]
WRITES = [c for c in CASES if c.writes]


def named(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=lambda c: f"{c.method} {c.path.removeprefix('/api')}")


@pytest.fixture
def ids(services: Services, schedule: dict[str, Any], campaign: dict[str, Any], cast: Cast) -> dict[str, str]:
    """Acme's objects, among them a finished run with its file."""
    services.schedules.trigger(cast.admin.who, schedule["id"])
    run = execute(services, claim(services))
    return {"schedule_id": schedule["id"], "campaign_id": campaign["id"], "history_id": run.id}


def call(client: Api, case: Case, ids: dict[str, str], **options: Any) -> httpx.Response:
    if case.body is not None:
        options = {"json": case.body} | options
    return client.request(case.method, case.path.format(**ids), **options)


def nothing_changed(services: Services, ids: dict[str, str]) -> bool:
    with services.store.read() as tx:
        schedule, campaign = tx.schedules.get(ids["schedule_id"]), tx.campaigns.get(ids["campaign_id"])
        _, runs = tx.runs.of_schedule(ids["schedule_id"], 10)
    return schedule is not None and schedule.version == 1 and campaign is not None and campaign.name == "Launch" and runs == 1


def test_every_route_has_its_case(api: Clients) -> None:
    document = api.anonymous.get("/api/openapi.json").json()
    served = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert served == PUBLIC | {(c.method, c.path) for c in CASES}
    assert {(c.method, c.path) for c in CASES if "requestBody" in document["paths"][c.path][c.method.lower()]} == {
        (c.method, c.path) for c in TAKES_BODY
    }


class TestRoles:
    @named(CASES)
    def test_an_anonymous_caller_is_asked_to_sign_in(self, api: Clients, services: Services, case: Case, ids: dict[str, str]) -> None:
        problem(call(api.anonymous, case, ids), 401, "unauthenticated")
        assert nothing_changed(services, ids)

    @named(CASES)
    def test_an_admin_may_do_everything_in_their_tenant(self, api: Clients, case: Case, ids: dict[str, str]) -> None:
        assert call(api.admin, case, ids).status_code == case.good

    @named(CASES)
    def test_a_super_admin_may_do_everything_anywhere(self, api: Clients, case: Case, ids: dict[str, str]) -> None:
        assert call(api.super_admin, case, ids).status_code == case.good

    @named(CASES)
    def test_a_viewer_may_only_read(self, api: Clients, services: Services, case: Case, ids: dict[str, str]) -> None:
        answer = call(api.viewer, case, ids)
        if case.writes:
            problem(answer, 403, "forbidden")
            assert nothing_changed(services, ids)
        else:
            assert answer.status_code == case.good

    @named([c for c in CASES if c.has_id or (c.body and "tenantId" in c.body)])
    def test_another_tenants_admin_is_told_that_nothing_is_there(
        self, api: Clients, services: Services, case: Case, ids: dict[str, str]
    ) -> None:
        problem(call(api.outsider, case, ids), 404, "not_found")
        assert nothing_changed(services, ids)

    @pytest.mark.parametrize("path", [SCHEDULES, CAMPAIGNS])
    def test_lists_show_the_callers_tenants_alone(self, api: Clients, ids: dict[str, str], cast: Cast, path: str) -> None:
        assert api.outsider.get(path).json()["total"] == 0
        assert [api.admin.get(path).json()["total"], api.viewer.get(path).json()["total"]] == [1, 1]
        assert api.super_admin.get(path).json()["total"] == 1
        problem(api.outsider.get(path, params={"tenantId": cast.acme.id}), 404)
        problem(api.outsider.get(path, params={"tenantId": ABSENT}), 404)


class TestAnIdThatIsNotThere:
    @named(WITH_ID)
    def test_answers_exactly_like_another_tenants(self, api: Clients, case: Case, ids: dict[str, str]) -> None:
        absent = call(api.outsider, case, {name: ABSENT for name in ids})
        assert problem(absent, 404) == problem(call(api.outsider, case, ids), 404)

    @named(WITH_ID)
    def test_an_id_that_is_no_uuid_is_not_found(self, api: Clients, case: Case, ids: dict[str, str]) -> None:
        for odd in ("x", "1", "%00", "%ED%A0%80", "a%0Ab", "..%2f..", "%F0%9F%98%80", "x" * 5000, "'--", "%25"):
            problem(call(api.admin, case, {name: odd for name in ids}), 404)

    @named([c for c in WITH_ID if "history_id" in c.path])
    def test_a_run_is_found_under_its_own_schedule_only(self, api: Clients, case: Case, ids: dict[str, str]) -> None:
        other = api.admin.post(SCHEDULES, schedule_body(name="Other")).json()
        problem(call(api.admin, case, ids | {"schedule_id": other["id"]}), 404)
        problem(call(api.admin, case, ids | {"history_id": "%00"}), 404)


class TestTheOrderOfRefusal:
    """401, then 404 of the path's object, 403, 413, 422."""

    @named(TAKES_BODY)
    @pytest.mark.parametrize("content", [b"{not json", b"{}" + b" " * 9 * MIB], ids=["malformed", "too large"])
    def test_who_calls_is_settled_before_the_body_is_read(
        self, api: Clients, case: Case, ids: dict[str, str], content: bytes
    ) -> None:
        def sent(by: Api, at: dict[str, str] = ids) -> httpx.Response:
            return by.request(case.method, case.path.format(**at), content=content)

        problem(sent(api.anonymous), 401)
        problem(sent(api.anonymous.using("forged")), 401)
        if case.has_id:
            problem(sent(api.outsider), 404)
            problem(sent(api.viewer, {name: ABSENT for name in ids}), 404)
        if case.writes:
            problem(sent(api.viewer), 403)
        problem(sent(api.admin), 422 if content.startswith(b"{not") else 413)

    @named(TAKES_BODY)
    def test_a_body_over_the_limit_is_refused_before_it_is_judged(self, api: Clients, case: Case, ids: dict[str, str]) -> None:
        path, too_much = case.path.format(**ids), b"{" * (case.limit + 1)
        refused = problem(api.admin.request(case.method, path, content=too_much), 413, "too_large")
        assert f"{case.limit // MIB} MiB" in refused["detail"]

        async def streamed() -> Any:
            for _ in range(case.limit // MIB):
                yield b"{" * MIB
            yield b"{"

        problem(api.admin.request(case.method, path, content=streamed()), 413, "too_large")
        problem(api.admin.request(case.method, path, content=b"{" * case.limit), 422)

    def test_query_values_are_judged_last(self, api: Clients, ids: dict[str, str]) -> None:
        for path, name in ((SCHEDULES, "size"), (CAMPAIGNS, "size"), (f"{SCHEDULES}/{ids['schedule_id']}/history", "limit")):
            problem(api.anonymous.get(path, params={name: "0"}), 401)
            problem(api.admin.get(path, params={name: "0"}), 422)
        problem(api.outsider.get(f"{SCHEDULES}/{ids['schedule_id']}/history", params={"limit": "0"}), 404)


Claims = dict[str, Any]


def claims_for(user: User, now: datetime) -> Claims:
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user.id,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": "1",
        "typ": TYPE,
        "ver": user.token_version,
    }


def signed(claims: Claims, key: str = SECRET_KEY, algorithm: str = ALGORITHM) -> str:
    return jwt.encode(claims, key, algorithm)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(claims: Claims) -> str:
    return jwt.encode(claims, None, "none")


def tampered(claims: Claims) -> str:
    """Another user's id under a signature that was good for this one."""
    head, _, signature = signed(claims).split(".")
    moved = {k: int(v.timestamp()) if isinstance(v, datetime) else v for k, v in claims.items()}
    return f"{head}.{part(moved | {'sub': '00000000-0000-4000-8000-000000000014'})}.{signature}"


def stripped(claims: Claims) -> str:
    return signed(claims).rsplit(".", 1)[0] + "."


def nested(_: Claims) -> str:
    deep = base64.urlsafe_b64encode(b"[" * 30_000).decode()
    return f"{deep}.{deep}.{deep}"


BAD_TOKENS: dict[str, Callable[[Claims], str]] = {
    "expired": lambda c: signed(c | {"iat": c["iat"] - timedelta(hours=13), "exp": c["iat"] - timedelta(seconds=1)}),
    "expired this second": lambda c: signed(c | {"exp": c["iat"]}),
    "issued in the future": lambda c: signed(c | {"iat": c["iat"] + timedelta(minutes=5)}),
    "signed with another key": lambda c: signed(c, "another key, just as long as the one of the server"),
    "without a signature": stripped,
    "with another user's id": tampered,
    "algorithm none": unsigned,
    "algorithm HS512": lambda c: signed(c, algorithm="HS512"),
    "algorithm HS384": lambda c: signed(c, algorithm="HS384"),
    "another issuer": lambda c: signed(c | {"iss": "somebody"}),
    "another audience": lambda c: signed(c | {"aud": "somebody"}),
    "another type": lambda c: signed(c | {"typ": "refresh"}),
    "a stale version": lambda c: signed(c | {"ver": c["ver"] - 1}),
    "a version of another kind": lambda c: signed(c | {"ver": str(c["ver"])}),
    "a user that does not exist": lambda c: signed(c | {"sub": ABSENT}),
    "a user id with a NUL": lambda c: signed(c | {"sub": "\0"}),
    "times that are no numbers": lambda c: signed(c | {"iat": "yesterday"}),
    "no token at all": lambda _: "",
    "no JWT": lambda _: "x.y.z",
    "deeply nested JSON": nested,
} | {f"no {name}": (lambda c, name=name: signed({k: v for k, v in c.items() if k != name})) for name in claims_for(
    User("", "", "", ""), datetime.fromisoformat("2026-01-01T00:00:00Z")
)}


class TestTokens:
    @pytest.mark.parametrize("bad", BAD_TOKENS)
    def test_a_token_that_is_not_whole_is_refused_on_every_route(
        self, api: Clients, cast: Cast, clock: FakeClock, bad: str
    ) -> None:
        claims = claims_for(cast.super_admin.user, clock())
        client = api.anonymous.using(BAD_TOKENS[bad](claims))
        absent = {"schedule_id": ABSENT, "campaign_id": ABSENT, "history_id": ABSENT}
        for case in CASES:
            problem(call(client, case, absent), 401, "unauthenticated")

    def test_the_same_token_made_rightly_is_taken(self, api: Clients, cast: Cast, clock: FakeClock) -> None:
        good = signed(claims_for(cast.admin.user, clock()))
        assert api.anonymous.using(good).get("/api/auth/me").status_code == 200

    def test_a_token_ends_after_its_time(self, api: Clients, clock: FakeClock) -> None:
        clock.advance(hours=11, minutes=59, seconds=59)
        assert api.admin.get("/api/auth/me").status_code == 200
        clock.advance(seconds=1)
        problem(api.admin.get("/api/auth/me"), 401)

    @pytest.mark.parametrize("change", ["token_version = token_version + 1", "is_active = 0"])
    def test_a_token_ends_with_its_version_and_its_user(
        self, api: Clients, services: Services, cast: Cast, change: str
    ) -> None:
        with services.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE users SET {change} WHERE id = ?", (cast.admin.user.id,))
        for case in CASES:
            problem(call(api.admin, case, {"schedule_id": ABSENT, "campaign_id": ABSENT, "history_id": ABSENT}), 401)
        assert api.viewer.get("/api/auth/me").status_code == 200

    def test_a_lost_role_counts_at_once(self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]) -> None:
        with services.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM memberships WHERE user_id = ?", (cast.admin.user.id,))
        problem(api.admin.get(f"{SCHEDULES}/{schedule['id']}"), 404)
        problem(api.admin.get(SCHEDULES), 403)

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "bearer\tx", "Bearer \xfc", "\xfc"])
    def test_another_kind_of_authorization_is_no_token(self, api: Clients, header: str) -> None:
        answer = api.anonymous.get("/api/auth/me", headers={"Authorization": header.encode("latin1")})
        problem(answer, 401, "unauthenticated")

    def test_the_token_stands_nowhere_but_in_its_header(self, api: Clients) -> None:
        for place in ({"params": {"access_token": api.admin.token}}, {"headers": {"Cookie": f"access_token={api.admin.token}"}}):
            problem(api.anonymous.get("/api/auth/me", **place), 401)
