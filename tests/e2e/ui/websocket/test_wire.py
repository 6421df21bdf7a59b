"""The wire beneath the pages: whose state a tab's token opens, what is dropped, what the log and
the frames never hold."""

import json
import re
import uuid
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from tests.e2e.client import wait_until
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.wire import (
    HYDRATE,
    HYDRATE_AND_LOAD,
    LISTED,
    LOGIN,
    ROOT,
    SESSION,
    Wire,
    event,
    login,
    notices,
    set_cookie,
    variables,
)
from tests.world import PASSWORD

LIST = f"{ROOT}.exports_app___ui___pages___scheduled_exports___list___state____list_state"
EDITOR = f"{ROOT}.exports_app___ui___pages___scheduled_exports___editor___state____editor_state"
DIALOG = f"{ROOT}.exports_app___ui___pages___scheduled_exports___history___state____history_state"
SERVICES = '"logger": "exports_app.services.'
"""In log lines of housekeeping, which goes on beside."""
SET_HYDRATED = f"{ROOT}.set_is_hydrated"


class TestATabsToken:
    @pytest.mark.parametrize(
        "first",
        [
            HYDRATE,
            HYDRATE_AND_LOAD,
            SET_HYDRATED,
            f"{LIST}.clear",
            f"{LIST}.setvar",
            f"{SESSION}.enter",
            f"{LOGIN}.load",
        ],
    )
    @pytest.mark.parametrize("stranger", ["nobody", "another tenant's admin", "a viewer"])
    def test_in_a_strangers_hands_opens_nothing_of_its_owner(
        self, house: House, first: str, stranger: str
    ) -> None:
        owner, other = house.company("Owner"), house.company("Other")
        cookie = {
            "nobody": "",
            "another tenant's admin": house.cookie(other.admin),
            "a viewer": house.cookie(owner.viewer),
        }[stranger]
        token = _fill_a_tab(house, owner)
        frames = _ask_with(house, token, cookie, first)
        assert "Hindenburg" not in frames
        assert owner.admin.user.email not in frames

    def test_belongs_to_the_first_connection_while_that_one_is_open(
        self, house: House, company: Company
    ) -> None:
        house.schedule(company, "Hindenburg")
        with Wire(house.url, house.cookie(company.admin)) as first:
            first.load()
            with Wire(house.url, token=first.token) as second:
                assert "Hindenburg" not in second.load()
            with Wire(house.url) as third:
                # The packet that only Socket.IO itself sends
                third.packet(
                    "connect",
                    {"QUERY_STRING": f"token={first.token}", "asgi.scope": {"headers": []}},
                )
                assert "Hindenburg" not in third.load()
            assert "Hindenburg" in first.load()

    @pytest.mark.parametrize("stranger", ["nobody", "another tenant's admin", "another browser"])
    def test_gets_a_stranger_none_of_what_is_pushed_to_its_owner(
        self, house: House, company: Company, stranger: str
    ) -> None:
        """Who only connects, and sends nothing, is sent what the tab showed; not so another."""
        other = house.company("Other")
        cookie = {
            "nobody": "",
            "another tenant's admin": house.cookie(other.admin),
            "another browser": house.cookie(company.admin),
        }[stranger]
        with Wire(house.url, house.cookie(company.admin)) as witness:
            with Wire(house.url, house.cookie(company.admin)) as wire:
                wire.load()
                token = wire.token
            with Wire(house.url, cookie, token=token) as wire:
                witness.load()
                house.schedule(company, "Hindenburg")
                witness.until("Hindenburg")
                assert "Hindenburg" not in wire.settle()
        assert token not in house.server.output

    def test_opens_its_states_again_in_the_same_session(
        self, house: House, company: Company
    ) -> None:
        house.schedule(company, "Hindenburg")
        cookie = house.cookie(company.admin)
        with Wire(house.url, cookie) as wire:
            wire.load()
            wire.ask(f"{LIST}.search", {"text": "no such name"})
            token = wire.token

        def again() -> bool:
            """Once the first connection is really gone."""
            with Wire(house.url, cookie, token=token) as wire:
                frames = wire.ask(HYDRATE)
            return "no such name" in frames

        wait_until("the tab is as it was", again, 15)

    def test_of_nobody_opens_nothing_afterwards(self, house: House) -> None:
        """What strangers leave behind is dropped."""
        with Wire(house.url) as wire:
            wire.load("/login")
            frames = wire.ask(
                f"{LOGIN}.login",
                {"form": {"email": "nobody@example.com", "password": "wrong"}},
                "/login",
            )
            assert any(variables(frames, "error"))
            token = wire.token

        def dropped() -> bool:
            with Wire(house.url, token=token) as wire:
                frames = wire.ask(HYDRATE, path="/login")
            return not any(variables(frames, "error")) and "new_token" not in frames

        wait_until("it is dropped", dropped, 15)

    def test_its_first_event_may_come_with_the_connection_and_is_guarded_too(
        self, house: House, company: Company
    ) -> None:
        made = house.schedule(company, "Hindenburg")
        toggle = (
            f"{ROOT}.exports_app___ui___pages___scheduled_exports___list___actions____"
            "schedule_actions.toggle"
        )
        for cookie in ("", house.cookie(company.viewer)):
            for first in (
                event(HYDRATE_AND_LOAD),
                event(toggle, {"schedule_id": made["id"], "active": False}),
                5,
                "NONSENSE-BOOT",
                {},
            ):
                with Wire(house.url, cookie, auth={"event": first}) as wire:
                    assert "Hindenburg" not in wire.settle()
        assert house.rows("SELECT is_active FROM scheduled_exports WHERE id = ?", made["id"]) == [
            {"is_active": 1}
        ]
        assert "NONSENSE-BOOT" not in house.server.output


def _fill_a_tab(house: House, owner: Company) -> str:
    """The token of a tab that showed all it can: the list, the form, a history."""
    made = house.schedule(owner, "Hindenburg", description="Hindenburg")
    with Wire(house.url, house.cookie(owner.admin)) as wire:
        assert "Hindenburg" in wire.load()
        wire.ask(f"{EDITOR}.begin", {"schedule_id": made["id"]})
        wire.ask(f"{DIALOG}.show", {"schedule_id": made["id"]})
        return wire.token


def _ask_with(house: House, token: str, cookie: str, name: str) -> str:
    """The frames that come for the event with this token, after its owner's connection."""
    with Wire(house.url, cookie, token=token) as wire:
        frames = wire.ask(
            name,
            {"var_name": "q", "value": "x"}
            if name.endswith("setvar")
            else {"value": True}
            if name == SET_HYDRATED
            else {},
        )
        return frames + wire.load()


MALFORMED: list[Any] = [
    5,
    None,
    "SECRET-1",
    ["SECRET-2"],
    {"nome": "SECRET-3"},
    {"name": "no.such_SECRET-4", "payload": {"x": "SECRET-5"}},
    {"name": ["SECRET-6"], "router_data": {}},
    {"name": f"{LIST}.search", "payload": "SECRET-7"},
    {"name": f"{LIST}.search", "payload": {"text": "x", "SECRET-8": 1}},
    {"name": f"{LIST}.search", "payload": {"text": "x"}, "router_data": "SECRET-9"},
    {"name": f"{LIST}.turn", "payload": {"step": "SECRET-10"}},
    {"name": SET_HYDRATED, "payload": {"value": "SECRET-11"}},
]


class TestWhatIsDropped:
    @pytest.mark.parametrize("content", MALFORMED, ids=lambda content: json.dumps(content)[:50])
    @pytest.mark.parametrize("signed_in", [False, True])
    def test_a_malformed_event_ends_nothing_and_is_not_written_down(
        self, house: House, company: Company, content: Any, signed_in: bool
    ) -> None:
        house.schedule(company, "Still there")
        cookie, log = house.cookie(company.admin) if signed_in else "", house.log()
        with Wire(house.url, cookie) as wire:
            wire.packet("event", content)
            wire.settle()
            assert ("Still there" in wire.load()) is signed_in
        assert "SECRET-" not in log()

    @pytest.mark.parametrize(
        "packet",
        [
            '42/_event,["event"]',
            '42/_event,["event",{"name":"SECRET-20"},{"name":"SECRET-21"}]',
            '42/_event,["no_such_event",{"text":"SECRET-22"}]',
            '42/_event,[5,{"text":"SECRET-23"}]',
            '42/_event,["client_error",{"error_type":"SECRET-27","message":"SECRET-28"}]',
            '42/_event,["client_error"]',
        ],
    )
    def test_a_packet_of_another_shape_neither(
        self, house: House, company: Company, packet: str
    ) -> None:
        house.schedule(company, "Still there")
        log = house.log()
        with Wire(house.url, house.cookie(company.admin)) as wire:
            wire.raw(packet)
            wire.settle()
            assert "Still there" in wire.load()
        assert "SECRET-" not in log()

    @pytest.mark.parametrize(
        "packet",
        [
            "SECRET-30",
            "9SECRET-31",
            '451-/_event,["event",{"_placeholder":true,"num":0}]',
            '42/_event,["event",{"name":"SECRET-24',
            '42/_event,["event",{"name":"SECRET-32}]',
            '42/_event,{"SECRET-25":1}',
            '42["event",{"name":"SECRET-26"}]',
            '42/SECRET-33,["event",{}]',
            '42/_event,7["event",{"name":"SECRET-34"}]',
            "42/_event," + "[" * 100_000 + "]",
            '42/_event,["event",{"name":"' + "x" * 300_000 + '"}]',
            b"SECRET-35",
        ],
        ids=lambda packet: repr(packet)[:40],
    )
    def test_what_is_no_packet_of_a_page_ends_that_connection_alone(
        self, house: House, company: Company, packet: str | bytes
    ) -> None:
        house.schedule(company, "Still there")
        cookie, log = house.cookie(company.admin), house.log()
        with Wire(house.url, cookie) as wire, Wire(house.url, cookie) as other:
            wire.socket.send(packet)
            with pytest.raises(ConnectionClosed):
                wire.settle()
            assert "Still there" in other.load()
        told = [line for line in log().splitlines() if "/api/" not in line and SERVICES not in line]
        assert len(told) <= 1, told
        assert "SECRET-" not in log()
        assert wire.token not in log()

    def test_one_that_leaves_is_gone(self, house: House, company: Company) -> None:
        house.schedule(company, "Still there")
        cookie = house.cookie(company.admin)
        with Wire(house.url, cookie) as wire, Wire(house.url, cookie) as other:
            wire.raw("41/_event,")
            wire.send(f"{LIST}.clear")
            assert "Still there" in other.load()

    @pytest.mark.parametrize(
        "router",
        [
            {"asPath": "/scheduled-exports?q=" + "x" * 2_048},
            {"pathname": "/" + "ü" * 1_024},
            {"query": {"q": "x" * 2_048}},
            {"asPath": 5},
            {"query": []},
        ],
        ids=lambda router: repr(router)[:30],
    )
    def test_an_address_over_2_kb_or_of_another_kind(
        self, house: House, company: Company, router: dict[str, Any]
    ) -> None:
        house.schedule(company, "Still there")
        with Wire(house.url, house.cookie(company.admin)) as wire:
            content = event(HYDRATE_AND_LOAD)
            content["router_data"] |= router
            wire.packet("event", content)
            assert "Still there" not in wire.settle()
            assert "Still there" in wire.load()

    def test_what_a_page_says_beside_its_address(self, house: House, company: Company) -> None:
        content = event(HYDRATE_AND_LOAD)
        content["router_data"] |= {
            "headers": {"cookie": house.cookie(company.admin)},
            "ip": "9.9.9.9",
            "more": "MORE-1",
        }
        content |= {"token": "MORE-2", "substates": ["MORE-3"]}
        with Wire(house.url) as wire:
            wire.packet("event", content)
            frames = wire.settle() + wire.load()
        assert company.admin.user.email not in frames
        assert "9.9.9.9" not in frames
        assert "MORE-" not in frames

    def test_text_that_no_utf8_can_hold_leaves_the_page_alive(
        self, house: House, company: Company
    ) -> None:
        house.schedule(company, "Still there")
        with Wire(house.url, house.cookie(company.admin)) as wire:
            wire.load()
            wire.ask(f"{LIST}.search", {"text": "\ud800"})
            assert "Still there" in wire.load()

    def test_a_page_cannot_say_where_it_comes_from_nor_with_which_cookies(
        self, house: House, company: Company
    ) -> None:
        """By the packet that only Socket.IO itself sends. Attempts to sign in are counted by
        address."""
        scope = {"client": ["9.9.9.9", 1], "headers": [["cookie", house.cookie(company.admin)]]}
        with Wire(house.url) as wire:
            wire.packet("connect", {"QUERY_STRING": f"token={wire.token}-2", "asgi.scope": scope})
            frames = wire.settle() + wire.load()
        assert '"client_ip":"127.0.0.1"' in frames
        assert "9.9.9.9" not in frames
        assert company.admin.user.email not in frames


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
