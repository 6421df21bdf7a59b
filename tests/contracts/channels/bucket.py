"""The other side of the bucket channel: moto's S3."""

from pathlib import Path

import pytest

from tests import s3_server

SECRETS = (s3_server.SECRET_KEY,)


class World:
    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        del folder, patch
        self._store = s3_server.Store()
        self.config = self._store.config
        self.nowhere = self.config | {"endpoint": "http://127.0.0.1:9"}

    def arrived(self) -> list[bytes]:
        return [self._store.read(key) for key in self._store.names()]

    def refuse(self) -> None:
        """There is no such bucket any more."""
        self._store.remove_bucket()

    def close(self) -> None:
        self._store.close()
