"""*Copy as YAML*: a scheduled export as a definition that can be applied."""

import asyncio

from exports_app.api.definition_body import of_yaml
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.scheduled_exports.as_code.state import YamlState
from exports_app.ui.pages.scheduled_exports.history.state import HistoryState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast, make_schedule


def test_a_viewer_copies_one_and_it_can_be_applied(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast, acme: Tenant
) -> None:
    admin, viewer = cast.admin.who, cast.viewer.who
    make_schedule(services, admin, name="Other")
    schedule = make_schedule(services, admin, name="Mine", description="Two\nlines")

    async def play() -> str:
        await sign_in(viewer, acme)
        await tab.do(HistoryState.show, schedule.id)
        await tab.do(YamlState.show, schedule.id)
        shown = await tab.state(YamlState)
        assert (shown.is_open, shown.name) == (True, "Mine")
        await tab.do(YamlState.close)
        assert not shown.is_open
        return shown.text

    text = asyncio.run(play())
    assert text.startswith("# yaml-language-server: $schema=")
    assert "\ntenant: acme\nschedules:\n  - slug: mine\n    name: Mine\n" in text
    plan = services.definitions.plan(
        viewer, acme.id, of_yaml(text.encode()).definition, prune=False
    )
    assert (plan.changes, plan.unchanged, plan.others) == ((), 1, 1)


def test_of_another_tenant_nothing_is_shown(
    services: Services, tab: Tab, sign_in: SignIn, cast: Cast, acme: Tenant
) -> None:
    foreign = make_schedule(services, cast.outsider.who)

    async def play() -> None:
        await sign_in(cast.admin.who, acme)
        await tab.do(YamlState.show, foreign.id)
        shown = await tab.state(YamlState)
        assert (shown.is_open, shown.text, len(await tab.texts())) == (False, "", 1)

    asyncio.run(play())
