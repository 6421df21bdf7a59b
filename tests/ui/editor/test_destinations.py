"""The destinations of a scheduled export in its form, and in the list."""

import asyncio
from pathlib import Path

import pytest

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.services.core.records import Destination, Tenant
from exports_app.services.runs.mailings import Mailing, ToDestinations
from exports_app.ui.pages.scheduled_exports.editor.conflict import THEIRS, ConflictState
from exports_app.ui.pages.scheduled_exports.editor.destinations import DestinationPicker
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.scheduled_exports.list.rows import Row
from exports_app.ui.pages.scheduled_exports.sending.words import Kind, ToType, options, to_type
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.editor.opening import only_schedule, opened, put
from tests.ui.list.loading import load
from tests.world import Cast, make_schedule, stored


@pytest.fixture
def places(
    services: Services,
    admin: Principal,
    acme: Tenant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Destination]:
    monkeypatch.setenv("EXPORT_FOLDERS", str(tmp_path))
    create = services.destinations.create
    return [
        create(admin, acme.id, "folder", name, {}, is_active=name != "Off")
        for name in ("Archive", "Off", "Share")
    ]


def chosen(picker: DestinationPicker) -> list[tuple[str, bool]]:
    return [(one.name, one.works) for one in picker.chosen]


def test_a_new_one_may_have_destinations_alone(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    places: list[Destination],
) -> None:
    archive, off, share = places

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, name="Nightly")
        await tab.do(EditorState.save)
        assert draft.errors == {"recipients": "Add at least one recipient or destination"}
        picker = await tab.state(DestinationPicker)
        await tab.do(DestinationPicker.opened, True)
        assert [(one.name, one.works) for one in picker.options] == [
            *(("Archive", True), ("Off", False), ("Share", True)),
        ]
        await tab.do(DestinationPicker.search, " SHA")
        assert [one.name for one in picker.options] == ["Share"]
        await tab.do(DestinationPicker.toggle, share.id)
        assert picker.options[0].chosen
        await tab.do(DestinationPicker.toggle, off.id)
        await tab.do(DestinationPicker.toggle, archive.id)
        assert chosen(picker) == [("Share", True), ("Off", False), ("Archive", True)]
        await tab.do(DestinationPicker.toggle, off.id)
        assert (draft.errors, draft.dirty) == ({}, True)
        await tab.do(EditorState.save)
        assert not draft.is_open
        made = only_schedule(services)
        assert (made.recipients, made.destination_ids) == ([], [share.id, archive.id])
        await tab.do(EditorState.begin, made.id)
        assert (draft.destination_ids, draft.dirty) == ([share.id, archive.id], False)
        await tab.do(DestinationPicker.toggle, archive.id)
        kept = draft.kept
        await tab.do(EditorState.drop_changes)
        await tab.do(EditorState.restore, kept)
        assert (draft.destination_ids, draft.dirty) == ([share.id], True)
        assert chosen(picker) == [("Share", True)]
        await tab.do(EditorState.drop_changes)
        await tab.do(EditorState.duplicate, made.id)
        assert draft.destination_ids == [share.id, archive.id]

    asyncio.run(play())


def test_there_is_a_most_and_saving_judges_which_exist(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    unknown = [f"00000000-0000-4000-8000-{number:012}" for number in range(11)]

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, name="Nightly")
        for one in unknown:
            await tab.do(DestinationPicker.toggle, one)
        picker = await tab.state(DestinationPicker)
        assert (len(draft.destination_ids), picker.is_full) == (bounds.DESTINATIONS, True)
        assert picker.chosen[0].name == "a deleted destination"
        await tab.do(EditorState.save)
        assert draft.errors == {"destinations": "No destination of this tenant has this ID"}

    asyncio.run(play())


def test_what_someone_else_chose_meanwhile_is_named(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    cast: Cast,
    places: list[Destination],
) -> None:
    archive, _, share = places
    schedule = make_schedule(services, admin, destination_ids=(archive.id,))

    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme, schedule.id)
        await tab.do(Fields.put, "name", "Mine")
        theirs = {"destination_ids": (archive.id, share.id)}
        await asyncio.to_thread(
            services.schedules.update, cast.super_admin.who, schedule.id, theirs
        )
        await tab.do(EditorState.save)
        (one,) = (await tab.state(ConflictState)).differences
        assert (one.label, one.mine, one.theirs) == (
            *("Destinations", "Archive"),
            "Archive, Share",
        )
        assert (one.choice, one.who) == (THEIRS, cast.super_admin.user.name)
        assert chosen(await tab.state(DestinationPicker)) == [("Archive", True), ("Share", True)]
        await tab.do(EditorState.save)
        assert not draft.is_open
        assert stored(services, schedule).destination_ids == [archive.id, share.id]

    asyncio.run(play())


def test_the_list_names_them_for_readers_too(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    cast: Cast,
    places: list[Destination],
) -> None:
    archive, off, share = places
    make_schedule(services, admin, name="A", destination_ids=(share.id, off.id, archive.id))
    make_schedule(services, admin, name="B")

    def told(row: Row) -> tuple[str, str, str, int]:
        return row.destination, row.channel, row.other_destinations, row.more_destinations

    async def play() -> None:
        listed = await load(tab, sign_in, cast.viewer.who, acme)
        assert {row.name: told(row) for row in listed.rows} == {
            "A": ("Share", "folder", "Off, Archive", 2),
            "B": ("", "", "", 0),
        }

    asyncio.run(play())


def test_the_question_before_a_run_names_them() -> None:
    def first(mailing: Mailing) -> tuple[str, str]:
        option = options(Kind.RUN, mailing, "me@example.com")[0]
        return option.words, option.note

    share = ToDestinations(1, ("Share",))
    alone = Mailing(("A",), 1, 0, (), share)
    assert first(alone) == ("Send to the destinations", "1 file to “Share”")
    assert first(alone.times(3))[1] == "3 files to “Share”"
    all_kinds = Mailing(
        *(("A",), 1, 1, ("ann@example.com",)),
        ToDestinations(2, ("Share", "Archive")),
        ToDestinations(1, ("#sales",)),
        ("Old",),
    )
    words, note = first(all_kinds)
    assert words == "Send to the recipients and destinations"
    assert note == (
        "1 email to ann@example.com; 2 files to “Share”, “Archive”; 1 message to “#sales”. "
        "“Old” is not active and gets nothing"
    )
    idle = Mailing(("A",), 1, 0, (), idle=("Old", "Older"))
    assert first(idle)[1] == "No emails. “Old”, “Older” are not active and get nothing"


def test_emails_and_messages_are_counted_to_be_typed_and_files_in_stores_are_not() -> None:
    six = Mailing(
        *(("A",), 1, 6, ("ann@example.com",)),
        ToDestinations(50, ("Share",)),
        ToDestinations(5, ("#sales",)),
    )
    everyone = SendTo.RECIPIENTS
    assert to_type(six, everyone) == ToType("11", "emails and messages")
    assert to_type(six, everyone, mails=False) == to_type(six, SendTo.NOBODY) == ToType()
    assert to_type(six.times(3), everyone, mails=False) == ToType("15", "messages")
    assert to_type(six.times(11), SendTo.CALLER) == ToType("11", "emails")
    alone = Mailing(("A",), 1, 0, (), ToDestinations(50, ("Share",)))
    assert to_type(alone, everyone) == ToType()


def test_a_form_kept_before_there_were_destinations_comes_back(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        kept = draft.kept.replace('"destinations": [], ', "")
        assert kept != draft.kept
        await tab.do(EditorState.drop_changes)
        await tab.do(EditorState.restore, kept)
        assert (await tab.state(DraftState)).destination_ids == []

    asyncio.run(play())
