"""A workflow of Microsoft Teams."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.channels._http_side import Asked, HttpSide, Said

SECRETS = ("aSignatureOfTheWorkflow42",)


class World:
    """says: the answer from now on."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        del folder, patch
        self.says: Callable[[], Said] = lambda: Said(202)
        self._cards = list[bytes]()
        self._side = HttpSide(self._answer)
        self.config = {"url": f"{self._side.url}/workflows/1/triggers/manual?sig={SECRETS[0]}"}

    def arrived(self) -> list[bytes]:
        return self._cards

    def refuse(self) -> None:
        self._say({"code": "Unauthorized", "message": SECRETS[0]})

    def echo(self, text: str) -> dict[str, str]:
        self._say({"code": text})
        return self.config

    def _say(self, error: dict[str, str]) -> None:
        body = json.dumps({"error": error}).encode()
        self.says = lambda: Said(401, body)

    def close(self) -> None:
        self._side.close()

    def _answer(self, asked: Asked) -> Said:
        said = self.says()
        if said.status < 300 and not said.hangs_up:
            self._cards.append(asked.body)
        return said
