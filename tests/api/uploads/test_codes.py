"""The one-time code in the address of a file: whose it is, and for how long."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from exports_app.domain.access import Role
from exports_app.domain.errors import Forbidden, NotFound
from exports_app.services.core.records import User
from exports_app.wiring import Services
from tests.api.client import problem
from tests.api.conftest import Clients
from tests.api.uploads.sending import CONTENT, assert_unused, begin, send, stored
from tests.doubles import FakeClock
from tests.world import Cast, Person, set_role, sign_in


class TestACode:
    def test_is_good_once(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        assert send(api, code, session_id).status_code == 204
        problem(send(api, code, session_id, b"another"), 404, "unknown_code")
        assert services.uploads.find(cast.admin.who, session_id, code).path.read_bytes() == CONTENT

    def test_is_good_for_five_minutes(
        self, api: Clients, services: Services, session_id: str, code: str, clock: FakeClock
    ) -> None:
        clock.advance(minutes=5)
        problem(send(api, code, session_id), 404, "unknown_code")
        assert stored(services) == []

    def test_is_good_in_the_session_that_asked_alone(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        users: list[User] = [
            cast.outsider.user,
            cast.admin.user,
            cast.super_admin.user,
            cast.viewer.user,
        ]
        for user in users:
            problem(send(api, code, sign_in(services, user)), 404, "unknown_code")
        for held in ("", "unknown", api.admin.token or ""):
            problem(send(api, code, held), 401, "session_ended")
        path = f"/api/uploads/{code}"
        problem(api.admin.request("POST", path, content=CONTENT), 401, "session_ended")
        assert_unused(services, cast, session_id, code, api)
        other = sign_in(services, cast.admin.user)
        with pytest.raises(NotFound):
            services.uploads.find(cast.admin.who, other, code)

    def test_is_no_code_of_another_purpose(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        for path in ("/api/download/", "/api/session/"):
            api.anonymous.get(path + code, headers={"Cookie": f"exports_session={session_id}"})
        download = services.sessions.download_code(cast.admin.who, session_id, {})
        problem(send(api, download, session_id), 404, "unknown_code")
        assert_unused(services, cast, session_id, code, api)

    def test_is_for_those_alone_who_may_write_in_the_tenant(
        self, services: Services, cast: Cast, session_id: str
    ) -> None:
        refusals: list[tuple[Person, type[Exception]]] = [
            (cast.viewer, Forbidden),
            (cast.outsider, NotFound),
        ]
        for person, refusal in refusals:
            theirs = sign_in(services, person.user)
            with pytest.raises(refusal):
                services.uploads.begin(person.who, theirs, cast.acme.id, "a.csv", 9)
        theirs = sign_in(services, cast.super_admin.user)
        with pytest.raises(NotFound):
            services.uploads.begin(cast.super_admin.who, theirs, "../x", "a.csv", 9)

    def test_ends_with_the_right_to_write(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        arrived = begin(services, cast, session_id)
        send(api, arrived, session_id)
        set_role(services, cast.admin.user.id, cast.acme.id, Role.VIEWER)
        problem(send(api, code, session_id), 403, "forbidden")
        now_viewer = services.sessions.visit(session_id)
        assert now_viewer
        with pytest.raises(Forbidden):
            services.uploads.find(now_viewer.who, session_id, arrived)

    def test_also_while_the_file_arrives(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        async def streamed() -> AsyncIterator[bytes]:
            yield CONTENT
            set_role(services, cast.admin.user.id, cast.acme.id, Role.VIEWER)
            yield CONTENT

        problem(send(api, code, session_id, streamed()), 403, "forbidden")
        assert stored(services) == []

    def test_ends_with_the_session(
        self, api: Clients, services: Services, session_id: str, code: str
    ) -> None:
        async def streamed() -> AsyncIterator[bytes]:
            yield CONTENT
            services.sessions.end(session_id)
            yield CONTENT

        problem(send(api, code, session_id, streamed()), 401, "session_ended")
        assert stored(services) == []
        problem(send(api, code, session_id), 401, "session_ended")

    @pytest.mark.parametrize("code", ["x", "%00", "%ED%A0%80", "x" * 5000, "..%2f.."])
    def test_that_is_odd_is_not_found(self, api: Clients, session_id: str, code: str) -> None:
        problem(send(api, code, session_id), 404)


class TestWhoSendsIt:
    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "http://other.exports.test", "null", "", "http://["]
    )
    def test_a_page_of_another_site_is_refused(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str, origin: str
    ) -> None:
        problem(send(api, code, session_id, Origin=origin), 403, "cross_site")
        assert_unused(services, cast, session_id, code, api)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_another_method_uses_up_no_code(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str, method: str
    ) -> None:
        answer = api.anonymous.request(
            method, f"/api/uploads/{code}", headers={"Cookie": f"exports_session={session_id}"}
        )
        assert answer.status_code == (204 if method == "OPTIONS" else 405)
        assert answer.headers["allow"] == "POST, OPTIONS"
        assert_unused(services, cast, session_id, code, api)

    def test_a_compressed_file_is_refused(
        self, api: Clients, services: Services, cast: Cast, session_id: str, code: str
    ) -> None:
        answer = send(api, code, session_id, **{"Content-Encoding": "gzip"})
        problem(answer, 415, "unsupported_content_encoding")
        assert_unused(services, cast, session_id, code, api)

    def test_neither_the_code_nor_the_cookie_is_in_the_log(
        self, api: Clients, session_id: str, code: str, logs: list[Any]
    ) -> None:
        send(api, code, session_id)
        assert "/api/uploads/***" in repr(logs)
        assert code not in repr(logs)
        assert session_id not in repr(logs)
