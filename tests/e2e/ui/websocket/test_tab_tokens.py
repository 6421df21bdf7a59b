"""Whose state a tab's token opens."""

import pytest

from tests.e2e.client import wait_until
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.websocket.states import DIALOG, EDITOR, LIST, SET_HYDRATED
from tests.e2e.ui.wire import (
    HYDRATE,
    HYDRATE_AND_LOAD,
    LOGIN,
    ROOT,
    SESSION,
    Wire,
    event,
    variables,
)

TYPED = "typed by the owner alone"


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
        assert TYPED not in frames
        assert owner.admin.user.email not in frames
        if stranger != "a viewer":  # who may read the schedules
            assert "Hindenburg" not in frames

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
                    frames = wire.settle()
                    if not cookie:
                        assert "Hindenburg" not in frames
        assert house.rows("SELECT is_active FROM scheduled_exports WHERE id = ?", made["id"]) == [
            {"is_active": 1}
        ]
        assert "NONSENSE-BOOT" not in house.server.output


def _fill_a_tab(house: House, owner: Company) -> str:
    """The token of a tab that showed all it can: the list, the form, a history, what was typed."""
    made = house.schedule(owner, "Hindenburg", description="Hindenburg")
    with Wire(house.url, house.cookie(owner.admin)) as wire:
        assert "Hindenburg" in wire.load()
        wire.ask(f"{EDITOR}.begin", {"schedule_id": made["id"]})
        wire.ask(f"{DIALOG}.show", {"schedule_id": made["id"]})
        assert TYPED in wire.ask(f"{LIST}.search", {"text": TYPED})
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
