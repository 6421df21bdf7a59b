"""Who may, before any handler runs: what counts as a request."""

import asyncio

import pytest
import structlog

from exports_app.domain.errors import TooManyRequests
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page
from exports_app.services.identity.sessions import id_of
from exports_app.settings import Settings
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.guard import LOAD
from exports_app.ui.framework.session import SessionState
from exports_app.ui.websockets.gate import HYDRATE
from exports_app.wiring import Services
from tests.ui.conftest import Tab
from tests.ui.framework.guarded import CLEAR, MANAGED, REFRESH, SET_HYDRATED, Guarded
from tests.world import Cast


class TestWhereItCameFrom:
    def test_each_event_has_an_id_and_its_browser_as_a_call_of_the_api_has(
        self, guarded: Guarded, services: Services, cast: Cast
    ) -> None:
        async def play() -> None:
            secret = guarded.as_user(services, cast.viewer.user)
            guarded.tab.root.router_data["headers"]["user-agent"] = "Firefox\t1.0"
            await guarded.event(REFRESH)
            first = request_context.current()
            assert await guarded.event(MANAGED) is not None
            second = request_context.current()
            assert (second.device, second.session) == ("Firefox1.0", id_of(secret))
            assert len({first.request_id, second.request_id, ""}) == 3
            assert structlog.contextvars.get_contextvars()["request"] == second.request_id
            services.repeated_entries.flush()
            found, _ = services.audit.find(
                cast.super_admin.who, None, AuditFilter("access"), Page()
            )
            assert [(entry.request_id, entry.session) for entry in found] == [
                (second.request_id, second.session)
            ]

        asyncio.run(play())


class TestRequests:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limit_api": "5/minute"})

    @pytest.mark.parametrize("name", [REFRESH, CLEAR, LOAD, *sorted(HYDRATE)])
    def test_of_a_page_are_limited_like_those_of_the_api_and_together_with_them(
        self, guarded: Guarded, services: Services, cast: Cast, name: str
    ) -> None:
        async def play() -> None:
            guarded.as_user(services, cast.admin.user)
            token = services.auth.token_for(cast.admin.user).access_token
            services.auth.principal(token)
            for _ in range(4):
                assert await guarded.event(name) is None
            refused = await guarded.event(name)
            assert refused.events == []
            text = str(TooManyRequests(1))
            notices, session = [
                await guarded.tab.state(kind) for kind in (BrowserCommands, SessionState)
            ]
            assert ([item.text for item in notices.items], session.failed) == (
                ([], text) if name in HYDRATE else ([text], "")
            )
            with pytest.raises(TooManyRequests):
                services.auth.principal(token)

        asyncio.run(play())

    def test_that_the_server_pushes_or_that_follow_from_one_count_for_nothing(
        self, guarded: Guarded, services: Services, cast: Cast
    ) -> None:
        async def play() -> None:
            guarded.as_user(services, cast.admin.user)
            for _ in range(20):
                assert await guarded.event(REFRESH, pushed=True) is None
                assert await guarded.event(SET_HYDRATED) is None
                assert await guarded.event(LOAD, pushed=True) is None
            assert await guarded.event(REFRESH) is None
            assert len(guarded.seen) == 21

        asyncio.run(play())

    def test_of_another_person_are_counted_apart(
        self, guarded: Guarded, services: Services, cast: Cast
    ) -> None:
        async def play() -> None:
            guarded.as_user(services, cast.admin.user)
            for _ in range(6):
                await guarded.event(CLEAR)
            other = Guarded(Tab())
            other.as_user(services, cast.outsider.user)
            assert await other.event(CLEAR) is None

        asyncio.run(play())
