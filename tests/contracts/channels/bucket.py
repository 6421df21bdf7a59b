"""The other side of the bucket channel: moto's S3."""

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests import s3_server
from tests.contracts.channels._http_side import HttpSide, Said

SECRETS = (s3_server.SECRET_KEY,)


class World:
    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        del folder, patch
        self._store = s3_server.Store()
        self.config = self._store.config
        self._echoes = list[HttpSide]()
        self.nowhere = self.config | {"endpoint": "http://127.0.0.1:9"}

    def arrived(self) -> list[bytes]:
        return [self._store.read(key) for key in self._store.names()]

    def refuse(self) -> None:
        """There is no such bucket any more."""
        self._store.remove_bucket()

    def echo(self, text: str) -> dict[str, Any]:
        body = f"<Error><Code>Odd</Code><Message>{escape(text)}</Message></Error>".encode()
        side = HttpSide(lambda _: Said(403, body))
        self._echoes.append(side)
        return self.config | {"endpoint": side.url}

    def close(self) -> None:
        for side in self._echoes:
            side.close()
        self._store.close()
