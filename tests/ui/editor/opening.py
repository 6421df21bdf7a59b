"""Opening the form and filling it in, without a browser."""

from typing import Any

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab


async def opened(
    tab: Tab, sign_in: SignIn, who: Principal, tenant: Tenant, schedule_id: str = ""
) -> DraftState:
    await sign_in(who, tenant)
    await tab.do(EditorState.begin, schedule_id)
    return await tab.state(DraftState)


async def put(tab: Tab, **values: str) -> None:
    for name, value in values.items():
        await tab.do(Fields.put, name, value)


def only_schedule(services: Services) -> Any:
    with services.store.read() as tx:
        from exports_app.services.core.records import Page

        found, _ = tx.schedules.find(None, {}, "", Page(sort="name"))
    (one,) = found
    return one
