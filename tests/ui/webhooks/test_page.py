"""The page of the webhooks without a browser: the list, the form, what is asked."""

import asyncio
from dataclasses import replace

from exports_app.domain.access import Principal, Role
from exports_app.services.core.records import Membership, Tenant
from exports_app.services.events.kinds import CHOICES
from exports_app.services.webhooks.rules import WebhookDraft
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.session import SessionState
from exports_app.ui.layout.schedule_choice.state import ScheduleChoice
from exports_app.ui.pages.scheduled_exports.editor.listeners import Listeners
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.webhooks.actions import DELETE, ROTATE, WebhookActions
from exports_app.ui.pages.webhooks.form import ALL_GONE, GONE, NO_EVENT, WebhookForm
from exports_app.ui.pages.webhooks.fresh_secret import FreshSecret
from exports_app.ui.pages.webhooks.listing import WebhooksState
from exports_app.wiring import Services
from tests.receiver import Receiver
from tests.ui.conftest import SignIn, Tab
from tests.ui.webhooks.conftest import arrive
from tests.world import Cast, make_schedule
from tests.world import sign_in as session_of

RUN_FAILED = {"event-export.run.failed": "on"}


def form(url: str, name: str = "Warehouse") -> dict[str, str]:
    return {"webhook-name": name, "webhook-url": url, **RUN_FAILED}


async def create(tab: Tab, url: str, name: str = "Warehouse") -> str:
    """Its id."""
    await tab.do(WebhookForm.begin, "")
    await tab.do(WebhookForm.save, form(url, name))
    await tab.do(FreshSecret.forget)
    rows = (await tab.state(WebhooksState)).rows
    return next(row.id for row in rows if row.name == name)


def test_a_webhook_is_created_and_its_secret_is_shown_once(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab)
        listed, opened = await tab.state(WebhooksState), await tab.state(WebhookForm)
        fresh = await tab.state(FreshSecret)
        assert (listed.rows, listed.loaded) == ([], True)
        await tab.do(WebhookForm.begin, "")
        assert (opened.is_open, len(opened.events)) == (True, 4)
        await tab.do(WebhookForm.save, {"webhook-name": "", "webhook-url": "http://10.0.0.1/"})
        assert set(opened.errors) == {"webhook-name", "webhook-url", "webhook-events"}
        assert opened.errors["webhook-events"] == NO_EVENT
        assert opened.focus == "webhook-name#1"
        await tab.do(WebhookForm.save, form(f" https://example.com/{'t' * 1_500} "))
        assert not opened.is_open
        secret = fresh.secret
        assert (secret[:6], fresh.name, fresh.rotated) == ("whsec_", "Warehouse", False)
        [row] = listed.rows
        assert (row.name, row.host, row.events) == ("Warehouse", "example.com", "Run failed")
        assert (row.schedules, row.state, row.active) == ("All scheduled exports", "new", True)
        await tab.do(FreshSecret.forget)
        everything = repr([each.dict() for each in (listed, opened, fresh)])
        assert secret not in everything
        assert "tttt" not in everything, "the address may hold a secret"

    asyncio.run(play())


def test_a_webhook_is_changed_and_limited_to_chosen_scheduled_exports(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    chosen, other = (make_schedule(services, admin, name=name) for name in ("Chosen", "Other"))

    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab)
        webhook_id = await create(tab, "https://example.com/a")
        opened, schedules = await tab.state(WebhookForm), await tab.state(ScheduleChoice)
        await tab.do(WebhookForm.begin, webhook_id)
        assert (opened.name, opened.url) == ("Warehouse", "https://example.com/a")
        assert (opened.events, schedules.chosen) == (["export.run.failed"], [])
        await tab.do(ScheduleChoice.opened, True)
        await tab.do(ScheduleChoice.toggle, chosen.id)
        everything = {f"event-{kind}": "on" for kind in CHOICES}
        await tab.do(WebhookForm.save, form("https://example.com/b", "Other") | everything)
        [row] = (await tab.state(WebhooksState)).rows
        assert (row.name, row.events, row.schedules) == (
            "Other",
            "All events",
            "1 scheduled export",
        )
        assert services.webhooks.get(admin, webhook_id).webhook.url == "https://example.com/b"
        # One that is gone is named, and what is saved meanwhile elsewhere is not overwritten
        await tab.do(WebhookForm.begin, webhook_id)
        assert [one.name for one in schedules.chosen] == ["Chosen"]
        await tab.do(ScheduleChoice.opened, True)
        await tab.do(ScheduleChoice.toggle, other.id)
        services.schedules.delete(admin, chosen.id)
        await tab.do(WebhookForm.save, form("https://example.com/b"))
        assert opened.errors == {"webhook-schedules": GONE}
        services.webhooks.update(admin, webhook_id, {"name": "Meanwhile"})
        await tab.do(WebhookForm.save, form("https://example.com/b"))
        assert services.webhooks.get(admin, webhook_id).webhook.name == "Meanwhile"
        assert opened.is_open
        await tab.do(WebhookForm.begin, webhook_id)
        assert opened.errors == {"webhook-schedules": ALL_GONE}
        await tab.do(WebhookForm.close)
        assert (opened.is_open, opened.url) == (False, "")

    asyncio.run(play())


def test_deleting_and_rotating_ask_first(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab)
        webhook_id = await create(tab, "https://example.com/a")
        asked, fresh = await tab.state(WebhookActions), await tab.state(FreshSecret)
        await tab.do(WebhookActions.delete)
        await tab.do(WebhookActions.rotate)
        await tab.do(WebhookActions.ask, ROTATE, webhook_id)
        assert (asked.asking, asked.ask_name) == (ROTATE, "Warehouse")
        await tab.do(WebhookActions.delete)  # that was not asked
        assert fresh.secret == ""
        await tab.do(WebhookActions.ask, ROTATE, webhook_id)
        await tab.do(WebhookActions.rotate)
        assert (fresh.secret[:6], fresh.rotated) == ("whsec_", True)
        [row] = (await tab.state(WebhooksState)).rows
        assert row.previous_until != ""
        await tab.do(WebhookActions.ask, DELETE, webhook_id)
        await tab.do(WebhookActions.keep)
        await tab.do(WebhookActions.delete)
        assert services.webhooks.find(admin, acme.id)
        await arrive(tab, f"/webhooks/{webhook_id}")
        assert fresh.secret == "", "another page is shown now"
        await tab.do(WebhookActions.ask, DELETE, webhook_id)
        assert await tab.do(WebhookActions.delete) is not None, "the list is opened"
        assert services.webhooks.find(admin, acme.id) == []
        assert await tab.texts() == ["“Warehouse” was deleted"]

    asyncio.run(play())


def test_switching_off_and_on_shows_it(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await arrive(tab)
        webhook_id = await create(tab, "https://example.com/a")
        listed = await tab.state(WebhooksState)
        for active, state in ((False, "off"), (True, "new")):
            await tab.do(WebhookActions.toggle, webhook_id, active)
            assert [(row.active, row.state) for row in listed.rows] == [(active, state)]
        with services.store.write() as tx:
            reason = {"disabled_reason": "its server answered 410: the address is gone"}
            tx.webhooks.disable(webhook_id, reason)
        await arrive(tab)
        assert listed.rows[0].reason == "Its server answered 410: the address is gone"

    asyncio.run(play())


def test_a_viewer_and_another_tenant_see_nothing_of_them(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast, listener: Receiver
) -> None:
    with services.store.write() as tx:
        tx.users.join(Membership(cast.admin.user.id, cast.globex.id, Role.ADMIN))
    roles = dict.fromkeys((cast.acme.id, cast.globex.id), Role.ADMIN)
    both = replace(cast.admin.who, roles=roles)

    async def play() -> None:
        await sign_in(both, cast.acme)
        await arrive(tab)
        webhook_id = await create(tab, listener.url)
        listed, opened = await tab.state(WebhooksState), await tab.state(WebhookForm)
        await arrive(tab, f"/webhooks/{webhook_id}")
        await tab.do(WebhookForm.begin, webhook_id)
        actions.begin(Actor(both, session_of(services, cast.admin.user), cast.acme.id))
        await tab.do(SessionState.switch, cast.globex.id)
        goto = (await tab.state(BrowserCommands)).goto
        assert goto == f"/webhooks?tenant={cast.globex.slug}"
        assert (opened.is_open, opened.url) == (False, "")
        await arrive(tab, f"/webhooks/{webhook_id}")
        assert (listed.gone, listed.one.name) == (True, "")
        await arrive(tab)
        assert listed.rows == []
        for who, tenant in ((cast.viewer.who, cast.acme), (cast.outsider.who, cast.globex)):
            actions.begin(Actor(who, "a session", tenant.id))
            await tab.do(SessionState.enter)
            await arrive(tab, f"/webhooks/{webhook_id}")
            await tab.do(WebhookForm.begin, webhook_id)
            await tab.do(WebhookActions.toggle, webhook_id, False)
            assert (listed.one.name, opened.is_open) == ("", False)
        assert services.webhooks.get(both, webhook_id).webhook.is_active

    asyncio.run(play())


def test_the_form_of_a_scheduled_export_says_which_webhooks_get_its_events(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    one, other = (make_schedule(services, admin, name=name) for name in ("One", "Other"))
    for name, ids, active in (
        ("Everything", None, True),
        ("One alone", [one.id], True),
        ("Off", None, False),
    ):
        draft = WebhookDraft(name, "https://example.com", ["export.run.failed"], ids, active)
        services.webhooks.create(admin, None, draft)

    async def play() -> None:
        await sign_in(admin, acme)
        listeners = await tab.state(Listeners)
        for schedule_id, names in (
            (one.id, "Everything, One alone"),
            (other.id, "Everything"),
            ("", "Everything"),
        ):
            await tab.do(EditorState.begin, schedule_id)
            assert listeners.names == names
            await tab.do(EditorState.drop_changes)

    asyncio.run(play())
