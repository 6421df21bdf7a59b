"""A host of the documents: a folder that stands for its root, with the project, settings and units
of docs/deploy. Everything on it runs as a user other than root."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.server import free_port
from tests.operations.installed import Installed
from tests.paths import ROOT

PATIENCE = 60.0
COMMANDS = Path(__file__).parent / "commands"
APP_ADDRESS = "127.0.0.1:3720"
"""Of the documents."""


@dataclass
class Host:
    """root: the folder that stands for /."""

    root: Path
    installed: Installed
    app_port: int = field(default_factory=free_port)

    def here(self, text: str) -> str:
        """Where the paths of the documents and of docs/deploy, and the app's port, are in the
        sandbox."""
        text = text.replace(APP_ADDRESS, f"127.0.0.1:{self.app_port}")
        text = text.replace("/opt/exports", str(self.installed.project))
        return re.sub(r"(?<![\w/.-])/(?=(etc|var|backup)\b)", f"{self.root}/", text)

    def there(self, text: str) -> str:
        """The other way round."""
        text = text.replace(str(self.installed.project), "/opt/exports")
        return text.replace(f"{self.root}/", "/")

    def shell(self, script: str) -> "subprocess.CompletedProcess[str]":
        """Run it with paths of the documents. stderr is in stdout."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(script)],
            cwd=self.root,
            env=self.installed.env | self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE * 3,
            check=False,
            **self.installed.user,
        )
        return subprocess.CompletedProcess(script, done.returncode, self.there(done.stdout))

    def done(self, script: str) -> str:
        """As `shell`, of what must succeed. Returns its output."""
        done = self.shell(script)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{self.log('exports-web')}"
        return done.stdout

    def log(self, unit: str) -> str:
        file = self.root / "log" / unit
        return file.read_text(errors="replace") if file.exists() else ""

    def pid(self, unit: str) -> int:
        """0 while it does not run."""
        file = self.root / "run" / f"{unit}.pid"
        return int(file.read_text()) if file.exists() else 0

    def set(self, **settings: str) -> None:
        """In /etc/exports.env."""
        file = self.root / "etc/exports.env"
        kept = [
            line for line in file.read_text().splitlines() if line.partition("=")[0] not in settings
        ]
        given = [f"{name}='{self.here(value)}'" for name, value in settings.items() if value]
        file.write_text("\n".join([*kept, *given]) + "\n")

    def command(self, name: str, *runs: str) -> None:
        """What a command of the documents runs here."""
        file = self.root / "bin" / name
        file.write_text(f'#!/bin/sh\nexec {shlex.join(runs)} "$@"\n')
        file.chmod(0o755)

    def lay_out(self, settings: str, *units: str) -> None:
        """settings, units: files of docs/deploy."""
        for folder in (
            *("etc/systemd/system", "etc/exports", "var/lib/exports"),
            *("backup", "bin", "log", "run", "tmp", "home"),
        ):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for unit in units:
            text = (ROOT / "docs/deploy" / unit).read_text()
            (self.root / "etc/systemd/system" / unit).write_text(self.here(text))
        shutil.copy(ROOT / "docs/deploy" / settings, self.root / "etc/exports.env")

    def kill(self) -> None:
        """What still runs, at the end of a test."""
        for file in (self.root / "run").glob("*.pid"):
            with suppress(ProcessLookupError):
                os.killpg(os.getpgid(int(file.read_text())), signal.SIGKILL)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.root}/bin:{COMMANDS}:{os.environ['PATH']}:/usr/sbin",
            "HOME": str(self.root / "home"),
            "MACHINE": str(self.root),
            "LANG": "C.UTF-8",
        }
