"""Who may call what: every handler of the app, called by a script over the bare websocket."""

import itertools
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from exports_app.domain.access import Role
from exports_app.domain.errors import NotFound
from exports_app.services.identity.sessions import id_of
from tests.e2e.client import wait_until
from tests.e2e.ui.house import GONE, Company, Handler, House
from tests.e2e.ui.wire import LOGIN, ROOT, SESSION, Wire, notices, variables
from tests.paths import ROOT as FOLDER
from tests.world import Person

FORBIDDEN = "Your role does not allow this"
OPERATE = "installation.manage"
PAGE = f"{ROOT}.exports_app___ui___pages___scheduled_exports___page____scheduled_exports"
MEMBERS = f"{ROOT}.exports_app___ui___pages___settings___members___state____members_state"
FIGURES = f"{ROOT}.exports_app___ui___pages___analytics"
SETTINGS = f"{ROOT}.exports_app___ui___pages___settings"
QUIET = {
    *(f"{PAGE}.arrive", f"{PAGE}.refresh", f"{MEMBERS}.arrive", f"{MEMBERS}.refresh"),
    *(
        f"{SETTINGS}___{name}.refresh"
        for name in (
            "email___state____email_state",
            "users___state____users_state",
            "tenant___state____tenant_state",
        )
    ),
    *(
        f"{SETTINGS}___{name}.arrive"
        for name in ("email___state____email_state", "users___state____users_state")
    ),
    *(f"{SETTINGS}___audit___state____audit_state.{name}" for name in ("arrive", "refresh")),
} | {
    f"{FIGURES}___{name}"
    for name in (
        "campaigns___state____campaigns_state.arrive",
        "campaigns___state____campaigns_state.refresh",
        "exports___state____exports_state.refresh",
    )
}
ACCOUNT = f"{ROOT}.exports_app___ui___pages___settings___account___state____account_state"
FACTOR = f"{SETTINGS}___account___second_factor___state____second_factor_state"
LEAVE = f"{SETTINGS}___account___leave___state____leave_state"
INVITATION = f"{ROOT}.exports_app___ui___pages___sign_in___invitation___state____invitation_state"
FORGOTTEN = (
    f"{ROOT}.exports_app___ui___pages___sign_in___forgot_password___state____forgot_password_state"
)
RESET = (
    f"{ROOT}.exports_app___ui___pages___sign_in___reset_password___state____reset_password_state"
)
SIGNING_OUT = {f"{SESSION}.logout", f"{ACCOUNT}.end_all", f"{INVITATION}.sign_out"}
THEIR_OWN = {f"{ACCOUNT}.end_all", f"{LEAVE}.leave"}
"""What everybody may change: where they are signed in, and which tenants they belong to."""
LIST = f"{ROOT}.exports_app___ui___pages___scheduled_exports___list___state____list_state"
NAMES = "Zeppelin"
"""Begins all that Acme calls its own."""
_FORGOTTEN = """
from exports_app.launch import env
env.prepare()
import reflex as rx
class Forgotten(rx.State):
    __module__ = "exports_app.ui.pages.forgotten"
    async def open_door(self): ...
from exports_app import exports_app
"""


@dataclass(frozen=True)
class Acme:
    company: Company
    schedule_id: str
    run_id: str
    campaign_id: str
    never_told: list[str]
    """What a stranger cannot know; they know the ids above."""

    def address(self) -> str:
        return f"/scheduled-exports/{self.schedule_id}?run={self.run_id}"

    def arguments(self, handler: Handler) -> Iterator[dict[str, Any]]:
        """Values that fit the handler's parameters, with one of Acme's ids wherever a text is
        taken."""
        ids = [self.schedule_id, self.run_id, self.campaign_id, self.company.id]
        by_name = {
            "schedule_id": ids[0],
            "run_id": ids[1],
            "campaign_id": ids[2],
            "tenant_id": ids[3],
            "kept": self.kept(),
        }
        for one in ids:
            yield {
                name: _value(parameter, by_name.get(name, one))
                for name, parameter in zip(handler.names, handler.parameters, strict=True)
            }
            yield {
                name: _value(parameter, one)
                for name, parameter in zip(handler.names, handler.parameters, strict=True)
            }
            if not handler.parameters:
                return

    def kept(self) -> str:
        """A form as the browser keeps it, for Acme's schedule."""
        values = {
            **dict.fromkeys(("description", "start_date", "end_date"), ""),
            "name": "mine now",
            "export_type": "campaigns",
            "format": "csv",
            "period": "all",
            "group_by": "day",
            "when_empty": "send",
            "schedule": "0 9 * * 1",
            "timezone": "UTC",
        }
        rest = {
            "campaigns": [self.campaign_id],
            "chips": ["eve@example.com"],
            "id": self.schedule_id,
            "dirty": True,
            "version": 1,
            "active": True,
        }
        return json.dumps({"values": values, **rest})


def _value(parameter: str, text: str) -> Any:
    kind = parameter.partition(":")[2]
    if "dict" in kind:
        return {"email": text, "password": text}
    return True if "bool" in kind else 1 if "int" in kind else text


@pytest.fixture(scope="module")
def acme(house: House) -> Acme:
    company = house.company(f"{NAMES} Works")
    campaign = house.campaign(company, f"{NAMES} campaign")
    recipients = ["zeppelin@example.com", GONE]
    made = house.schedule(
        company, f"{NAMES} numbers", description=f"{NAMES} only", recipients=recipients
    )
    other = house.schedule(company, f"{NAMES} other")
    run = house.run(company, made["id"])
    told = [
        NAMES,
        "zeppelin@",
        other["id"],
        run["fileName"],
        run["sha256"],
        company.admin.user.id,
        company.admin.user.email,
    ]
    return Acme(company, made["id"], run["id"], campaign.id, told)


@pytest.fixture(scope="module")
def outsider(house: House) -> Company:
    return house.company("Rival")


_ADDRESSES = (f"127.{n // 250 % 250}.{n % 250}.9" for n in itertools.count(1))


def tabs(
    url: str, cookie: str, handlers: list[Handler], path: str
) -> Iterator[tuple[Wire, list[Handler]]]:
    """A tab with the page open for every few handlers, each from a client address of its own:
    nobody may send many events."""
    for begin in range(0, len(handlers), 15):
        with Wire(url, cookie, source_address=(next(_ADDRESSES), 0)) as wire:
            wire.load(path)
            yield wire, handlers[begin : begin + 15]


def walk(house: House, cookie: str, acme: Acme, handlers: list[Handler]) -> dict[str, str]:
    """Call everything with everything. Returns the frames by handler."""
    last = sorted(
        handlers, key=lambda handler: handler.name in SIGNING_OUT
    )  # after one, everybody is anonymous
    return {
        handler.name: "\n".join(
            wire.ask(handler.name, payload, acme.address()) for payload in acme.arguments(handler)
        )
        for wire, few in tabs(house.url, cookie, last, acme.address())
        for handler in few
    }


def harmless(handlers: list[Handler]) -> list[Handler]:
    return [handler for handler in handlers if handler.name not in THEIR_OWN]


def assert_silent(frames: dict[str, str], words: list[str]) -> None:
    told = {name: word for name, text in frames.items() for word in words if word in text}
    assert not told


class TestWhoMayCallWhat:
    def test_only_signing_in_is_for_everybody(self, registered_handlers: list[Handler]) -> None:
        assert {h.name for h in registered_handlers if h.public} == {
            *(f"{LOGIN}.{name}" for name in ("load", "login", "finish", "back")),
            *(f"{INVITATION}.{name}" for name in ("load", "open", "accept", "join")),
            *(f"{FORGOTTEN}.{name}" for name in ("load", "ask")),
            *(f"{RESET}.{name}" for name in ("load", "open", "save")),
        }
        assert {
            h.name for h in registered_handlers if h.is_action and not h.public and not h.permission
        } == {
            f"{SESSION}.enter",
            f"{SESSION}.switch",
            f"{SESSION}.logout",
            *(f"{ACCOUNT}.{name}" for name in ("refresh", "change", "end", "end_all")),
            *(f"{LEAVE}.{name}" for name in ("ask", "choose", "keep", "leave")),
            *(
                f"{FACTOR}.{name}"
                for name in ("arrive", "open", "begin", "confirm", "renew", "disable", "done")
            ),
            f"{INVITATION}.sign_out",
        }

    def test_a_handler_without_a_mark_stops_the_start_by_name(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", _FORGOTTEN],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "not an @action" in done.stderr.splitlines()[-1]
        assert "forgotten" in done.stderr.splitlines()[-1]
        assert "open_door" in done.stderr.splitlines()[-1]

    def test_nobody_gets_or_changes_anything_without_signing_in(
        self, house: House, acme: Acme, registered_handlers: list[Handler]
    ) -> None:
        before = house.snapshot()
        frames = walk(house, "", acme, registered_handlers)
        assert_silent(frames, acme.never_told)
        for handler in registered_handlers:
            if handler.is_action and not handler.public:
                assert '"_redirect"' in frames[handler.name], handler.name
                assert "/login" in frames[handler.name], handler.name
        assert house.snapshot() == before

    def test_a_viewer_gets_no_more_than_the_tenant_and_changes_nothing(
        self, house: House, acme: Acme, registered_handlers: list[Handler]
    ) -> None:
        before = house.snapshot()
        frames = walk(house, house.cookie(acme.company.viewer), acme, harmless(registered_handlers))
        for handler in harmless(registered_handlers):
            if (
                handler.permission in {"exports.write", "tenant.manage", OPERATE}
                and handler.name not in QUIET
            ):
                assert notices(frames[handler.name])[-1:] == [FORBIDDEN], handler.name
        tenant = acme.company.tenant.name
        assert_silent(
            {name: text.replace(tenant, "") for name, text in frames.items()}, acme.never_told
        )
        assert house.snapshot() == before
        pause = (
            "SELECT * FROM audit_entries WHERE action = 'access.refused' AND actor_id = ? "
            "AND subject_name LIKE '%list_state%'"
        )
        refused = wait_until(
            "the refusals were noted", lambda: house.rows(pause, acme.company.viewer.user.id), 20
        )
        assert {row["tenant_id"] for row in refused} == {acme.company.id}

    def test_another_tenants_admin_gets_nothing_and_changes_nothing_there(
        self, house: House, acme: Acme, outsider: Company, registered_handlers: list[Handler]
    ) -> None:
        before = house.snapshot(outsider.id)
        cookie = house.cookie(outsider.admin)
        with Wire(house.url, cookie) as wire:
            assert_silent({"load": wire.load(acme.address())}, acme.never_told)
        assert_silent(walk(house, cookie, acme, harmless(registered_handlers)), acme.never_told)
        assert house.snapshot(outsider.id) == before

    def test_a_foreign_id_is_answered_like_one_that_does_not_exist(
        self, house: House, acme: Acme, outsider: Company, registered_handlers: list[Handler]
    ) -> None:
        ids = {
            "schedule_id": acme.schedule_id,
            "run_id": acme.run_id,
            "campaign_id": acme.campaign_id,
            "tenant_id": acme.company.id,
            "session_id": id_of(house.session(acme.company.admin)),
            "user_id": acme.company.admin.user.id,
        }
        told: dict[str, list[str]] = {}
        for handler in registered_handlers:
            if (
                handler.is_action
                and handler.permission != OPERATE
                and ids.keys() & set(handler.names)
            ):  # to those all are foreign
                answers = [
                    _answer(house, outsider.admin, handler, known)
                    for known in (ids, dict.fromkeys(ids, str(uuid.uuid4())))
                ]
                assert answers[0] == answers[1], handler.name
                told[handler.name] = answers[0][1]
        assert {text for texts in told.values() for text in texts} == {NotFound().message}
        quiet = {
            ".".join(name.split(".")[-2:]).rpartition("____")[2]
            for name, texts in told.items()
            if not texts
        }
        marks = {
            "list_state.pick",
            "history_state.unfold",
            "file_downloads_state.ask",
            "members_state.choose",
            "leave_state.choose",
        }
        assert quiet == marks  # they mark what is on the screen


def _answer(
    house: House, who: Person, handler: Handler, ids: dict[str, str]
) -> tuple[str, list[str]]:
    """The frames without what differs from call to call, and the notices."""
    payload = {
        name: ids[name] if name in ids else _value(parameter, "x")
        for name, parameter in zip(handler.names, handler.parameters, strict=True)
    }
    with Wire(house.url, house.cookie(who)) as wire:
        wire.load()
        frames = wire.ask(handler.name, payload)
    return re.sub(
        r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|mark=\d+|\"mark\":\"\d+\"",
        "",
        frames,
    ), notices(frames)


NONSENSE = [
    5,
    -1,
    None,
    True,
    [],
    {},
    ["NONSENSE"],
    {"NONSENSE": 1},
    "NONSENSE",
    "N" * 20_000,
    "\0",
]


def test_nonsense_from_an_admin_neither_breaks_the_connection_nor_changes_anything(
    house: House, registered_handlers: list[Handler]
) -> None:
    mine = house.company("Careless")
    made = house.schedule(mine, "Stays as it is")
    ends = {*SIGNING_OUT, *THEIR_OWN, f"{LOGIN}.login"}
    handlers = [
        handler
        for handler in registered_handlers
        if handler.name not in ends and not handler.name.endswith(".delete")
    ]
    cookie = house.cookie(mine.admin)
    for wire, few in tabs(house.url, cookie, handlers, "/scheduled-exports"):
        for handler in few:
            payloads = [
                {},
                {"NONSENSE": 1},
                *(dict.fromkeys(handler.names, one) for one in NONSENSE),
            ]
            for payload in payloads[: None if handler.parameters else 2]:
                wire.send(handler.name, payload)
            wire.settle()
    with Wire(house.url, cookie) as wire:
        assert "Stays as it is" in wire.load()
    stored = house.rows("SELECT name FROM scheduled_exports WHERE id = ?", made["id"])
    assert stored == [{"name": "Stays as it is"}]


class TestAnOpenPage:
    def test_shows_nothing_more_once_its_user_has_signed_out_elsewhere(
        self, house: House, acme: Acme
    ) -> None:
        cookie = house.cookie(acme.company.admin)
        with Wire(house.url, cookie) as here, Wire(house.url, cookie) as there:
            assert NAMES in here.load()
            assert NAMES in there.load()
            assert variables(there.ask(f"{SESSION}.logout"), "goto")[0] == "/api/session/end"
            frames = here.ask(f"{LIST}.again")
        assert '"_redirect"' in frames
        assert not any(variables(frames, "rows"))
        assert NAMES not in frames

    def test_shows_and_changes_nothing_more_once_its_user_has_lost_the_role(
        self, house: House
    ) -> None:
        mine = house.company("Fickle")
        made = house.schedule(mine, "Here before")
        with Wire(house.url, house.cookie(mine.admin)) as admin:
            other = house.person("Ola Other", {mine.id: Role.ADMIN})
            with Wire(house.url, house.cookie(other)) as wire:
                assert "Here before" in wire.load()
                admin.load()
                house.set_role(other, mine, Role.VIEWER)
                house.schedule(mine, "Here after")
                admin.until("Here after")  # the change was pushed to whoever may see it
                frames = wire.until("Your role has changed")
                assert "Here after" not in frames
                assert variables(frames, "rows")[-1:] == [[]]
                toggle = (
                    f"{ROOT}.exports_app___ui___pages___scheduled_exports___list___actions____"
                    "schedule_actions.toggle"
                )
                frames = wire.ask(toggle, {"schedule_id": made["id"], "active": False})
        assert notices(frames)[-1] == FORBIDDEN
        assert house.rows("SELECT is_active FROM scheduled_exports WHERE id = ?", made["id"]) == [
            {"is_active": 1}
        ]
