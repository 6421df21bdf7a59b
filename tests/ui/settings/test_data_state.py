"""The page of the import, without a browser."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from exports_app.services.campaigns import uploads
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Campaign, Page
from exports_app.services.runs.browser_downloads import PreparedDownload
from exports_app.ui.framework import actions
from exports_app.ui.framework.actions import Actor
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.framework.services import services as services_of_pages
from exports_app.ui.framework.session import SessionState
from exports_app.ui.pages.settings.data.state import DataState
from exports_app.wiring import Services
from tests.ui.conftest import Tab
from tests.world import Cast, Person, sign_in, sql

HEADER = "campaign_name,currency,date,clicks,status\n"
GOOD = f"{HEADER}Spring,EUR,2026-03-01,12,paused\nNew one,EUR,2026-03-01,3,active\n"


def enter(services: Services, cast: Cast, tab: Tab, who: Person) -> Coroutine[Any, Any, str]:
    """Signs in with a session of its own. Returns its secret."""

    async def go() -> str:
        session_id = sign_in(services, who.user)
        actions.begin(Actor(who.who, session_id, cast.acme.id))
        await tab.do(SessionState.enter)
        await tab.do(DataState.arrive)
        await tab.do(DataState.refresh)
        return session_id

    return go()


async def send(
    services: Services, tab: Tab, session_id: str, content: str, name: str, codec: str = "utf-8"
) -> None:
    """Choose a file, and send it as the browser does."""
    await tab.do(DataState.choose, name, len(content))
    address = (await tab.state(DataState)).address
    assert address.startswith("/api/uploads/")
    with services.uploads.receive(address.rpartition("/")[2], session_id) as incoming:
        incoming.path.write_bytes(content.encode(codec))
        services.uploads.keep(incoming)
    await tab.do(DataState.arrived)


async def report(tab: Tab, session_id: str) -> str:
    """As the browser saves it."""
    await tab.do(DataState.save_report)
    fetched = (await tab.state(BrowserCommands)).fetch
    saved = services_of_pages.browser_downloads.take(fetched.rpartition("/")[2], session_id)
    assert isinstance(saved, PreparedDownload)
    assert saved.name == "import-report.txt"
    return "".join(saved.pieces)


def files(services: Services) -> list[Path]:
    return [path for path in services.settings.data_dir.rglob("upload") if path.is_file()]


Play = Callable[[str, DataState], Coroutine[Any, Any, None]]


@pytest.fixture
def play(services: Services, cast: Cast, tab: Tab) -> Callable[[Play], None]:
    """Runs a play as the admin, on the page."""

    def run(scene: Play) -> None:
        async def whole() -> None:
            session_id = await enter(services, cast, tab, cast.admin)
            await scene(session_id, await tab.state(DataState))

        asyncio.run(whole())

    return run


def test_words_that_may_have_other_letters_are_shown(
    services: Services, tab: Tab, play: Any
) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        text = GOOD.replace("Spring", "Příbram")
        await send(services, tab, session_id, text, "march.csv", "cp1250")
        assert "with words such as Pøíbram: if they are wrong" in page.note
        await send(services, tab, session_id, text, "march.csv")
        assert page.note == ""

    play(scene)


def test_a_file_is_understood_checked_and_imported(
    services: Services, cast: Cast, tab: Tab, campaigns: dict[str, Campaign], play: Any
) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        assert page.stored == "4 campaigns"
        await send(services, tab, session_id, GOOD, "march.csv")
        assert (page.file, page.busy, page.failed) == ("march.csv", "", "")
        assert page.read_as
        assert page.heads == ["Campaign", "Currency", "Date", "Status", "Clicks"]
        assert [line.cells[0] for line in page.lines] == ["Spring", "New one"]
        assert page.complete
        await tab.do(DataState.load)  # not before it was checked
        assert page.report.title == ""
        await tab.do(DataState.check)
        assert page.report.title == "Nothing has been imported yet. The import would do this:"
        assert page.report.facts[:2] == [
            "1 new day, 1 replaced",
            "1 new campaign, 1 existing",
        ]
        assert [
            (d.campaign, d.detail, d.stored, d.given, d.outcome) for d in page.report.differences
        ] == [("Spring", "Status", "active", "paused", "stays")]
        assert sql(services, "SELECT count(*) FROM campaigns WHERE name = 'New one'") == [(0,)]
        told = await report(tab, session_id)
        assert "not changed (change it with “Update details that differ”)" in told
        await tab.do(DataState.choose_updates, True)
        assert not page.checked
        await tab.do(DataState.check)
        assert page.report.differences[0].outcome == "will change"
        await tab.do(DataState.load)
        assert (page.done, page.report.title) == (True, "Imported")
        assert page.report.differences[0].outcome == "changed"
        await tab.do(DataState.refresh)
        assert page.stored == "5 campaigns"
        assert services.campaigns.get(cast.admin.who, campaigns["Spring"].id).status == "paused"
        entries, _ = services.audit.find(cast.admin.who, cast.acme.id, AuditFilter(), Page())
        (imported,) = (e for e in entries if e.action is Action.CAMPAIGNS_IMPORTED)
        assert (imported.actor_name, imported.subject_name) == ("Admin", "Acme")
        assert imported.detail == {"campaigns": 2, "days": 2, "file": "march.csv"}
        text = await report(tab, session_id)
        assert text.startswith("march.csv\nread as ")
        assert "changed" in text
        assert files(services) == []
        assert await tab.texts() == []

    play(scene)


def test_columns_are_chosen(services: Services, tab: Tab, play: Any) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        content = "Kampagne;Währung;Tag;Klicks\nFrühling;EUR;2026-03-01;12\n"
        await send(services, tab, session_id, content, "märz.csv")
        assert not page.complete
        assert [column.label for column in page.columns][:2] == [
            "Kampagne (e.g. Frühling)",
            "Währung (e.g. EUR)",
        ]
        assert [field.key for field in page.fields if field.missing] == [
            "campaign_name",
            "currency",
            "date",
        ]
        for field, column in (
            ("campaign_name", "0"),
            ("currency", "1"),
            ("date", "3"),
            ("date", "2"),
        ):
            await tab.do(DataState.choose_column, field, column)
        assert page.complete
        assert [line.cells for line in page.lines] == [["Frühling", "EUR", "2026-03-01"]]
        await tab.do(DataState.choose_column, "clicks", "0")  # takes it from the name
        assert [field.key for field in page.fields if field.missing] == ["campaign_name"]
        await tab.do(DataState.choose_column, "clicks", "")
        for field, column in (("nonsense", "0"), ("date", "99"), ("date", "x"), ("date", "-1")):
            await tab.do(DataState.choose_column, field, column)
        assert [f.column for f in page.fields if f.key == "date"] == ["2"]
        assert await tab.texts() == []

    play(scene)


def test_bad_lines_are_told_and_nothing_is_imported(
    services: Services, tab: Tab, play: Any
) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        content = GOOD + "Other,EUR,2026-02-30,1,active\nOther,EUR,2026-03-01,-5,active\n"
        await send(services, tab, session_id, content, "bad.csv")
        assert [bool(line.problem) for line in page.lines] == [False, False, True, True]
        await tab.do(DataState.check)
        assert page.report.title == "2 bad lines: fix them, then choose the file again"
        assert [problem.line for problem in page.report.problems] == ["Line 4", "Line 5"]
        assert page.report.problems[0].reason.startswith("date: ")
        assert (page.report.good, page.checked, page.report.facts) == (False, False, [])
        await tab.do(DataState.load)
        assert not page.done

    play(scene)


def test_a_file_that_cannot_be_read_says_why(services: Services, tab: Tab, play: Any) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        await send(services, tab, session_id, "\0\1\2\3", "picture.png")
        assert page.failed
        assert (page.busy, page.fields, page.lines) == ("", [], [])
        await send(services, tab, session_id, GOOD, "march.csv")
        assert (page.failed, len(page.lines)) == ("", 2)
        assert len(files(services)) == 1  # the one before was removed

    play(scene)


def test_a_file_that_is_gone_is_told(services: Services, tab: Tab, play: Any) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        await send(services, tab, session_id, GOOD, "march.csv")
        files(services)[0].unlink()
        await tab.do(DataState.check)
        assert page.failed == uploads.NOT_HERE

    play(scene)


def test_a_large_or_empty_file_is_refused_before_it_is_sent(tab: Tab, play: Any) -> None:
    async def scene(_: str, page: DataState) -> None:
        for size, words in ((60_000_000, "larger than 50 MB"), (0, "is empty"), (-1, "is empty")):
            await tab.do(DataState.choose, "march.csv", size)
            assert words in (await tab.texts())[-1]
            assert page.address == ""

    play(scene)


def test_a_file_without_rows_is_told(services: Services, tab: Tab, play: Any) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        await send(services, tab, session_id, GOOD, "march.csv")
        assert not page.rowless
        await send(services, tab, session_id, GOOD.splitlines()[0], "march.csv")
        assert page.rowless
        await send(services, tab, session_id, "\r\n\r\n", "march.csv")
        assert page.failed == "The file is empty: it has no headers and no lines"

    play(scene)


def test_a_file_that_the_browser_refused_leaves_none_to_import(
    services: Services, tab: Tab, play: Any
) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        await send(services, tab, session_id, GOOD, "march.csv")
        await tab.do(DataState.check)
        await tab.do(DataState.refused)
        assert (page.file, page.lines, page.report.title, page.checked) == ("", [], "", False)
        assert files(services) == []

    play(scene)


def test_nothing_of_another_tenant_stays(
    services: Services, cast: Cast, tab: Tab, play: Any
) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        await send(services, tab, session_id, GOOD, "march.csv")
        await tab.do(DataState.check)
        await tab.do(DataState.arrive)  # a reload
        assert page.checked
        (await tab.state(SessionState)).tenant_id = cast.globex.id
        await tab.do(DataState.arrive)
        assert (page.file, page.lines, page.report.title, page.checked) == ("", [], "", False)
        await tab.do(DataState.check)
        assert page.report.title == ""

    play(scene)


def test_who_lost_the_right_imports_nothing(
    services: Services, cast: Cast, tab: Tab, play: Any
) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        await send(services, tab, session_id, GOOD, "march.csv")
        await tab.do(DataState.check)
        actions.begin(Actor(cast.viewer.who, session_id, cast.acme.id))
        await tab.do(DataState.load)
        assert (page.done, page.failed) == (
            False,
            "The file is no longer available: choose it again",
        )
        await tab.do(DataState.choose, "other.csv", 9)
        assert (await tab.texts())[-1] == "You do not have permission to do this"

    play(scene)
    assert sql(services, "SELECT count(*) FROM campaigns WHERE name = 'New one'") == [(0,)]


def test_only_the_newest_question_is_answered(
    services: Services, tab: Tab, play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(session_id: str, page: DataState) -> None:
        await send(services, tab, session_id, GOOD, "march.csv")
        importer = services.importer
        apply = type(importer).apply

        def slow(self: Any, *args: Any, progress: Callable[[float], None], **more: Any) -> Any:
            progress(0.5)
            asyncio.run_coroutine_threadsafe(another(), loop).result()
            return apply(self, *args, progress=progress, **more)

        async def another() -> None:
            await tab.do(DataState.choose, "other.csv", 9)

        loop = asyncio.get_running_loop()
        monkeypatch.setattr(type(importer), "apply", slow)
        await tab.do(DataState.check)
        assert (page.report.title, page.file, page.busy) == ("", "", "")
        assert page.address

    play(scene)
