"""Nonsense from an admin's page, and an open page whose user loses their rights."""

from exports_app.domain.access import Role
from tests.e2e.ui.app_code import Handler
from tests.e2e.ui.house import House
from tests.e2e.ui.websocket.walking import (
    FORBIDDEN,
    LIST,
    NAMES,
    SIGNING_OUT,
    THEIR_OWN,
    Acme,
    tabs,
)
from tests.e2e.ui.wire import LOGIN, ROOT, SESSION, Wire, notices, variables

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
