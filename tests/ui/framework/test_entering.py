"""The page that both those who are signed in and others see."""

import asyncio

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.page import PAGES
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages import not_found
from tests.ui.conftest import Tab


def test_who_is_signed_in_gets_the_header(tab: Tab, admin: Principal, acme: Tenant) -> None:
    async def play() -> None:
        actions.begin(Actor(admin, "a session", acme.id))
        await tab.do(SessionState.enter_if_signed_in)
        page = await tab.state(SessionState)
        assert (page.ready, page.tenant_name) == (True, acme.name)

    asyncio.run(play())


def test_others_get_none(tab: Tab) -> None:
    async def play() -> None:
        await tab.do(SessionState.enter_if_signed_in)
        page = await tab.state(SessionState)
        assert (page.ready, page.tenants, page.failed) == (False, [], "")

    asyncio.run(play())


def test_the_page_for_unknown_addresses_is_one_of_them() -> None:
    (registered,) = [page for page in PAGES if page.view is not_found.not_found]
    assert registered.public
    assert registered.framed
