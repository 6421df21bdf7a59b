"""The deliveries of a webhook without a browser."""

import asyncio

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.services.webhooks.rules import WebhookDraft
from exports_app.ui.framework.browser_commands import BrowserCommands, Step
from exports_app.ui.pages.webhooks import deliveries as module
from exports_app.ui.pages.webhooks.actions import REPLAY, WebhookActions
from exports_app.ui.pages.webhooks.deliveries import DeliveriesState
from exports_app.ui.pages.webhooks.listing import WebhooksState
from exports_app.ui.pages.webhooks.state import WebhooksPage
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.webhooks.conftest import send_all
from tests.receiver import Answer, Receiver
from tests.ui.conftest import SignIn, Tab
from tests.ui.webhooks.conftest import arrive
from tests.world import make_schedule


@pytest.fixture
def webhook_id(services: Services, admin: Principal, listener: Receiver) -> str:
    draft = WebhookDraft("Warehouse", listener.url, ["export.schedule.created"])
    known, _ = services.webhooks.create(admin, None, draft)
    return known.webhook.id


async def address(tab: Tab) -> tuple[str, str]:
    commands = await tab.state(BrowserCommands)
    return commands.address, commands.way


def test_a_test_is_sent_and_its_result_is_told(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    webhook_id: str,
    listener: Receiver,
    clock: FakeClock,
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab, f"/webhooks/{webhook_id}")
        page, listed = await tab.state(DeliveriesState), await tab.state(WebhooksState)
        assert (listed.one.name, listed.one.state, page.rows) == ("Warehouse", "new", [])
        await tab.do(WebhookActions.test, webhook_id)
        [row] = page.rows
        assert (row.event, row.word, row.can_redeliver) == ("Test", "Waiting", True)
        assert send_all(services) == 1
        await tab.do(WebhooksPage.refresh)
        [row] = page.rows
        assert (row.word, row.look, row.answer) == ("Delivered", "completed", "Answered 200")
        assert listed.one.state == "ok"
        listener.answers["/"] = Answer(500, body=b"<b>broken</b>")
        clock.advance(seconds=1)
        await tab.do(WebhookActions.test, webhook_id)
        assert send_all(services) == 1
        await tab.do(WebhooksPage.refresh)
        await tab.do(WebhooksPage.refresh)  # each result is told once
        notices = await tab.notices()
        assert [notice.level for notice in notices] == ["info", "success", "info", "error"]
        assert notices[1].text.startswith("“Warehouse” answered 200 in ")
        assert notices[3].text == "The test of “Warehouse” failed: the server answered 500"
        assert notices[3].href == f"/webhooks/{webhook_id}?delivery={page.rows[0].id}"

    asyncio.run(play())


def test_a_delivery_shows_what_was_sent_and_answered(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    webhook_id: str,
    listener: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SIZE", 1)
    make_schedule(services, admin, name="Wöchentlich")
    listener.answers["/"] = Answer(410, body=b"<b>gone</b>")
    assert send_all(services) == 1
    services.webhooks.update(admin, webhook_id, {"is_active": True})
    listener.answers.clear()

    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab, f"/webhooks/{webhook_id}")
        page = await tab.state(DeliveriesState)
        [row] = page.rows
        assert (row.word, row.can_redeliver, page.opened) == ("Failed", True, "")
        await tab.do(WebhooksPage.unfold, row.id)
        assert await address(tab) == (f"/webhooks/{webhook_id}?delivery={row.id}", Step.NEXT)
        [received] = listener.received
        assert page.sent.body.encode() == received.body
        assert f"webhook-id: {received.id}" in page.sent.headers
        [attempt] = page.attempts
        assert (attempt.outcome, attempt.look, attempt.body) == ("410", "failed", "<b>gone</b>")
        assert attempt.head.startswith("HTTP/1.0 410\n")
        await tab.do(WebhookActions.redeliver, row.id)
        assert page.rows[0].word == "Waiting"
        await tab.do(WebhookActions.redeliver, "no id")
        assert send_all(services) == 1
        await tab.do(WebhooksPage.refresh)
        assert [one.number for one in page.attempts] == ["Attempt 2", "Attempt 1"]
        assert (page.rows[0].word, page.rows[0].attempts) == ("Delivered", "2 attempts")
        # Its address leads to it also where it is on another page
        await tab.do(WebhooksPage.unfold, row.id)
        assert (await address(tab))[1] == Step.BACK
        await tab.do(WebhookActions.test, webhook_id)
        await arrive(tab, f"/webhooks/{webhook_id}?delivery={row.id}")
        assert (page.rows[0].id, page.total) == (row.id, 2)
        assert len(page.attempts) == 2
        await arrive(tab, f"/webhooks/{webhook_id}?delivery=gone")
        assert page.opened == ""

    asyncio.run(play())


def test_the_filters_and_the_page_stand_in_the_address(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    webhook_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SIZE", 2)
    for number in range(3):
        make_schedule(services, admin, name=f"Export {number}")
    assert send_all(services) == 3
    services.webhooks.send_test(admin, webhook_id)

    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab, f"/webhooks/{webhook_id}?status=delivered&event=nothing&page=9")
        page = await tab.state(DeliveriesState)
        assert (page.view, page.number) == ({"status": "delivered", "event": ""}, 2)
        assert (len(page.rows), page.counted, page.last) == (1, "3 deliveries", True)
        await tab.do(WebhooksPage.choose, "status", "pending")
        assert [row.event for row in page.rows] == ["Test"]
        assert await address(tab) == (f"/webhooks/{webhook_id}?status=pending", Step.NEXT)
        await tab.do(WebhooksPage.choose, "status", "moon")
        await tab.do(WebhooksPage.choose, "moon", "pending")
        assert page.view["status"] == "pending"
        await tab.do(WebhooksPage.clear)
        await tab.do(WebhooksPage.turn, 1)
        assert (page.number, len(page.rows), page.counted) == (2, 2, "4 deliveries")
        assert await address(tab) == (f"/webhooks/{webhook_id}?page=2", Step.NEXT)
        await tab.do(WebhooksPage.step, f"/webhooks/{webhook_id}?event=ping")
        assert [row.type for row in page.rows] == ["ping"]
        await tab.do(WebhooksPage.step, "/webhooks")
        assert [row.name for row in (await tab.state(WebhooksState)).rows] == ["Warehouse"]

    asyncio.run(play())


def test_replaying_asks_with_the_count(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    webhook_id: str,
    clock: FakeClock,
) -> None:
    make_schedule(services, admin, name="Old")
    services.webhooks.update(admin, webhook_id, {"is_active": False})
    services.webhooks.update(admin, webhook_id, {"is_active": True})
    clock.advance(days=2)
    make_schedule(services, admin, name="New")
    services.webhooks.update(admin, webhook_id, {"is_active": False})
    services.webhooks.update(admin, webhook_id, {"is_active": True})

    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab, f"/webhooks/{webhook_id}")
        asked, page = await tab.state(WebhookActions), await tab.state(DeliveriesState)
        await tab.do(WebhookActions.replay)
        await tab.do(WebhookActions.ask, REPLAY, webhook_id)
        assert (asked.since, asked.count) == ("24", 1)
        await tab.do(WebhookActions.choose_since, "168")
        await tab.do(WebhookActions.choose_since, "moon")
        assert (asked.since, asked.count) == ("168", 2)
        assert {row.word for row in page.rows} == {"Cancelled"}
        await tab.do(WebhookActions.replay)
        assert {row.word for row in page.rows} == {"Waiting"}
        assert await tab.texts() == ["2 messages will be sent again"]
        await tab.do(WebhookActions.ask, REPLAY, webhook_id)
        assert asked.count == 0

    asyncio.run(play())
