"""The addresses that a page sends its browser to: sign in, sign out, download."""

import hashlib
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from exports_app.services.core.records import Run, User
from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from exports_app.services.identity.known_browsers import KNOWN_COOKIE, KnownBrowsers
from exports_app.services.keys import secret_keys
from exports_app.services.keys.derived_keys import Keys
from exports_app.wiring import Services
from tests.api.client import problem
from tests.api.conftest import Clients
from tests.doubles import FakeClock
from tests.world import BROWSER, Cast, make_schedule, sign_in, sign_in_code, trigger_and_execute

SECRET = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def visit(api: Clients, path: str, **cookies: str) -> httpx.Response:
    """As a browser opens it, with these cookies, among others'."""
    held = "; ".join(
        ["theme={dark: true}", *(f"exports_{name}={value}" for name, value in cookies.items())]
    )
    return api.anonymous.get(path, headers={"Cookie": held})


def redirected(answer: httpx.Response, to: str) -> None:
    assert (answer.status_code, answer.headers["location"]) == (303, to)
    assert {name: answer.headers[name] for name in SECRET} == SECRET


def attributes(answer: httpx.Response, name: str = SESSION_COOKIE) -> tuple[str, set[str]]:
    """The value of a cookie that the answer sets, and its attributes."""
    pairs = [(one.removeprefix("__Host-"), one) for one in answer.headers.get_list("set-cookie")]
    (given,) = [whole for plain, whole in pairs if plain.startswith(f"{name}=")]
    pair, *rest = given.split("; ")
    assert pair.startswith("__Host-") is ("Secure" in rest)
    return pair.partition("=")[2], set(rest)


class TestSigningIn:
    def test_a_code_becomes_the_sessions_cookie_and_leads_to_the_page(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        code = sign_in_code(services, cast.viewer.user, goto="/scheduled-exports?q=Zürich")
        answer = visit(api, f"/api/session/{code}", browser=BROWSER)
        redirected(answer, "/scheduled-exports?q=Z%C3%BCrich")
        session_id, rest = attributes(answer)
        assert rest == {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"}
        found = services.sessions.visit(session_id)
        assert found is not None
        assert found.who == cast.viewer.who

    def test_a_code_is_good_once_for_half_a_minute_in_the_browser_that_asked(
        self, api: Clients, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        code = sign_in_code(services, cast.viewer.user)
        late = sign_in_code(services, cast.viewer.user)
        for cookies in ({}, {"browser": "another"}, {"session": BROWSER}):
            refused = visit(api, f"/api/session/{code}", **cookies)
            redirected(refused, "/login?expired=1")
            assert "set-cookie" not in refused.headers
        assert attributes(visit(api, f"/api/session/{code}", browser=BROWSER))
        redirected(visit(api, f"/api/session/{code}", browser=BROWSER), "/login?expired=1")
        clock.advance(seconds=30)
        redirected(visit(api, f"/api/session/{late}", browser=BROWSER), "/login?expired=1")

    def test_the_browser_is_known_to_the_account_from_then_on(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        held = ""
        browsers = KnownBrowsers(services.clock, Keys(secret_keys.signing(services.settings)))
        for _ in range(2):
            code = sign_in_code(services, cast.viewer.user)
            held, rest = attributes(
                visit(api, f"/api/session/{code}", browser=BROWSER, known=held), KNOWN_COOKIE
            )
            assert rest == {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=15552000"}
            assert browsers.recognize(cast.viewer.user, held)
            assert len(held) == 40
        code = sign_in_code(services, cast.admin.user)
        held, _ = attributes(
            visit(api, f"/api/session/{code}", browser=BROWSER, known=held), KNOWN_COOKIE
        )
        assert browsers.recognize(cast.viewer.user, held)
        assert browsers.recognize(cast.admin.user, held)

    @pytest.mark.parametrize(
        "code", ["x", "%00", "%ED%A0%80", "%F0%9F%98%80", "x" * 5000, "%0d%0aSet-Cookie:a=b"]
    )
    def test_an_odd_code_leads_back_to_the_sign_in_page(
        self, api: Clients, cast: Cast, code: str
    ) -> None:
        redirected(visit(api, f"/api/session/{code}", browser=BROWSER), "/login?expired=1")

    def test_so_does_a_database_that_is_away(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        code = sign_in_code(services, cast.viewer.user)
        file = services.settings.data_dir / "exports.db"
        services.database.dispose()
        file.rename(file.with_name("away.db"))
        redirected(visit(api, f"/api/session/{code}", browser=BROWSER), "/login?expired=1")
        file.with_name("away.db").rename(file)
        redirected(visit(api, f"/api/session/{code}", browser=BROWSER), "/scheduled-exports")

    @pytest.mark.parametrize(
        ("public_url", "base", "secure"),
        [
            ("", "http://exports.test", False),
            ("", "https://exports.test", True),
            ("https://exports.example", "http://exports.test", True),
            ("http://exports.example", "http://exports.test", False),
        ],
    )
    def test_the_cookie_is_for_https_alone_where_there_is_https(
        self, api: Clients, services: Services, cast: Cast, public_url: str, base: str, secure: bool
    ) -> None:
        held = services.settings.model_copy(update={"public_url": public_url})
        api.anonymous.app.state.services = replace(services, settings=held)
        code = sign_in_code(services, cast.viewer.user)
        answer = visit(api, f"{base}/api/session/{code}", browser=BROWSER)
        for name in (SESSION_COOKIE, KNOWN_COOKIE):
            assert ("Secure" in attributes(answer, name)[1]) is secure

    def test_a_token_of_the_api_is_no_session_and_a_session_opens_no_other_route(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        for path in ("/api/auth/me", "/api/scheduled-exports"):
            problem(visit(api, path, session=session_id), 401)
        problem(api.admin.get("/api/download/x"), 401)
        problem(
            api.admin.get(
                "/api/download/x", headers={"Cookie": f"exports_session={api.admin.token}"}
            ),
            401,
        )


class TestSigningOut:
    def test_takes_the_cookie_of_a_session_that_is_over(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        services.sessions.end(session_id)
        for cookies in ({"session": session_id}, {"session": "unknown"}, {}):
            answer = visit(api, "/api/session/end", **cookies)
            redirected(answer, "/login")
            assert attributes(answer) == ("", {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=0"})

    def test_a_link_on_another_site_signs_nobody_out(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        session_id = sign_in(services, cast.admin.user)
        answer = visit(api, "/api/session/end", session=session_id)
        redirected(answer, "/login")
        assert "set-cookie" not in answer.headers
        assert services.sessions.visit(session_id)


class TestDownloading:
    @pytest.fixture
    def run(self, services: Services, cast: Cast) -> Run:
        return trigger_and_execute(
            services, cast.admin.who, make_schedule(services, cast.admin.who)
        )

    @pytest.fixture
    def session_id(self, services: Services, cast: Cast) -> str:
        return sign_in(services, cast.viewer.user)

    @pytest.fixture
    def path(self, services: Services, cast: Cast, session_id: str, run: Run) -> str:
        return "/api/download/" + services.browser_downloads.of_run(
            cast.viewer.who, session_id, run.scheduled_export_id, run.id
        )

    def test_the_session_that_asked_gets_the_file_as_an_attachment(
        self, api: Clients, path: str, session_id: str, run: Run
    ) -> None:
        answer = visit(api, path, session=session_id)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="{run.file_name}"'
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert hashlib.sha256(answer.content).hexdigest() == run.sha256
        problem(visit(api, path, session=session_id), 404, "unknown_code")

    def test_nobody_else_gets_it(
        self,
        api: Clients,
        services: Services,
        cast: Cast,
        path: str,
        session_id: str,
        clock: FakeClock,
    ) -> None:
        users: list[User] = [
            cast.outsider.user,
            cast.admin.user,
            cast.super_admin.user,
            cast.viewer.user,
        ]
        for user in users:
            problem(visit(api, path, session=sign_in(services, user)), 404, "unknown_code")
        for answer in (
            api.anonymous.get(path),
            api.viewer.get(path),
            visit(api, path, browser=BROWSER),
        ):
            problem(answer, 401, "session_ended")
        clock.advance(seconds=30)
        problem(visit(api, path, session=session_id), 404, "unknown_code")

    def test_not_after_signing_out(
        self, api: Clients, services: Services, path: str, session_id: str
    ) -> None:
        services.sessions.end(session_id)
        problem(visit(api, path, session=session_id), 401, "session_ended")

    def test_says_that_a_removed_file_is_gone(
        self, api: Clients, services: Services, path: str, session_id: str, run: Run
    ) -> None:
        assert run.file_key is not None
        services.files.remove(run.file_key)
        problem(visit(api, path, session=session_id), 410, "file_removed")

    @pytest.mark.parametrize("code", ["x", "%00", "%ED%A0%80", "x" * 5000])
    def test_an_odd_code_is_not_found(self, api: Clients, session_id: str, code: str) -> None:
        problem(visit(api, f"/api/download/{code}", session=session_id), 404, "unknown_code")


class TestTheLog:
    def test_never_holds_a_code_or_a_cookie(
        self, api: Clients, services: Services, cast: Cast, logs: list[Any]
    ) -> None:
        code = sign_in_code(services, cast.viewer.user)
        session_id, _ = attributes(visit(api, f"/api/session/{code}", browser=BROWSER))
        visit(api, "/api/session/end", session=session_id)
        for path in (
            "/api/download/marker",
            "/api/session/marker/",
            "/api/session/x/marker",
            "/api/download//marker",
        ):
            visit(api, path, session=session_id)
        assert not [
            secret for secret in (code, session_id, BROWSER, "marker") if secret in repr(logs)
        ]
        assert [entry["path"] for entry in logs][:3] == ["/api/session/***"] * 2 + [
            "/api/download/***"
        ]

    def test_not_even_when_the_server_fails(
        self, api: Clients, services: Services, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
    ) -> None:
        def breaks(*_: Any) -> None:
            raise RuntimeError("unforeseen")

        monkeypatch.setattr(services.sessions, "take_download", breaks)
        problem(visit(api, "/api/download/marker", session="x"), 500, "internal")
        assert [entry["event"] for entry in logs] == ["request failed", "request"]
        assert "marker" not in repr(logs)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/api/session/end", "/api/session/{code}", "/api/download/{code}"]
)
def test_another_method_neither_uses_up_nor_ends_anything(
    api: Clients, services: Services, cast: Cast, method: str, path: str
) -> None:
    code = sign_in_code(services, cast.viewer.user)
    answer = api.anonymous.request(
        method, path.format(code=code), headers={"Cookie": f"{BROWSER_COOKIE}={BROWSER}"}
    )
    assert answer.status_code == 405
    assert services.sessions.redeem(code, BROWSER)


def test_the_pages_own_addresses_are_not_in_the_documentation(api: Clients) -> None:
    document: dict[str, Any] = api.anonymous.get("/api/openapi.json").json()
    assert not re.search(r"/api/(session|download|uploads)", " ".join(document["paths"]))
