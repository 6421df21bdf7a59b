"""An open page of a browser, which connects again when its server is gone."""

import uuid
from typing import Self

from websockets.exceptions import ConnectionClosed

from exports_app.services.identity.cookies import BROWSER_COOKIE, HOST_PREFIX, SESSION_COOKIE
from tests.e2e.ui.wire import Wire
from tests.proxies import Front
from tests.world import BROWSER

ADDRESS = "127.0.2.1"


class Tab:
    """session: its secret. moves: how often it had to connect again."""

    def __init__(self, front: Front, session: str) -> None:
        held = {SESSION_COOKIE: session, BROWSER_COOKIE: BROWSER}
        self._cookie = "; ".join(f"{HOST_PREFIX}{name}={value}" for name, value in held.items())
        self._front = front
        self.token = str(uuid.uuid4())
        self.moves = 0

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *why: object) -> None:
        self._wire.__exit__(*why)

    def sees(self, text: str) -> None:
        """Until the page shows it: pushed to it, or loaded after the connection was lost."""
        try:
            self._wire.until(text)
        except ConnectionClosed:
            self._again()
            if text not in self._loaded:
                self._wire.until(text)

    def carry_on(self) -> None:
        """As soon as the connection is lost, connect again; the first attempt must succeed."""
        try:
            self._wire.settle()
        except ConnectionClosed:
            self._again()

    def _again(self) -> None:
        self.moves += 1
        self._open()

    def _open(self) -> None:
        wire = Wire(self._front.url, self._cookie, token=self.token, **self._front.socket(ADDRESS))
        self._wire = wire.__enter__()
        self._loaded = wire.load()
