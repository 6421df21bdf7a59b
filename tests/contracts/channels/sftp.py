"""The other side of the SFTP channel: a server of the tests' own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.sftp_server import PASSWORD, SftpServer

SECRETS = (PASSWORD,)


class World:
    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        del patch
        self._folder = folder
        self._server = SftpServer(folder)
        self.config = self._server.config()
        self.close = self._server.close

    def arrived(self) -> list[bytes]:
        return [path.read_bytes() for path in self._folder.rglob("*") if path.is_file()]

    def refuse(self) -> None:
        self._answer(lambda operation, path: f"no {operation} of {path}")

    def echo(self, text: str) -> dict[str, Any]:
        self._answer(lambda *_: text)
        return self.config

    def _answer(self, words: Callable[[str, str], str]) -> None:
        def before(operation: str, path: str) -> None:
            raise asyncssh.SFTPPermissionDenied(words(operation, path))

        self._server.behaviour.before = before
