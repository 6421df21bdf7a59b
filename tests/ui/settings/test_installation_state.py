"""The installation's own pages without a browser."""

import asyncio

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.access import Principal
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Tenant
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.email.state import EmailState
from exports_app.ui.pages.settings.users.state import UsersState
from exports_app.wiring import Services
from tests.mailserver import mail_server
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast, registered


def test_the_mail_settings_are_shown_and_tried(
    tab: Tab, sign_in: SignIn, super_admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(super_admin, acme)
        assert "installation.manage" in (await tab.state(SessionState)).may
        page = await tab.state(EmailState)
        await tab.do(EmailState.refresh)
        assert not page.configured
        assert [(one.name, one.value) for one in page.rows][:2] == [
            ("SMTP_HOST", "not set"),
            ("SMTP_PORT", "587"),
        ]
        with mail_server(refuse={"gone@example.com": "550 no such user"}) as server:
            smtp = SmtpSettings(host=server.host, port=server.port, tls="none")
            with registered(CHANNELS, EmailChannel(smtp)):
                await tab.do(EmailState.refresh)
                assert page.configured
                await tab.do(EmailState.test, {"address": "nobody"})
                assert page.error
                assert (page.outcome, page.busy) == ("", False)
                await tab.do(EmailState.test, {"address": "gone@example.com"})
                assert (page.outcome, page.message, page.error) == (
                    "refused",
                    "550 no such user",
                    "",
                )
                assert "S: 550 no such user" in page.dialogue
                await tab.do(EmailState.test, {"address": "ann@example.com"})
                assert (page.outcome, page.dialogue) == ("accepted", [])
                await tab.do(EmailState.test, {})
                assert page.error

    asyncio.run(play())


def test_accounts_are_searched_reset_and_deactivated(
    services: Services, tab: Tab, sign_in: SignIn, super_admin: Principal, acme: Tenant, cast: Cast
) -> None:
    async def play() -> None:
        await sign_in(super_admin, acme)
        page = await tab.state(UsersState)
        await tab.do(UsersState.refresh)
        assert [(one.name, one.belongs, one.is_me) for one in page.rows] == [
            ("Admin", "Acme (admin)", False),
            ("Outsider", "Globex (admin)", False),
            ("Super", "every tenant", True),
            ("Viewer", "Acme (viewer)", False),
        ]
        assert (page.counted, page.last) == ("4 accounts", True)
        await tab.do(UsersState.search, "viewer")
        assert [one.name for one in page.rows] == ["Viewer"]

        await tab.do(UsersState.ask, cast.viewer.user.id, "renew")
        await tab.do(UsersState.confirm)
        assert page.fresh_email == cast.viewer.user.email
        services.password_resets.check(page.fresh_link.partition("#")[2])
        await tab.do(UsersState.forget)
        assert (page.fresh_email, page.fresh_link) == ("", "")

        await tab.do(UsersState.ask, cast.viewer.user.id, "deactivate")
        assert (page.asking, page.ask_name) == (cast.viewer.user.id, "Viewer")
        await tab.do(UsersState.keep)
        await tab.do(UsersState.confirm)
        assert page.rows[0].active
        await tab.do(UsersState.ask, cast.viewer.user.id, "deactivate")
        await tab.do(UsersState.confirm)
        assert (page.rows[0].active, page.asking) == (False, "")
        await tab.do(UsersState.activate, cast.viewer.user.id)
        assert page.rows[0].active
        await tab.do(UsersState.ask, super_admin.user_id, "deactivate")
        await tab.do(UsersState.confirm)
        assert (await tab.texts())[-1].startswith("You cannot deactivate yourself")
        await tab.do(UsersState.ask, super_admin.user_id, "renew")
        await tab.do(UsersState.confirm)
        assert (await tab.texts())[-1].startswith("Change your own password under Account")
        assert page.fresh_link == ""
        for handler, values in (
            (UsersState.ask, ("nonsense", "renew")),
            (UsersState.activate, ("nonsense",)),
        ):
            await tab.do(handler, *values)
            assert (await tab.texts())[-1] == "This does not exist, or you do not have access to it"

    asyncio.run(play())


def test_who_lost_the_right_meanwhile_sees_nothing_new(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    """Past the Guard, as it were: the service refuses too."""

    async def play() -> None:
        await sign_in(admin, acme)
        assert "installation.manage" not in (await tab.state(SessionState)).may
        await tab.do(UsersState.refresh)
        page = await tab.state(UsersState)
        assert (page.rows, page.failed) == (
            [],
            "This does not exist, or you do not have access to it",
        )
        await tab.do(EmailState.refresh)
        assert (await tab.state(EmailState)).rows == []

    asyncio.run(play())
