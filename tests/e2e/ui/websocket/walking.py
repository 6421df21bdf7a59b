"""Calling every handler of the app over the bare websocket."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.e2e.ui.app_code import Handler
from tests.e2e.ui.house import Company, House
from tests.e2e.ui.wire import ROOT, SESSION, Wire

FORBIDDEN = "You do not have permission to do this"
OPERATE = "installation.manage"
PAGE = f"{ROOT}.exports_app___ui___pages___scheduled_exports___page____scheduled_exports"
MEMBERS = f"{ROOT}.exports_app___ui___pages___settings___members___state____members_state"
FIGURES = f"{ROOT}.exports_app___ui___pages___analytics"
SETTINGS = f"{ROOT}.exports_app___ui___pages___settings"
ACCOUNT = f"{ROOT}.exports_app___ui___pages___settings___account___state____account_state"
FACTOR = f"{SETTINGS}___account___second_factor___state____second_factor_state"
KEYS = f"{SETTINGS}___keys___state____keys_state"
FEEDS = f"{SETTINGS}___feeds___state____feeds_state"
LEAVE = f"{SETTINGS}___account___leave___state____leave_state"
INVITATION = f"{ROOT}.exports_app___ui___pages___sign_in___invitation___state____invitation_state"
ZONES = f"{ROOT}.exports_app___ui___layout___zone_picker____zone_picker"
FORGOTTEN = (
    f"{ROOT}.exports_app___ui___pages___sign_in___forgot_password___state____forgot_password_state"
)
RESET = (
    f"{ROOT}.exports_app___ui___pages___sign_in___reset_password___state____reset_password_state"
)
SIGNING_OUT = {f"{SESSION}.logout", f"{ACCOUNT}.end_all", f"{INVITATION}.sign_out"}
THEIR_OWN = {f"{ACCOUNT}.end_all", f"{LEAVE}.leave"}
"""What everyone may change: where they are signed in, and which tenants they belong to."""
LIST = f"{ROOT}.exports_app___ui___pages___scheduled_exports___list___state____list_state"
NAMES = "Zeppelin"
"""Begins all that Acme calls its own."""


@dataclass(frozen=True)
class Acme:
    company: Company
    schedule_id: str
    run_id: str
    campaign_id: str
    webhook_id: str
    delivery_id: str
    never_told: list[str]
    """What a stranger cannot know; they know the ids above."""

    def address(self) -> str:
        return f"/scheduled-exports/{self.schedule_id}?run={self.run_id}"

    def arguments(self, handler: Handler) -> Iterator[dict[str, Any]]:
        """Values that fit the handler's parameters, with one of Acme's ids wherever a text is
        taken; each payload once."""
        ids = [self.schedule_id, self.run_id, self.campaign_id, self.company.id]
        by_name = {
            "schedule_id": ids[0],
            "run_id": ids[1],
            "campaign_id": ids[2],
            "tenant_id": ids[3],
            "webhook_id": self.webhook_id,
            "delivery_id": self.delivery_id,
            "kept": self.kept(),
        }
        payloads: list[dict[str, Any]] = []
        for one, known in itertools.product(ids, (by_name, {})):
            payload = {
                name: _value(parameter, known.get(name, one))
                for name, parameter in zip(handler.names, handler.parameters, strict=True)
            }
            if payload not in payloads:
                payloads.append(payload)
        yield from payloads

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


def tabs(
    url: str, cookie: str, handlers: list[Handler], path: str
) -> Iterator[tuple[Wire, list[Handler]]]:
    """A tab with the page open for every few handlers: nobody may send many events."""
    for begin in range(0, len(handlers), 15):
        with Wire(url, cookie) as wire:
            wire.load(path)
            yield wire, handlers[begin : begin + 15]


def walk(house: House, cookie: str, acme: Acme, handlers: list[Handler]) -> dict[str, str]:
    """Call everything with everything. Returns the frames by handler."""
    last = sorted(
        handlers, key=lambda handler: handler.name in SIGNING_OUT
    )  # after one, everyone is anonymous
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
    assert not told, told
