"""What becomes of a tab whose user may see less than before, and of its session."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from exports_app.domain.access import Permission, Principal, Role
from exports_app.services.core.records import Tenant, User
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.guard import CHANGED, LOAD
from exports_app.ui.framework.live import Live
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.ui.framework.guarded import CLEAR, ENTER, REFRESH, Guarded
from tests.world import Cast, make_schedule, set_role, sign_in


class TestATabWhoseUserMaySeeLess:
    @pytest.fixture
    def loaded(self, guarded: Guarded, services: Services, cast: Cast, admin: Principal) -> Guarded:
        make_schedule(services, admin, name="Hindenburg")
        return guarded

    async def _load(self, guarded: Guarded, services: Services, user: User) -> str:
        secret = guarded.as_user(services, user)
        for handler in (SessionState.enter, ScheduledExports.arrive, ScheduledExports.refresh):
            assert (
                await guarded.event(f"{handler.state.get_full_name()}.{handler.fn.__name__}")
                is None
            )
            await guarded.tab.do(handler)
        assert [row.name for row in (await guarded.tab.state(ListState)).rows] == ["Hindenburg"]
        guarded.tab.root._clean()
        return secret

    async def _is_empty(self, guarded: Guarded, answer: Any) -> None:
        """In the states, and in what the browser is told."""
        listed = await guarded.tab.state(ListState)
        assert listed.rows == []
        (told,) = [held for name, held in answer.delta.items() if name == ListState.get_full_name()]
        assert next(value for name, value in told.items() if name.startswith("rows")) == []
        assert "Hindenburg" not in repr(answer.delta)

    @pytest.mark.parametrize("name", [REFRESH, CLEAR], ids=["pushed", "asked"])
    @pytest.mark.parametrize(
        "other_tenant", [True, False], ids=["with another tenant", "without one"]
    )
    def test_removed_from_the_tenant_it_keeps_no_rows(
        self,
        loaded: Guarded,
        services: Services,
        cast: Cast,
        admin: Principal,
        acme: Tenant,
        globex: Tenant,
        other_tenant: bool,
        name: str,
    ) -> None:
        async def play() -> None:
            set_role(services, cast.viewer.user.id, acme.id, Role.ADMIN)
            if other_tenant:
                set_role(services, cast.viewer.user.id, globex.id, Role.ADMIN)
            await self._load(loaded, services, cast.viewer.user)
            services.members.remove(admin, acme.id, cast.viewer.user.id)
            answer = await loaded.event(name, pushed=name == REFRESH)
            await self._is_empty(loaded, answer)
            assert [event.name for event in answer.events] == [LOAD]
            assert await loaded.tab.texts() == [CHANGED]
            assert await loaded.event(ENTER, pushed=True) is None
            await loaded.tab.do(SessionState.enter)
            assert (await loaded.tab.state(SessionState)).tenant_slug == (
                "globex" if other_tenant else ""
            )

        asyncio.run(play())

    def test_with_a_smaller_role_it_begins_anew(
        self, loaded: Guarded, services: Services, cast: Cast, acme: Tenant, admin: Principal
    ) -> None:
        async def play() -> None:
            await self._load(loaded, services, cast.admin.user)
            set_role(services, admin.user_id, acme.id, Role.VIEWER)
            await self._is_empty(loaded, await loaded.event(REFRESH, pushed=True))

        asyncio.run(play())

    @pytest.mark.parametrize("end", ["signed out", "signed out everywhere", "deactivated"])
    def test_once_signed_out_it_keeps_no_rows_and_leads_to_the_sign_in(
        self,
        loaded: Guarded,
        services: Services,
        cast: Cast,
        admin: Principal,
        super_admin: Principal,
        end: str,
    ) -> None:
        async def play() -> None:
            secret = await self._load(loaded, services, cast.admin.user)
            if end == "signed out":
                services.sessions.end(secret)
            elif end == "deactivated":
                services.user_administration.set_active(super_admin, admin.user_id, active=False)
            else:
                services.own_account.sign_out_everywhere(admin)
            answer = await loaded.event(REFRESH, pushed=True)
            await self._is_empty(loaded, answer)
            (event,) = answer.events
            assert event.name == "_redirect"
            assert (loaded.known[0], loaded.known[-1]) == (True, False)

        asyncio.run(play())

    def test_with_more_rights_it_goes_on(
        self, loaded: Guarded, services: Services, cast: Cast, globex: Tenant
    ) -> None:
        async def play() -> None:
            await self._load(loaded, services, cast.admin.user)
            set_role(services, cast.admin.user.id, globex.id, Role.ADMIN)
            assert await loaded.event(REFRESH, pushed=True) is None
            assert [row.name for row in (await loaded.tab.state(ListState)).rows] == ["Hindenburg"]

        asyncio.run(play())

    def test_a_viewer_who_becomes_an_admin_gets_the_actions_without_a_reload(
        self, loaded: Guarded, services: Services, cast: Cast, acme: Tenant
    ) -> None:
        async def play() -> None:
            await self._load(loaded, services, cast.viewer.user)
            session = await loaded.tab.state(SessionState)
            assert (session.role, Permission.WRITE in session.may) == ("Viewer", False)
            set_role(services, cast.viewer.user.id, acme.id, Role.ADMIN)
            assert await loaded.event(REFRESH, pushed=True) is None
            assert (session.role, Permission.WRITE in session.may) == ("Admin", True)

        asyncio.run(play())


def test_pages_hear_of_it_when_a_session_ends(
    services: Services, cast: Cast, admin: Principal
) -> None:
    from exports_app.services.core.change_events import Change, Topic

    heard: list[Change] = []
    services.changes.subscribe(heard.append)
    secret = sign_in(services, cast.admin.user)
    services.sessions.end(secret)
    assert heard == [Change(Topic.SESSIONS, admin.user_id)]
    services.sessions.end(secret)  # it has ended already
    services.own_account.sign_out_everywhere(admin)
    assert heard == [Change(Topic.SESSIONS, admin.user_id)] * 2
    live = Live()
    live.refreshers = frozenset({REFRESH})
    for key, person in (
        ("mine", cast.admin),
        ("theirs", cast.super_admin),
        ("another's", cast.viewer),
    ):
        live.seen(key, REFRESH, Actor(person.who, "a session", None))
    asyncio.run(_note(live, heard[0]))
    assert {key: watch.dirty for key, watch in live.watches.items()} == {
        "mine": True,
        "theirs": False,
        "another's": False,
    }


class TestASessionThatEnds:
    def test_empties_its_page_which_says_so_at_the_sign_in(
        self, guarded: Guarded, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        make_schedule(services, cast.admin.who, name="Hindenburg")

        async def play() -> None:
            guarded.as_user(services, cast.admin.user)
            assert await guarded.event(ENTER) is None
            await guarded.tab.do(SessionState.enter)
            await guarded.tab.do(ScheduledExports.refresh)
            assert [row.name for row in (await guarded.tab.state(ListState)).rows] == ["Hindenburg"]
            for _ in range(11):
                clock.advance(hours=1)
                assert await guarded.event(REFRESH, pushed=True) is None
            clock.advance(hours=1)
            answer = await guarded.event(REFRESH, pushed=True)
            assert (await guarded.tab.state(ListState)).rows == []
            assert "Hindenburg" not in repr(guarded.tab.root.dict())
            (event,) = answer.events
            assert event.payload["path"] == "/login?next=/scheduled-exports&ended=1"

        asyncio.run(play())

    def test_lives_on_while_somebody_uses_the_page(
        self, guarded: Guarded, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        async def play() -> None:
            guarded.as_user(services, cast.admin.user)
            for _ in range(3):
                clock.advance(hours=11)
                assert await guarded.event(CLEAR) is None

        asyncio.run(play())

    def test_who_never_signed_in_is_not_told_of_an_end(self, guarded: Guarded) -> None:
        async def play() -> None:
            guarded.tab.root.router_data = {
                "headers": {},
                "ip": "192.0.2.1",
                "asPath": "/scheduled-exports",
            }
            (event,) = (await guarded.event(REFRESH)).events
            assert event.payload["path"] == "/login?next=/scheduled-exports"

        asyncio.run(play())

    def test_is_looked_for_when_it_may_have_ended(self, cast: Cast, clock: FakeClock) -> None:
        live = Live()
        live.refreshers = frozenset({REFRESH})

        async def play() -> None:
            early, late = (
                Actor(cast.admin.who, "x", None, clock.now + timedelta(hours=hours))
                for hours in (1, 2)
            )
            live.seen("mine", REFRESH, early)
            live._look_again(clock.now)
            assert not live.watches["mine"].dirty
            live._look_again(clock.advance(hours=1))
            watch = live.watches["mine"]
            assert watch.dirty
            watch.dirty = False
            live._look_again(clock.now)
            assert not watch.dirty  # it was asked already
            live.seen("mine", REFRESH, late)  # used elsewhere meanwhile
            live._look_again(clock.advance(minutes=59))
            assert not watch.dirty
            live._look_again(clock.advance(minutes=1))
            assert watch.dirty

        asyncio.run(play())


async def _note(live: Any, change: Any) -> None:
    live._note(change)
