"""The connection beneath a page: signing in, and what the log and the frames never contain."""

import re
import uuid

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.websocket.states import LIST
from tests.e2e.ui.wire import (
    HYDRATE,
    LISTED,
    LOGIN,
    Wire,
    login,
    notices,
    set_cookie,
    variables,
)
from tests.world import PASSWORD


class TestTheConnection:
    @pytest.mark.parametrize(
        "change",
        [
            ("websocket", "polling"),
            ("EIO=4", "EIO=3"),
            ("token=", "nothing="),
            ("token=", "token=x"),
        ],
    )
    def test_of_anything_but_a_page_is_refused(self, house: House, change: tuple[str, str]) -> None:
        address = f"/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}".replace(*change)
        assert httpx.get(house.url + address).status_code == 400
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(house.url.replace("http", "ws") + address, proxy=None),
        ):
            pass
        assert refused.value.response.status_code == 403

    @pytest.mark.parametrize(
        "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"]
    )
    def test_from_another_site_is_refused(self, house: House, origin: str) -> None:
        with pytest.raises(InvalidStatus) as refused, Wire(house.url, origin=origin):
            pass
        assert refused.value.response.status_code == 403

    def test_tells_no_page_its_cookies(self, house: House, company: Company) -> None:
        secret = house.session(company.admin)
        with Wire(house.url, f"{SESSION_COOKIE}={secret}; {BROWSER_COOKIE}=b-{secret[:9]}") as wire:
            frames = (
                wire.load()
                + wire.ask(f"{LIST}.clear")
                + wire.ask(HYDRATE)
                + wire.ask(f"{LIST}.no_such")
                + wire.ask(f"{LIST}.setvar")
            )
        assert company.admin.user.email in frames
        assert secret[:9] not in frames
        assert secret[:9] not in house.server.output


class TestSigningIn:
    def test_gives_a_code_that_works_once_in_the_browser_that_asked(
        self, house: House, company: Company
    ) -> None:
        address, browser = login(
            house.url, company.admin.user.email, PASSWORD, "/scheduled-exports%3Fq%3Dweek"
        )
        assert address.startswith("/api/session/")
        for cookie in ("", f"{BROWSER_COOKIE}=another"):
            answer = httpx.get(house.url + address, headers={"Cookie": cookie} if cookie else {})
            assert (answer.status_code, answer.headers["location"]) == (303, "/login?expired=1")
            assert not set_cookie(answer, SESSION_COOKIE)
        first, second = (
            httpx.get(house.url + address, headers={"Cookie": browser}) for _ in range(2)
        )
        assert (first.status_code, first.headers["location"]) == (303, "/scheduled-exports?q=week")
        assert set_cookie(first, SESSION_COOKIE)
        header = next(
            h for h in first.headers.get_list("set-cookie") if h.startswith(SESSION_COOKIE)
        )
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(header.split("; "))
        assert first.headers["cache-control"] == "no-store"
        assert (second.headers["location"], set_cookie(second, SESSION_COOKIE)) == (
            "/login?expired=1",
            "",
        )
        code = address.rpartition("/")[2]
        for secret in (
            code,
            set_cookie(first, SESSION_COOKIE),
            browser.partition("=")[2],
            PASSWORD,
        ):
            assert secret not in house.server.output

    @pytest.mark.parametrize(
        "goto",
        ["//evil.example", "/%5Cevil.example", "https://evil.example", "/a/..//evil.example"],
    )
    def test_leads_to_no_other_site(self, house: House, company: Company, goto: str) -> None:
        address, browser = login(house.url, company.admin.user.email, PASSWORD, goto)
        assert (
            httpx.get(house.url + address, headers={"Cookie": browser}).headers["location"]
            == LISTED
        )

    def test_with_a_wrong_password_or_an_unknown_name_says_the_same(
        self, house: House, company: Company
    ) -> None:
        told = set()
        for email, password in (
            (company.admin.user.email, "wrong"),
            ("nobody@example.com", PASSWORD),
        ):
            with Wire(house.url, f"{BROWSER_COOKIE}=one") as wire:
                frames = wire.ask(
                    f"{LOGIN}.login", {"form": {"email": email, "password": password}}, "/login"
                )
            told.add(tuple(text for text in variables(frames, "error") if text))
            assert not any(variables(frames, "goto"))
            assert notices(frames) == []
        assert told == {("The email address or the password is wrong.",)}


class TestWhatIsServed:
    @pytest.mark.parametrize(
        "path", ["/login", LISTED, f"{LISTED}/5a2c7a50-9a3c-4b62-a7a5-0c1c8a3c6a10", "/nowhere"]
    )
    def test_pages_come_under_a_strict_policy_and_are_not_kept(
        self, house: House, path: str
    ) -> None:
        page = httpx.get(house.url + path, headers={"Cookie": f"{BROWSER_COOKIE}=one"})
        assert page.status_code == (404 if path == "/nowhere" else 200)
        policy = dict(
            part.partition(" ")[::2] for part in page.headers["content-security-policy"].split("; ")
        )
        assert "unsafe" not in policy["script-src"]
        assert policy["script-src"].startswith("'self' 'sha256-")
        assert (policy["connect-src"], policy["object-src"], policy["frame-ancestors"]) == (
            "'self'",
            "'none'",
            "'none'",
        )
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-cache"

    def test_something_stands_on_the_first_page_before_any_script_has_run(
        self, house: House
    ) -> None:
        page = httpx.get(house.url + LISTED)
        assert "<title>Scheduled Exports · Exports</title>" in page.text
        assert "Loading" in page.text

    def test_files_named_after_their_content_are_kept_for_good(self, house: House) -> None:
        found = re.findall(
            r'(?:src|href)="(/assets/[^"]+\.(?:js|css))"', httpx.get(f"{house.url}/login").text
        )
        assert found
        for path in found:
            file = httpx.get(house.url + path)
            assert file.status_code == 200
            assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert file.headers["x-content-type-options"] == "nosniff"
