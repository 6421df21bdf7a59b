"""Whatever a page sends to a handler: too much is refused, and nothing of allowed size keeps the
event loop from others.

Walks over every registered handler, so that a new one is tried without being named here.
"""

import asyncio
import inspect
from collections.abc import Collection, Iterator
from typing import Any, get_origin

import pytest
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import json_dumps

from exports_app import plugins, wiring
from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid
from exports_app.services.core.records import Tenant
from exports_app.ui.framework import actions, payload
from exports_app.ui.framework.browser_commands import BrowserCommands
from exports_app.ui.pages.scheduled_exports.editor import form
from exports_app.ui.pages.scheduled_exports.editor.draft import DraftState
from exports_app.ui.pages.scheduled_exports.editor.fields import Fields
from exports_app.ui.pages.scheduled_exports.editor.form import Chip
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.pages.settings.account.state import AccountState
from exports_app.wiring import Services
from tests.inputs import PATTERNS, WORST, nasty
from tests.loopwatch import LoopWatch
from tests.loopwatch import loop_watch as loop_watch  # noqa: PLC0414  (a fixture)
from tests.ui.conftest import SignIn, Tab
from tests.world import Cast, make_schedule, sign_in_code

wiring.load_plugins()
plugins.load("exports_app.ui.pages")  # all States, before a tab has any

FORM_FIELDS = (
    "email",
    "password",
    "name",
    "role",
    "current",
    "new",
    "address",
    "code",
    "otp",
    "password2",
)
FORM = {
    **dict.fromkeys(FORM_FIELDS, "x"),
    **{f"other{i}": "x" for i in range(payload.FIELDS - len(FORM_FIELDS))},
}
NAMES = {
    "name": (
        *form.EMPTY,
        "q",
        "since",
        "area",
        "active",
        "timezone",
        "brand_color",
        "logo_url",
        "keep_days",
        "keep_runs_days",
        "start",
    )
}
"""Parameters that choose a field: each of these is tried."""
KINDS = {str: "x", int: 1, bool: True, dict: FORM, list: ["x"], float: 1.0}


def plain(annotation: Any) -> type:
    return get_origin(annotation) or annotation


def handlers() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Each marked handler: its full name, itself, and its parameters with their annotations."""
    for name, held in sorted(RegistrationContext.get().event_handlers.items()):
        if hasattr(held.handler.fn, actions.MARK):
            parameters = list(inspect.signature(held.handler.fn).parameters.values())[1:]
            yield name, held, {one.name: plain(one.annotation) for one in parameters}


def usual(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: KINDS[kind] for name, kind in parameters.items()}


def longest(held: Any, name: str) -> int:
    return getattr(held.handler.fn, actions.MARK).longest.get(name, payload.TEXT)


def too_much(kind: type, most: int) -> list[Any]:
    return {
        str: ["x" * (most + 1), "a" + "\u0301" * 30_000 + "\u0323" * 30_000],
        int: [10**400, -(10**400)],
        float: [float("nan"), float("inf")],
        dict: [
            {f"k{i}": "x" for i in range(1_000)},
            {"email": "x" * 20_000},
            {"k" * 20_000: "x"},
            {"email": {"a": ["b"]}},
        ],
        list: [["x"] * 1_000, ["x" * 20_000], [["x"]]],
    }.get(kind, [])


def test_every_parameter_is_of_a_kind_that_has_a_limit() -> None:
    found = list(handlers())
    assert len(found) > 100
    assert [
        (name, key)
        for name, _, parameters in found
        for key, kind in parameters.items()
        if kind not in KINDS
    ] == []
    assert [
        name
        for name, held, parameters in found
        if set(getattr(held.handler.fn, actions.MARK).longest) - set(parameters)
        and dict not in parameters.values()  # of fields of a form
    ] == []


def test_a_field_of_a_form_may_have_a_limit_of_its_own() -> None:
    form, longest = {"url": "x" * (payload.TEXT + 1), "name": "x"}, {"url": payload.TEXT + 1}
    payload.check([("form", form)], longest)
    for other in (form | {"url": form["url"] + "x"}, form | {"name": form["url"]}):
        with pytest.raises(Invalid):
            payload.check([("form", other)], longest)


def test_what_is_too_large_is_refused_before_the_handler_runs(
    tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is signed in: a handler that ran would fail by that."""
    found = list(handlers())

    async def play() -> None:
        for name, held, parameters in found:
            state = await tab.state(held.states[0])
            for key, kind in parameters.items():
                for value in too_much(kind, longest(held, key)):
                    notices = await tab.state(BrowserCommands)
                    notices.clear()
                    await held.handler.fn(state, **usual(parameters) | {key: value})
                    (notice,) = notices.items
                    assert notice.text.startswith(("Th", "Choose at most 200")), (
                        name,
                        key,
                        notice.text,
                    )
                    assert notice.text != actions.UNEXPECTED, (name, key)

    asyncio.run(play())


def values(kind: type, most: int, patterns: Collection[str]) -> Iterator[tuple[str, Any]]:
    if kind is str:
        yield from nasty(most, patterns)
    elif kind is int:
        yield "the largest number", payload.NUMBER
        yield "the smallest number", -payload.NUMBER
    elif kind is dict:
        for what, text in nasty(payload.TEXT, patterns):
            yield what, dict.fromkeys(FORM, text)
    elif kind is list:
        for what, text in nasty(payload.TEXT, patterns):
            yield what, [text] * payload.ENTRIES


def full_form(draft: DraftState) -> None:
    """As large as the form may become."""
    draft.chips = [
        Chip(f"{i}" + "x" * (form.LONGEST_CHIP - 5), "y" * 120) for i in range(form.MOST_CHIPS)
    ]
    draft.campaign_ids = [f"{i:036}" for i in range(bounds.CAMPAIGNS)]
    draft.values = draft.values | {"description": "\N{GRINNING FACE}" * form.LONGEST}


@pytest.mark.parametrize(
    "patterns", [WORST, pytest.param(PATTERNS, marks=pytest.mark.long)], ids=["the worst", "all"]
)
@pytest.mark.usefixtures("campaigns", "fast_bcrypt")
def test_nothing_of_allowed_size_keeps_the_loop_from_others(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    super_admin: Principal,
    acme: Tenant,
    loop_watch: LoopWatch,
    monkeypatch: pytest.MonkeyPatch,
    patterns: Collection[str],
) -> None:
    found = list(handlers())
    for i in range(30):
        make_schedule(
            services, super_admin, acme.id, name=f"Export {i}", schedule="0 0 29 2 0#5,1#5"
        )

    async def once(name: str, held: Any, sent: dict[str, Any], what: str) -> None:
        state = await tab.state(held.states[0])
        notices, draft = await tab.state(BrowserCommands), await tab.state(DraftState)
        notices.clear()
        draft.is_open = True
        await asyncio.sleep(0)  # each call is a callback of its own
        loop_watch.about = f"{name} with {what}"
        await held.handler.fn(state, **sent)
        json_dumps(await tab.root._get_resolved_delta())
        tab.root._clean()
        assert [one.text for one in notices.items if one.text == actions.UNEXPECTED] == [], (
            name,
            what,
        )

    async def play() -> None:
        await sign_in(super_admin, acme)
        await tab.do(EditorState.begin, "")
        full_form(await tab.state(DraftState))
        for (
            name,
            held,
            parameters,
        ) in found:  # what is made once, in the first call, is not what an input costs
            await once(name, held, usual(parameters), "usual values")
        loop_watch.slow.clear()
        for name, held, parameters in found:
            for key, kind in parameters.items():
                for what, value in values(kind, longest(held, key), patterns):
                    for chosen in (
                        NAMES["name"] if "name" in parameters and key == "value" else ("",)
                    ):
                        sent = (
                            usual(parameters) | {key: value} | ({"name": chosen} if chosen else {})
                        )
                        await once(name, held, sent, f"{key}: {what}")

    asyncio.run(play())


def test_many_browsers_with_odd_names_keep_the_loop_from_nobody(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    acme: Tenant,
    cast: Cast,
    loop_watch: LoopWatch,
) -> None:
    devices = [f"{i}{text}" for i in range(6) for _, text in nasty(190)]
    for number, device in enumerate(devices):
        code = sign_in_code(services, cast.admin.user, f"browser {number}")
        services.sessions.redeem(code, f"browser {number}", device)

    async def play() -> None:
        await sign_in(admin, acme)
        loop_watch.slow.clear()
        loop_watch.about = "the list of one's sessions"
        await tab.do(AccountState.refresh)
        assert len((await tab.state(AccountState)).sessions) == len(devices)

    asyncio.run(play())


def test_a_kept_form_that_never_ends_is_refused() -> None:
    for broken in ("[" * 100_000, '{"values":' * 20_000, "9" * 100_000, "{}", "[1]"):
        with pytest.raises(Invalid):
            form.unpack(broken)


def test_a_form_keeps_a_hundred_recipients_and_says_so(
    tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(EditorState.begin, "")
        await tab.do(Fields.add_recipients, ", ".join(f"p{i}@example.com" for i in range(150)))
        assert len((await tab.state(DraftState)).chips) == form.MOST_CHIPS
        assert await tab.texts() == [
            (
                "A scheduled export can have up to 50 recipients: "
                "only the first 100 addresses were added"
            )
        ]

    asyncio.run(play())


@pytest.fixture
def fast_bcrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bcrypt.checkpw", lambda *_: False)
    monkeypatch.setattr("bcrypt.hashpw", lambda *_: b"$2b$12$" + b"x" * 53)
