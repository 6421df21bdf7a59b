"""Who may call what: every route, tried as everyone. A route without its case here fails
`test_every_route_has_its_case`."""

from typing import Any

import httpx
import pytest

from exports_app.wiring import Services
from tests.api.access.unchanged import nothing_changed
from tests.api.client import ABSENT, CAMPAIGNS, SCHEDULES, Api, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.routes import (
    CASES,
    KIB,
    MIB,
    PUBLIC,
    SUPER_ADMINS,
    TAKES_BODY,
    WITH_ID,
    Case,
    call,
    named,
)
from tests.world import Cast


def test_every_route_has_its_case(api: Clients) -> None:
    document = api.anonymous.get("/api/openapi.json").json()
    served = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert served == PUBLIC | {(c.method, c.path) for c in CASES + SUPER_ADMINS}
    assert {
        (c.method, c.path)
        for c in CASES
        if "requestBody" in document["paths"][c.path][c.method.lower()]
    } == {(c.method, c.path) for c in CASES if c in TAKES_BODY or c.takes_file}


class TestRoles:
    @named(CASES)
    def test_who_may_not_is_refused_and_changes_nothing(
        self, api: Clients, services: Services, case: Case, ids: dict[str, str]
    ) -> None:
        problem(call(api.anonymous, case, ids), 401, "unauthenticated")
        if case.writes:
            problem(call(api.viewer, case, ids), 403, "forbidden")
        if case.has_id or (case.body and "tenantId" in case.body):
            problem(call(api.outsider, case, ids), 404, "not_found")
        assert nothing_changed(services, ids)

    @named(CASES)
    def test_an_admin_may_do_everything_in_their_tenant(
        self, api: Clients, case: Case, ids: dict[str, str]
    ) -> None:
        assert call(api.admin, case, ids).status_code == case.good

    @named(CASES)
    def test_a_super_admin_may_do_everything_anywhere(
        self, api: Clients, case: Case, ids: dict[str, str]
    ) -> None:
        assert call(api.super_admin, case, ids).status_code == (case.super_admin or case.good)

    @named([c for c in CASES if not c.writes])
    def test_a_viewer_may_read(self, api: Clients, case: Case, ids: dict[str, str]) -> None:
        assert call(api.viewer, case, ids).status_code == (case.viewer or case.good)

    @named(SUPER_ADMINS)
    def test_what_is_a_super_admins_is_there_for_nobody_else(
        self, api: Clients, services: Services, case: Case, ids: dict[str, str], cast: Cast
    ) -> None:
        problem(call(api.anonymous, case, ids), 401, "unauthenticated")
        for who in (api.admin, api.viewer, api.outsider):
            problem(call(who, case, ids), 404, "not_found")
            if case.body is not None:
                problem(
                    who.request(case.method, case.path.format(**ids), content=b"{not json"), 404
                )
        with services.store.read() as tx:
            assert tx.users.get(cast.viewer.user.id) == cast.viewer.user
        assert call(api.super_admin, case, ids).status_code == case.good
        if case.has_id:
            problem(call(api.super_admin, case, dict.fromkeys(ids, ABSENT)), 404)

    @pytest.mark.parametrize("path", [SCHEDULES, CAMPAIGNS])
    def test_lists_show_the_callers_tenants_alone(
        self, api: Clients, ids: dict[str, str], cast: Cast, path: str
    ) -> None:
        assert api.outsider.get(path).json()["total"] == 0
        assert [api.admin.get(path).json()["total"], api.viewer.get(path).json()["total"]] == [1, 1]
        assert api.super_admin.get(path).json()["total"] == 1
        problem(api.outsider.get(path, params={"tenantId": cast.acme.id}), 404)
        problem(api.outsider.get(path, params={"tenantId": ABSENT}), 404)


class TestAnIdThatIsNotThere:
    @named(WITH_ID)
    def test_is_not_found_exactly_like_another_tenants(
        self, api: Clients, case: Case, ids: dict[str, str]
    ) -> None:
        absent = call(api.outsider, case, dict.fromkeys(ids, ABSENT))
        assert problem(absent, 404) == problem(call(api.outsider, case, ids), 404)
        for odd in (
            "x",
            "1",
            "%00",
            "%ED%A0%80",
            "a%0Ab",
            "..%2f..",
            "%F0%9F%98%80",
            "x" * 5000,
            "'--",
            "%25",
        ):
            problem(call(api.admin, case, dict.fromkeys(ids, odd)), 404)

    @named([c for c in WITH_ID if "history_id" in c.path])
    def test_a_run_is_found_under_its_own_schedule_only(
        self, api: Clients, case: Case, ids: dict[str, str]
    ) -> None:
        other = api.admin.post(SCHEDULES, schedule_body(name="Other")).json()
        problem(call(api.admin, case, ids | {"schedule_id": other["id"]}), 404)
        problem(call(api.admin, case, ids | {"history_id": "%00"}), 404)


class TestTheOrderOfRefusal:
    """401, then 404 of the path's object, 403, 413, 422."""

    @named(TAKES_BODY)
    def test_who_calls_is_settled_before_the_body_is_read(
        self, api: Clients, case: Case, ids: dict[str, str]
    ) -> None:
        for content, refused in ((b"{not json", 422), (b"{}" + b" " * 9 * MIB, 413)):

            def sent(by: Api, at: dict[str, str] = ids, content: bytes = content) -> httpx.Response:
                return by.request(case.method, case.path.format(**at), content=content)

            problem(sent(api.anonymous), 401)
            problem(sent(api.anonymous.using("forged")), 401)
            if case.has_id:
                problem(sent(api.outsider), 404)
                problem(sent(api.viewer, dict.fromkeys(ids, ABSENT)), 404)
            if case.writes:
                problem(sent(api.viewer), 403)
            problem(sent(api.admin), refused)

    @named(TAKES_BODY)
    def test_a_body_over_the_limit_is_refused_before_it_is_judged(
        self, api: Clients, case: Case, ids: dict[str, str]
    ) -> None:
        path, too_much = case.path.format(**ids), b"{" * (case.limit + 1)
        refused = problem(api.admin.request(case.method, path, content=too_much), 413, "too_large")
        assert (
            f"{case.limit // MIB} MiB" if case.limit >= MIB else f"{case.limit // KIB} KiB"
        ) in refused["detail"]

        async def streamed() -> Any:
            for _ in range(case.limit // KIB):
                yield b"{" * KIB
            yield b"{"

        problem(api.admin.request(case.method, path, content=streamed()), 413, "too_large")
        problem(api.admin.request(case.method, path, content=b"{" * case.limit), 422)

    def test_query_values_are_judged_last(self, api: Clients, ids: dict[str, str]) -> None:
        for path, name in (
            (SCHEDULES, "size"),
            (CAMPAIGNS, "size"),
            (f"{SCHEDULES}/{ids['schedule_id']}/history", "limit"),
        ):
            problem(api.anonymous.get(path, params={name: "0"}), 401)
            problem(api.admin.get(path, params={name: "0"}), 422)
        problem(
            api.outsider.get(f"{SCHEDULES}/{ids['schedule_id']}/history", params={"limit": "0"}),
            404,
        )
