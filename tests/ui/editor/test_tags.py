"""The tags of a scheduled export in the form."""

import asyncio

from exports_app.domain.access import Principal
from exports_app.services.core.records import Schedule, Tenant
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.list.loading import load
from tests.world import make_schedule, stored


def test_are_typed_removed_and_saved(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, tags=("Finance", "EU"))

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(EditorState.begin, schedule.id)
        draft = await tab.state(DraftState)
        assert (draft.tags, draft.dirty) == (["Finance", "EU"], False)
        await tab.do(Fields.add_tags, " eu, Weekly;Board\n")
        await tab.do(Fields.drop_tag, "Finance")
        assert (draft.tags, draft.dirty) == (["EU", "Weekly", "Board"], True)
        await tab.do(Fields.drop_last_tag)
        await tab.do(EditorState.save)
        assert stored(services, schedule).tags == ["EU", "Weekly"]
        assert not draft.is_open

    asyncio.run(play())


def test_a_copy_has_them_too(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    schedule = make_schedule(services, admin, tags=("Finance",))

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(EditorState.duplicate, schedule.id)
        assert (await tab.state(DraftState)).tags == ["Finance"]

    asyncio.run(play())


def test_wrong_ones_are_marked(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant, services: Services
) -> None:
    schedule: Schedule = make_schedule(services, admin)

    async def play() -> None:
        await load(tab, sign_in, admin, acme)
        await tab.do(EditorState.begin, schedule.id)
        draft = await tab.state(DraftState)
        for text, error in (
            ("x" * 41, "Use at most 40 characters"),
            (",".join(f"tag {i}" for i in range(11)), "Use at most 10 tags"),
        ):
            await tab.do(Fields.add_tags, text)
            await tab.do(EditorState.save)
            assert draft.errors == {"tags": error}
            assert draft.focus.startswith("tags#")
            for tag in draft.tags:
                await tab.do(Fields.drop_tag, tag)
            assert draft.errors == {}

    asyncio.run(play())
