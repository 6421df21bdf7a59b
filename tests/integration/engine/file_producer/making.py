"""Files made in a process of their own, without a run."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exports_app.engine.file_producer import FileProducer
from exports_app.engine.file_writer import FileLimits, WrittenFile
from exports_app.services.core.export_filters import Scope
from exports_app.services.core.extension_points import EXPORT_TYPES, Format, leading_columns
from exports_app.wiring import Services
from tests.contracts.tables import readers
from tests.e2e.client import wait_until

LIMITS = FileLimits(rows=1_000_000, size=10**9, seconds=60, memory=512 * 2**20)
DAYS = 1_500
NAMES = ("Spring", 'Say "hi", twice', "=1+1", "zwei\nZeilen ü", "bell\a and _x0041_")


class Making:
    """Makes the export type `campaign` over all campaigns."""

    def __init__(self, services: Services, scope: Scope, folder: Path) -> None:
        self._services = services
        self._scope = scope
        self._folder = folder
        self.path = folder / "made"
        self.told: list[int] = []

    def __call__(
        self,
        file_format: Format | Any,
        *,
        small: int = 0,
        check: Callable[[], None] = lambda: None,
        maker: FileProducer | None = None,
        **limits: Any,
    ) -> WrittenFile:
        kind = EXPORT_TYPES["campaign"]
        chosen = maker or FileProducer(self._services.store, 1, small)
        with_limits = FileLimits(**{**LIMITS.__dict__, **limits})
        return chosen.make(
            kind.select(self._scope),
            kind.columns(),
            leading_columns(kind),
            file_format,
            self.path,
            with_limits,
            self._scope.tenant_id,
            self.told.append,
            check,
        )

    def content(self, key: str) -> list[bytes]:
        return [reader.content(self.path) for reader in readers(key)]

    def pid(self) -> int:
        """Of the process that a format of `child_formats` runs in."""
        wait_until(
            "the process has begun", lambda: self.path.exists() and self.path.read_text() != "", 20
        )
        return int(self.path.read_text())


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
