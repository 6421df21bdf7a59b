"""What the form of a schedule says of wrong fields."""

import asyncio

import pytest

from exports_app.domain.access import Principal
from exports_app.services.core.records import Tenant
from exports_app.ui.pages.scheduled_exports.editor import form
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.ui.editor.opening import only_schedule, opened, put


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"schedule": "not cron"}, "schedule"),
        ({"schedule": "0 0 31 2 *"}, "schedule"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"period": "dates"}, "start_date"),
        ({"period": "dates", "start_date": "yesterday"}, "start_date"),
        ({"period": "dates", "start_date": "2026-02-01", "end_date": "2026-01-01"}, "end_date"),
        ({"export_type": "campaign"}, "campaigns"),
        ({"export_type": "nope"}, "export_type"),
        ({"format": "pdf"}, "format"),
        ({"when_empty": "explode"}, "when_empty"),
        ({"description": "x" * 2001}, "description"),
        ({"overlap": "explode"}, "overlap"),
        ({"catch_up": "explode"}, "catch_up"),
        ({"catch_up": "all", "catch_up_hours": "0"}, "catch_up_hours"),
        ({"catch_up": "all", "catch_up_hours": "a week"}, "catch_up_hours"),
        ({"jitter_seconds": "3601"}, "jitter_seconds"),
        ({"pause_after": ""}, "pause_after"),
        ({"on_unknown": "explode"}, "on_unknown"),
        ({"retry_attempts": "51"}, "retry_attempts"),
        ({"retry_base_seconds": "-1"}, "retry_base_seconds"),
    ],
)
def test_an_error_stands_at_its_field_which_gets_the_focus(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    values: dict[str, str],
    field: str,
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, **{"name": "Mine"} | values)
        await tab.do(Fields.add_recipients, "ann@example.com")
        await tab.do(EditorState.save)
        assert list(draft.errors) == [field]
        assert draft.errors[field][0].isupper()
        assert draft.focus.split("#")[0] == field
        assert draft.is_open
        await put(
            tab,
            **{
                field if field != "campaigns" else "export_type": form.EMPTY.get(field, "campaigns")
            },
        )
        if field != "campaigns":
            assert field not in draft.errors

    asyncio.run(play())
    with services.store.read() as tx:
        from exports_app.services.core.records import Page

        assert tx.schedules.find(None, {}, "", Page(sort="name"))[1] == 0


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"name": "   "}, "name", "Enter a name of 1 to 200 characters"),
        ({"name": "a\tb"}, "name", "Remove the control characters"),
        ({"description": "bell \x07"}, "description", "Remove the control characters"),
        ({"period": "dates"}, "start_date", "Enter at least one date"),
        (
            {"period": "dates", "start_date": "2026-02-01", "end_date": "2026-01-01"},
            "end_date",
            "Must not be before",
        ),
        ({"schedule": "0 0 31 2 *"}, "schedule", ""),
        ({"link_days": "soon"}, "link_days", "Enter a whole number of days, e.g. 7"),
        ({"link_days": "0"}, "link_days", "Must be 1 to 365 days"),
        ({"time_limit": "an hour"}, "time_limit", "Enter a number of minutes, e.g. 60"),
        ({"time_limit": "0.1"}, "time_limit", "Must be 10 to 86,400 seconds"),
    ],
)
def test_an_error_says_what_to_do(
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    values: dict[str, str],
    field: str,
    words: str,
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, **{"name": "Mine"} | values)
        await tab.do(Fields.add_recipients, "ann@example.com")
        await tab.do(EditorState.save)
        assert list(draft.errors) == [field]
        assert words in draft.errors[field]
        assert draft.focus.split("#")[0] == field

    asyncio.run(play())


def test_a_bad_recipient_is_kept_to_be_mended(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, name="Mine")
        await tab.do(Fields.add_recipients, "boss@exa_mple, ann@example.com")
        assert [(c.text, bool(c.error)) for c in draft.chips] == [
            ("boss@exa_mple", True),
            ("ann@example.com", False),
        ]
        await tab.do(EditorState.save)
        assert draft.focus.startswith("recipients#")
        await tab.do(Fields.fix_recipient, "boss@exa_mple")
        assert draft.to_fix.startswith("boss@exa_mple#")
        assert [c.text for c in draft.chips] == ["ann@example.com"]
        await tab.do(Fields.add_recipients, "boss@example.com")
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    assert only_schedule(services).recipients == ["ann@example.com", "boss@example.com"]


def test_what_looks_like_a_typing_error_is_said_and_saved(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await put(tab, name="Mine")
        await tab.do(Fields.add_recipients, "ann@gmial.com, bob@gmail.com")
        assert [(c.text, c.error, c.warning) for c in draft.chips] == [
            ("ann@gmial.com", "", "Did you mean ann@gmail.com?"),
            ("bob@gmail.com", "", ""),
        ]
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    assert only_schedule(services).recipients == ["ann@gmial.com", "bob@gmail.com"]


def test_a_typing_error_where_replies_go_is_said_and_saved(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        draft = await opened(tab, sign_in, admin, acme)
        await tab.do(Fields.add_recipients, "bob@gmail.com")
        await put(tab, name="Mine", reply_to="desk@gmail.com")
        assert draft.doubts == {}
        await put(tab, reply_to=" desk@gmial.com")
        assert draft.doubts == {"reply_to": "Did you mean desk@gmail.com?"}
        await tab.do(EditorState.save)
        assert not draft.is_open

    asyncio.run(play())
    assert only_schedule(services).reply_to == "desk@gmial.com"
