"""The other side of the folder channel: a folder of the test's own."""

import shutil
from pathlib import Path

import pytest

SECRETS: tuple[str, ...] = ()


class World:
    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        patch.setenv("EXPORT_FOLDERS", str(folder))
        self._folder = folder
        self.config = {"name": "{schedule}.{format}"}

    def arrived(self) -> list[bytes]:
        return [
            path.read_bytes()
            for path in self._folder.rglob("*")
            if path.is_file() and path.parent != self._folder
        ]

    def vanish(self) -> None:
        """As of a share that is not mounted."""
        shutil.rmtree(self._folder)

    def refuse(self) -> None:
        """A file stands in the way."""
        shutil.rmtree(self._folder / "acme", ignore_errors=True)
        (self._folder / "acme").write_text("no folder")
