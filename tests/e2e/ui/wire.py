"""One tab's websocket, as Reflex's own page code speaks it, without a page: what a stranger with a
script can do."""

import itertools
import json
import socket
import uuid
from http.cookies import SimpleCookie
from typing import Any, Self

import httpx
from websockets.sync.client import connect
from websockets.typing import Origin

ROOT = "reflex___state____state"
HYDRATE = f"{ROOT}.hydrate"
HYDRATE_AND_LOAD = f"{ROOT}.hydrate_and_load"
SESSION = f"{ROOT}.exports_app___ui___framework___session____session_state"
LOGIN = f"{ROOT}.exports_app___ui___pages___sign_in___login___state____login_state"
LISTED = "/scheduled-exports"
PATIENCE = 15.0
"""Seconds that any answer may take."""

_marks = itertools.count(1000)
_addresses = (f"127.{n // 250 % 250}.{n % 250}.9" for n in itertools.count(1))


class Wire:
    """cookie: a Cookie header. token: the tab's; a new one without. origin: as a browser sends it;
    None sends none. auth: what the page says when it connects. more: for
    `websockets.sync.client.connect`, e.g. ``ssl``, ``source_address``: by default a loopback
    address of its own, since many tabs of one address wait for each other."""

    def __init__(
        self,
        url: str,
        cookie: str = "",
        *,
        token: str = "",
        origin: str | None = "same",
        auth: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        self.token = token or str(uuid.uuid4())
        self.received = list[str]()
        self._auth = auth
        self.address = next(_addresses)
        self._connection = connect(
            f"{url.replace('http', 'ws', 1)}/_event/?EIO=4&transport=websocket&token={self.token}",
            origin=Origin(url) if origin == "same" else origin and Origin(origin),
            additional_headers=({"Cookie": cookie} if cookie else {}) | (headers or {}),
            max_size=None,
            proxy=None,
            **{"source_address": (self.address, 0)} | more,
        )

    def __enter__(self) -> Self:
        self.socket = self._connection.__enter__()
        self._wait_for("0{")
        self.raw("40/_event," + (json.dumps(self._auth) if self._auth else ""))
        self._wait_for("40/_event,")
        return self

    def __exit__(self, *why: object) -> None:
        self._connection.__exit__(*why)

    def abort(self) -> None:
        """Cut the line without a goodbye."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def raw(self, packet: str) -> None:
        self.socket.send(packet)

    def packet(self, *content: Any) -> None:
        """A Socket.IO event with this content."""
        self.raw("42/_event," + json.dumps(content))

    def send(self, name: str, payload: Any = None, path: str = LISTED) -> None:
        self.packet("event", event(name, payload, path))

    def ask(self, name: str, payload: Any = None, path: str = LISTED) -> str:
        """Send an event, and return every frame that came until the server had done with it."""
        self.send(name, payload, path)
        return self.settle()

    def load(self, path: str = LISTED) -> str:
        """What a page does first: everything it holds, and its on_load events to their end."""
        self.send(HYDRATE_AND_LOAD, path=path)
        return "\n".join(
            self.settle() for _ in range(3)
        )  # on_load events are queued behind what was sent already

    def settle(self) -> str:
        """The frames since the last time, up to the answer to a mark that is queued behind all that
        was sent."""
        mark = f"mark={next(_marks)}"
        self.send(
            f"{ROOT}.set_is_hydrated", {"value": True}, f"{LISTED}?{mark}"
        )  # the address comes back in the answer
        self._wait_for(mark)
        return self._taken()

    def until(self, text: str) -> str:
        """The frames since the last time, up to the first that holds the text."""
        self._wait_for(text)
        return self._taken()

    def _taken(self) -> str:
        text = "\n".join(self.received)
        self.received.clear()
        return text

    def _wait_for(self, text: str) -> None:
        while True:
            got = self.socket.recv(timeout=PATIENCE)
            assert isinstance(got, str)
            if got == "2":  # Engine.IO's ping
                self.raw("3")
                continue
            self.received.append(got)
            if text in got:
                return


def event(name: Any, payload: Any = None, path: str = LISTED) -> dict[str, Any]:
    router = {"pathname": path.partition("?")[0], "asPath": path, "query": {}}
    return {"name": name, "payload": {} if payload is None else payload, "router_data": router}


def variables(frames: str, name: str) -> list[Any]:
    """Every value of a State's var in the frames, in order."""
    found = []
    for line in frames.splitlines():
        if line.startswith("42/_event,"):
            update = json.loads(line.removeprefix("42/_event,"))[1]
            deltas = (update.get("delta") or {}) if isinstance(update, dict) else {}
            found += [
                held[f"{name}_rx_state_"] for held in deltas.values() if f"{name}_rx_state_" in held
            ]
    return found


def notices(frames: str) -> list[str]:
    """The texts of the last list of notices in the frames."""
    lists = [one for one in variables(frames, "items") if one]
    return [one["text"] for one in lists[-1]] if lists else []


def login(url: str, email: str, password: str, goto: str = "") -> tuple[str, str]:
    """Through the login page's own handler. Returns the sign-in's address, with its one-time code,
    and the Cookie header of the browser that asked; the text is empty where the sign-in was
    refused."""
    browser = httpx.get(f"{url}/login").headers["set-cookie"].split(";")[0]
    path = f"/login?next={goto}" if goto else "/login"
    with Wire(url, browser) as wire:
        frames = wire.ask(f"{LOGIN}.login", {"form": {"email": email, "password": password}}, path)
    return next((goto for goto in variables(frames, "goto") if goto), ""), browser


def set_cookie(answer: httpx.Response, name: str) -> str:
    """The value of a cookie that the answer sets; empty where it sets none."""
    held: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        held.load(header)
    return held[name].value if name in held else ""
