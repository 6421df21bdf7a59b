"""Formats that go wrong, for a process of their own. Not registered: it finds them by module and
name."""

import os
import signal
import time
from pathlib import Path

from exports_app.domain.table import Table


class _Wrong:
    key = label = extension = mime = "wrong"

    def write(self, table: Table, path: Path) -> int:
        path.write_text(str(os.getpid()))
        self.go_wrong(table)
        return 0

    def go_wrong(self, table: Table) -> None:
        raise NotImplementedError


class Greedy(_Wrong):
    def go_wrong(self, table: Table) -> None:
        held = []
        while True:
            held.append(bytearray(16 * 2**20))


class Killed(_Wrong):
    def go_wrong(self, table: Table) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Broken(_Wrong):
    def go_wrong(self, table: Table) -> None:
        raise RuntimeError("a bug in the format")


class Unwritable(_Wrong):
    def go_wrong(self, table: Table) -> None:
        raise OSError(28, "No space left on device")


class Endless(_Wrong):
    def go_wrong(self, table: Table) -> None:
        while True:
            time.sleep(60)


class Slow(_Wrong):
    """A chunk in the time that makes it worth telling."""

    def go_wrong(self, table: Table) -> None:
        for _ in table.chunks:
            time.sleep(0.6)
