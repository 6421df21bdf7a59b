"""A process of the app under test."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.client import wait_until
from tests.paths import ROOT

PATIENCE = 90.0


@dataclass
class App:
    """A process of ours, as a service manager keeps it: in its own group, started again when it has
    ended."""

    arguments: list[str]
    env: dict[str, str]
    log: Path
    died: Callable[[], None]
    """Called after each end of it, before it is begun again."""
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def tend(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        self._ended()
        self.starts += 1
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.arguments,
                cwd=ROOT,
                env=self.env,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """All of it, without a word."""
        self.end()
        self._ended()

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _ended(self) -> None:
        if self.process is not None:
            self.process = None
            self.died()

    def send(self, how: signal.Signals) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, how)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def ready(self) -> None:
        """Once it has said so as often as it was started."""
        wait_until(
            f"it is ready: {self.output}",
            lambda: self.output.count("ready") >= self.starts,
            PATIENCE,
        )
