"""Loading the list without a browser."""

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.scheduled_exports.list.state import ListState
from exports_app.ui.pages.scheduled_exports.page import ScheduledExports
from tests.ui.conftest import SignIn, Tab


async def load(
    tab: Tab, sign_in: SignIn, who: Principal, tenant: Tenant, address: str = "/scheduled-exports"
) -> ListState:
    tab.root.router_data = {"asPath": address, "pathname": address.split("?", maxsplit=1)[0]}
    await sign_in(who, tenant)
    await tab.do(ScheduledExports.arrive)
    await tab.do(ScheduledExports.refresh)
    return await tab.state(ListState)
