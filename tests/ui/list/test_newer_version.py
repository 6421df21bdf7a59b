"""The pages about what a newer version stored."""

import asyncio
import pickle

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.history.file_downloads import FileDownloadsState
from exports_app.ui.pages.scheduled_exports.history.opened_run import OpenedRun
from exports_app.ui.pages.scheduled_exports.history.run_table import RunTable
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from exports_app.ui.pages.settings.audit.state import AuditState
from exports_app.ui.pages.settings.members.state import MembersState
from exports_app.ui.pages.settings.users.state import UsersState
from exports_app.wiring import Services
from tests.newer_version import UNHEARD, make_newer_rows
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast


def test_every_page_shows_the_text(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
    cast: Cast,
) -> None:
    rows = make_newer_rows(services, cast)

    async def play() -> None:
        address = f"/scheduled-exports/{rows.schedule.id}?run={rows.run.id}"
        tab.root.router_data = {"asPath": address, "pathname": address.split("?", maxsplit=1)[0]}
        await sign_in(admin, acme)
        await tab.do(ScheduledExports.arrive)
        await tab.do(ScheduledExports.refresh)
        assert [row.status_word for row in (await tab.state(ListState)).rows] == [UNHEARD]
        history = await tab.state(HistoryState)
        table, details = await tab.state(RunTable), await tab.state(OpenedRun)
        (run,) = table.rows
        assert (run.status_word, run.how.partition(" · ")[0]) == (UNHEARD, UNHEARD)
        assert table.summary == f"Last 1 run: 1 {UNHEARD}"
        assert [delivery.word for delivery in details.deliveries] == [UNHEARD]
        assert {notice.what for notice in history.notices} == {UNHEARD}
        detail = details.detail
        assert not any((detail.can_cancel, detail.can_rerun, detail.can_resend, detail.can_retry))
        (download,) = (await tab.state(FileDownloadsState)).rows
        assert download.how.startswith(UNHEARD[:10])
        await tab.do(AuditState.refresh)
        assert "planet.moved" in {row.what for row in (await tab.state(AuditState)).rows}
        await tab.do(MembersState.refresh)
        assert UNHEARD in {row.role for row in (await tab.state(MembersState)).rows}
        assert pickle.loads(pickle.dumps(table.rows)) == table.rows
        await tab.do(EditorState.begin, rows.schedule.id)
        assert (await tab.state(DraftState)).values["format"] == UNHEARD
        await sign_in(super_admin, acme)
        await tab.do(UsersState.refresh)

    asyncio.run(play())
