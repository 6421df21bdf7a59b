"""The largest frames that a page may send, through the sockets, Socket.IO and the gate: none keeps
the event loop from others."""

import asyncio
import inspect
import json
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, get_origin

import pytest
import reflex as rx
import structlog
from reflex_base.registry import RegistrationContext

from exports_app import plugins, wiring
from exports_app.domain import bounds
from exports_app.ui.pages.scheduled_exports.editor.state import EditorState
from exports_app.ui.websockets import packets
from exports_app.ui.websockets.connections import Sockets
from exports_app.ui.websockets.gate import NEVER_SENT, ROOT, Gate, well_formed
from exports_app.ui.websockets.incident_log import incidents
from exports_app.ui.websockets.packets import MAX_FRAME_BYTES, MAX_FRAME_BYTES_OF_STRANGERS
from exports_app.ui.websockets.tab_states import Tabs
from tests.loopwatch import watched

wiring.load_plugins()
plugins.load("exports_app.ui.pages")

LOGIN = next(
    name for name in RegistrationContext.get().event_handlers if name.endswith("login_state.login")
)
RESTORE = f"{EditorState.get_full_name()}.restore"
UNITS = [
    "[]",
    "{}",
    "[[]]",
    '{"a":{}}',
    "[[[[[[[[]]]]]]]]",
    "0",
    "1e5",
    "1.5",
    "9" * 4_000,
    '""',
    '"x"',
    '"\\u00e9"',
    "null",
]


class Server:
    """Sockets, Socket.IO and the gate as the server has them; the events that come through are kept
    instead of run."""

    def __init__(self) -> None:
        self.app = rx.App()
        self.app._enable_state()
        self.tabs = Tabs()
        self.events: list[Any] = []
        processor = SimpleNamespace(
            _token_queues={}, _on_disconnect=lambda _: None, enqueue=self._enqueue
        )
        self.app._event_processor = processor  # type: ignore[assignment]
        Gate(self.app, self.tabs, lambda _: None)
        assert self.app._api is not None
        self.sockets = Sockets(self.app._api)

    async def _enqueue(self, _: str, event: Any) -> None:
        self.events.append(event)


class Page:
    def __init__(self, server: Server) -> None:
        self.server, self.sent = server, list[Any]()
        self._packets: asyncio.Queue[Any] = asyncio.Queue()
        self._packets.put_nowait({"type": "websocket.connect"})
        query = f"EIO=4&transport=websocket&token={uuid.uuid4()}".encode()
        scope = {
            "type": "websocket",
            "path": "/_event/",
            "root_path": "",
            "query_string": query,
            "headers": [
                (b"host", b"exports.test"),
                (b"connection", b"Upgrade"),
                (b"upgrade", b"websocket"),
            ],
            "client": ("192.0.2.1", 4711),
            "subprotocols": [],
        }
        self.task = asyncio.ensure_future(server.sockets(scope, self._packets.get, self._send))

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    def say(self, text: str) -> None:
        self._packets.put_nowait({"type": "websocket.receive", "text": text})

    async def join(self, *, signed_in: bool) -> None:
        self.say("40/_event,")
        async with asyncio.timeout(5):
            while not any(str(one.get("text", "")).startswith("40") for one in self.sent):  # noqa: ASYNC110
                await asyncio.sleep(0)
        for key in self.server.tabs._tabs:
            self.server.tabs.known(key, signed_in=signed_in)

    async def ask(self, text: str) -> bool:
        """Whether it came through; else the socket was closed."""
        before = len(self.server.events)
        self.say(text)
        async with asyncio.timeout(5):
            while len(self.server.events) == before and not self.task.done():  # noqa: ASYNC110
                await asyncio.sleep(0)
        return len(self.server.events) > before

    async def leave(self) -> None:
        self._packets.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.task, 5)


@pytest.fixture(autouse=True)
def app_of_its_own() -> Iterator[None]:
    with RegistrationContext.get().fork():
        yield


@pytest.fixture(autouse=True)
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    monkeypatch.setattr(incidents, "_noted", OrderedDict())
    with structlog.testing.capture_logs() as entries:
        yield entries


def frame(name: str, payload: dict[str, Any]) -> str:
    return "42/_event," + json.dumps(
        ["event", {"name": name, "payload": payload, "router_data": {}}]
    )


def filled(unit: str, number: int) -> str:
    return frame(LOGIN, {"form": {"a": "@"}}).replace('"@"', f"[{','.join([unit] * number)}]")


def largest(unit: str, size: int) -> str:
    """The largest frame of such values that may be sent by its size and by its number of values."""
    spare = 100  # of the event around it
    each, brackets = len(unit) + 1, unit.count("[") + unit.count("{")
    most = [(size - 2 * spare) // each, (packets.MAX_COMMAS - spare) // (1 + unit.count(","))]
    if brackets:
        most.append((packets.MAX_BRACKETS - spare) // brackets)
    return filled(unit, min(most))


@pytest.mark.parametrize("signed_in", [False, True])
def test_no_frame_of_allowed_size_keeps_the_loop_from_others(
    signed_in: bool, logs: list[Any]
) -> None:
    size = MAX_FRAME_BYTES if signed_in else MAX_FRAME_BYTES_OF_STRANGERS
    all_brackets = frame(LOGIN, {"form": {"a": "@"}}).replace('"@"', "[" * 900 + "]" * 900)
    digits = filled("0." + "1" * (size - 300), 1)

    async def story() -> None:
        server = Server()
        with watched(collecting=True) as watch:
            for text in [*(largest(unit, size) for unit in UNITS), all_brackets, digits]:
                assert len(text) <= size
                for _ in range(3):
                    page = Page(server)
                    await page.join(signed_in=signed_in)
                    watch.about = text[90:130]
                    assert await page.ask(text), logs
                    watch.about = ""
                    await page.leave()
                    # what was sent so far would have to be waited for
                    server.sockets._addresses.clear()
                    server.sockets._customers.clear()
        assert not watch.slow, "\n".join(watch.slow)
        assert watch.longest > 0

    asyncio.run(story())


@pytest.mark.parametrize(
    ("text", "signed_in", "reason"),
    [
        (
            frame(LOGIN, {"form": {"a": "x" * 17_000}}),
            False,
            "a frame over 16 KB before anyone signed in",
        ),
        (
            frame(LOGIN, {"form": {"a": "@"}}).replace("@", "\N{GRINNING FACE}" * 4_100),
            False,
            "a frame over 16 KB before anyone signed in",
        ),
        (filled("[]", 5_001), True, "a frame with too many values"),
        (filled("{}", 5_001), True, "a frame with too many values"),
        (filled("0", 20_002), True, "a frame with too many values"),
        ("42/_event," + "[" * 200_000 + "]" * 50_000, True, "a frame with too many values"),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else None,
)
def test_a_frame_that_is_too_large_or_too_complex_closes_its_socket(
    text: str, signed_in: bool, reason: str, logs: list[Any]
) -> None:
    async def story() -> None:
        server = Server()
        for _ in range(3):
            page = Page(server)
            await page.join(signed_in=signed_in)
            assert not await page.ask(text)
            assert page.sent[-1] == {"type": "websocket.close", "code": 4400}

    asyncio.run(story())
    assert [entry["event"] for entry in logs] == [f"a websocket was closed: {reason}"]


def test_a_kept_form_of_somebody_who_is_signed_in_comes_through() -> None:
    ids = [str(uuid.uuid4()) for _ in range(bounds.CAMPAIGNS)]
    values = {"description": "[a], {b}, " * 200}
    kept = json.dumps(
        {"values": values, "campaigns": ids, "chips": ["x" * 300] * 100, "unfinished": "a, " * 600}
    )

    async def story() -> None:
        server = Server()
        page = Page(server)
        await page.join(signed_in=True)
        assert await page.ask(frame(RESTORE, {"kept": kept}))
        assert await page.ask(frame(RESTORE, {"kept": "x" * bounds.KEPT_FORM}))
        assert [len(event.payload["kept"]) for event in server.events] == [
            len(kept),
            bounds.KEPT_FORM,
        ]
        await page.leave()

    asyncio.run(story())


NEEDED = {"bool": True, "int": 1, "str": "x", "dict": {}, "list": []}


def test_an_event_without_a_value_that_its_handler_needs_is_dropped() -> None:
    needing = 0
    for name, registered in RegistrationContext.get().event_handlers.items():
        if name in NEVER_SENT:
            continue
        parameters = list(inspect.signature(registered.handler.fn).parameters.values())[1:]
        needed = [
            p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        needing += bool(needed)
        values = {p.name: _value_for(p.annotation) for p in parameters if p.name in needed}
        assert well_formed({"name": name, "payload": values}) is not None, name
        for missing in needed:
            payload = {key: value for key, value in values.items() if key != missing}
            assert well_formed({"name": name, "payload": payload}) is None, (name, missing)
    assert needing > 20


def test_an_event_without_its_values_logs_nothing(logs: list[Any]) -> None:
    async def story() -> None:
        server = Server()
        page = Page(server)
        await page.join(signed_in=False)
        page.say(frame(f"{ROOT}.set_is_hydrated", {}))
        assert await page.ask(frame(f"{ROOT}.set_is_hydrated", {"value": True}))
        assert [event.payload for event in server.events] == [{"value": True}]
        await page.leave()

    asyncio.run(story())
    assert logs == []


def _value_for(annotation: Any) -> Any:
    plain = get_origin(annotation) or annotation
    return NEEDED.get(plain if isinstance(plain, str) else getattr(plain, "__name__", ""), "x")


def test_reflexs_event_for_the_browsers_storage_is_dropped() -> None:
    """No page keeps anything there; each such event of a stranger ended in an error line."""
    (name,) = NEVER_SENT
    assert name in RegistrationContext.get().event_handlers
    assert well_formed({"name": name, "payload": {"vars": {"a": "b"}}}) is None
