"""What is dropped: packets and events that no page sends."""

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.e2e.ui.house import Company, House
from tests.e2e.ui.websocket.states import LIST, SERVICES, SET_HYDRATED
from tests.e2e.ui.wire import (
    HYDRATE_AND_LOAD,
    Wire,
    event,
)

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
        assert f'"client_ip":"{wire.address}"' in frames
        assert "9.9.9.9" not in frames
        assert company.admin.user.email not in frames
