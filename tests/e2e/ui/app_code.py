"""The app's build of the pages, its handlers and its commands, each in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.server import environment
from tests.paths import ROOT

KEY = "a key for the browser's tests, long enough to sign with"
_HANDLERS = """
import inspect, json
from exports_app.launch import env
env.prepare()
from exports_app import exports_app
from exports_app.ui.framework import actions
from exports_app.ui.framework.page import PAGES
from reflex.utils.format import format_event_handler
from reflex_base.registry import RegistrationContext
rules = actions.rules()
quiet = {format_event_handler(h) for p in PAGES for h in (p.load, p.refresh) if h}
print(json.dumps([
    [
        name,
        list(map(str, list(inspect.signature(registered.handler.fn).parameters.values())[1:])),
        name in rules,
        name in rules and rules[name].public,
        str(rules[name].permission or "") if name in rules else "",
        name in quiet,
    ]
    for name, registered in sorted(RegistrationContext.get().event_handlers.items())
]))
"""


@dataclass(frozen=True)
class Handler:
    """What the app answers to. parameters: as they stand in its code, e.g. ``schedule_id: str``.
    is_quiet: a page calls it by itself, so that nothing says that it was refused."""

    name: str
    parameters: list[str]
    is_action: bool
    public: bool
    permission: str
    is_quiet: bool

    @property
    def names(self) -> list[str]:
        return [
            parameter.partition(":")[0].partition("=")[0].strip() for parameter in self.parameters
        ]


class PagesBuild:
    """A build of the pages, so that no start of a server has to; it goes on beside what follows."""

    def __init__(self) -> None:
        code = "from exports_app.launch import build, env; env.prepare(); build.ensure()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self) -> None:
        """Wait for its end. AssertionError with the build's own words when it fails."""
        _, errors = self._process.communicate(timeout=280)
        assert self._process.returncode == 0, f"the pages did not build:\n{errors}"

    def abandon(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.communicate()


def handlers() -> list[Handler]:
    """Every event handler that the app registers, asked of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _HANDLERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [Handler(*fields) for fields in json.loads(done.stdout.splitlines()[-1])]


def run_command(folder: Path, *words: str, stdin: str = "") -> str:
    """``python -m exports_app …`` beside the server; its output."""
    command = [sys.executable, "-m", "exports_app", *words]
    env = environment(folder, {"DEMO": "1", "SECRET_KEY": KEY})
    return subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
