"""Who may call what: every handler of the app, called by a script over the bare websocket."""

import re
import subprocess
import sys
import uuid

from exports_app.domain.errors import NotFound
from exports_app.services.identity.sessions import id_of
from tests.e2e.client import wait_until
from tests.e2e.ui.app_code import Handler
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.websocket.walking import (
    ACCOUNT,
    FACTOR,
    FEEDS,
    FORBIDDEN,
    FORGOTTEN,
    INVITATION,
    KEYS,
    LEAVE,
    NAMES,
    OPERATE,
    RESET,
    ZONES,
    Acme,
    _value,
    assert_silent,
    harmless,
    tabs,
    walk,
)
from tests.e2e.ui.wire import LISTED, LOGIN, SESSION, Wire, notices
from tests.paths import ROOT as FOLDER
from tests.world import Person

_FORGOTTEN = """
from exports_app.launch import env
env.prepare()
import reflex as rx
class Forgotten(rx.State):
    __module__ = "exports_app.ui.pages.forgotten"
    async def open_door(self): ...
from exports_app import exports_app
"""
_DIFFERS = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|mark=\d+|\"mark\":\"\d+\""
)


class TestWhoMayCallWhat:
    def test_only_signing_in_is_for_everybody(self, registered_handlers: list[Handler]) -> None:
        assert {h.name for h in registered_handlers if h.public} == {
            *(f"{LOGIN}.{name}" for name in ("load", "login", "finish", "back")),
            *(f"{INVITATION}.{name}" for name in ("load", "open", "accept", "join")),
            *(f"{FORGOTTEN}.{name}" for name in ("load", "ask")),
            *(f"{RESET}.{name}" for name in ("load", "open", "save")),
            f"{SESSION}.enter_if_signed_in",
        }
        assert {
            h.name for h in registered_handlers if h.is_action and not h.public and not h.permission
        } == {
            f"{SESSION}.enter",
            f"{SESSION}.switch",
            f"{SESSION}.logout",
            *(
                f"{ACCOUNT}.{name}"
                for name in ("refresh", "change", "end", "end_all", "ask", "keep")
            ),
            # The services check who manages a tenant's keys
            *(
                f"{KEYS}.{name}"
                for name in (
                    *("arrive", "arrive_at_tenant", "refresh"),
                    *("create", "forget", "ask", "keep", "revoke"),
                )
            ),
            # Everyone's own
            *(
                f"{FEEDS}.{name}"
                for name in (
                    *("arrive", "refresh", "create"),
                    *("forget", "ask", "keep", "revoke"),
                )
            ),
            *(f"{LEAVE}.{name}" for name in ("ask", "choose", "keep", "leave")),
            *(
                f"{FACTOR}.{name}"
                for name in ("arrive", "open", "begin", "confirm", "renew", "disable", "done")
            ),
            *(f"{ZONES}.{name}" for name in ("opened", "search")),
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

    def test_a_viewer_reads_the_tenant_and_changes_nothing(
        self, house: House, acme: Acme, registered_handlers: list[Handler]
    ) -> None:
        before = house.snapshot()
        frames = walk(house, house.cookie(acme.company.viewer), acme, harmless(registered_handlers))
        tenant = acme.company.tenant.name
        for handler in harmless(registered_handlers):
            if handler.permission in {"exports.write", "campaigns.write", "tenant.manage", OPERATE}:
                if not handler.is_quiet:
                    assert notices(frames[handler.name])[-1:] == [FORBIDDEN], handler.name
                refused = frames[handler.name].replace(tenant, "")
                assert_silent({handler.name: refused}, acme.never_told)
        assert f"{NAMES} numbers" in "".join(frames.values())
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
            "webhook_id": acme.webhook_id,
            "delivery_id": acme.delivery_id,
            "tenant_id": acme.company.id,
            "session_id": id_of(house.session(acme.company.admin)),
            "user_id": acme.company.admin.user.id,
        }
        asked = [
            handler
            for handler in registered_handlers
            if handler.is_action
            and handler.permission != OPERATE  # to those all are foreign
            and ids.keys() & set(handler.names)
        ]
        foreign, unknown = (
            _answers(house, outsider.admin, asked, known)
            for known in (ids, dict.fromkeys(ids, str(uuid.uuid4())))
        )
        for handler in asked:
            assert foreign[handler.name] == unknown[handler.name], handler.name
        told = {name: texts for name, (_, texts) in foreign.items()}
        assert {text for texts in told.values() for text in texts} == {NotFound().message}
        quiet = {
            ".".join(name.split(".")[-2:]).rpartition("____")[2]
            for name, texts in told.items()
            if not texts
        }
        marks = {
            "selection.pick",
            "all_runs.unfold",
            "organizing.choose_owner",
            "history_state.unfold",
            "file_downloads_state.ask",
            "schedule_choice.toggle",
            "webhooks_page.unfold",
            "members_state.choose",
            "leave_state.choose",
        }
        assert quiet == marks  # they mark what is on the screen


def _answers(
    house: House, who: Person, handlers: list[Handler], ids: dict[str, str]
) -> dict[str, tuple[str, list[str]]]:
    """Of each handler, the frames without what differs from call to call, and the notices."""
    answers = {}
    for wire, few in tabs(house.url, house.cookie(who), handlers, LISTED):
        for handler in few:
            payload = {
                name: ids[name] if name in ids else _value(parameter, "x")
                for name, parameter in zip(handler.names, handler.parameters, strict=True)
            }
            frames = wire.ask(handler.name, payload)
            answers[handler.name] = (_DIFFERS.sub("", frames), notices(frames))
    return answers
