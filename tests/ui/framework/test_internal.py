"""How States call each other, without a client being able to."""

import asyncio

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext

from exports_app import plugins, wiring
from exports_app.ui.framework import actions
from exports_app.ui.framework.internal import internal
from tests.ui.conftest import Tab


class CountedState(rx.State):
    number: int = 0

    @internal
    async def count(self, step: int) -> int:
        """Add the step."""
        self.number += step
        return self.number

    @internal
    def name_of(self) -> str:
        return f"number {self.number}"


@pytest.fixture(autouse=True)
def pages() -> None:
    wiring.load_plugins()
    plugins.load("exports_app.ui.pages")


def test_another_state_calls_it_like_any_method(tab: Tab) -> None:
    async def play() -> None:
        state = await tab.state(CountedState)
        assert await state.count(2) == 2
        assert await state.count(step=3) == 5
        assert state.name_of() == "number 5"

    asyncio.run(play())


def test_it_keeps_what_it_says_about_itself() -> None:
    assert CountedState.__dict__["count"].__doc__ == "Add the step."


def test_it_has_no_event_that_a_client_could_send() -> None:
    prefix = CountedState.get_full_name()
    events = {
        name.removeprefix(f"{prefix}.")
        for name in RegistrationContext.get().event_handlers
        if name.startswith(f"{prefix}.")
    }
    assert events == {"setvar"}
    assert set(CountedState.event_handlers) == {"setvar"}


def test_no_internal_method_of_any_state_is_an_event() -> None:
    found = 0
    for registered in RegistrationContext.get().event_handlers.values():
        for state in registered.states:
            names = {name for name, value in vars(state).items() if _is_internal(value)}
            found += len(names)
            assert names.isdisjoint(state.event_handlers)
    assert found


def test_a_public_method_without_either_mark_still_stops_the_start() -> None:
    assert actions.unmarked() == []

    async def plain(self: rx.State) -> None: ...

    forgotten = type(
        "ForgottenState", (rx.State,), {"__module__": "exports_app.made_up", "plain": plain}
    )
    try:
        assert actions.unmarked() == [f"{forgotten.get_full_name()}.plain"]
    finally:
        for name in list(RegistrationContext.get().event_handlers):
            if name.startswith(f"{forgotten.get_full_name()}."):
                del RegistrationContext.get().event_handlers[name]


def _is_internal(value: object) -> bool:
    return type(value) is type(CountedState.__dict__["count"])
