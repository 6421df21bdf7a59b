"""Finds a browser for the tests, and gets one where there is none: a machine without a browser must
not skip a single test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DOWNLOAD_SECONDS = 300
NONE = """There is no browser for the tests. Any one of these will do:
  - install Chrome or Chromium, so that one of {names} is on PATH
    (Debian: apt-get install chromium);
  - let Playwright download its own: {python} -m playwright install --with-deps chromium;
  - name one: BROWSER_PATH=/path/to/chrome make test
{tried}"""


def launch(playwright: Playwright) -> Browser:
    """A headless browser. Ends the whole test session where none can be had."""
    return playwright.chromium.launch(executable_path=find(playwright), args=list(FLAGS))


def find(playwright: Playwright) -> Path:
    """BROWSER_PATH, else the system's, else Playwright's own, else one that is installed now."""
    if named := os.environ.get("BROWSER_PATH"):
        if not os.access(named, os.X_OK):
            pytest.exit(f"BROWSER_PATH={named} is no program", returncode=1)
        return Path(named)
    own = Path(playwright.chromium.executable_path)
    if found := _on_path() or _there(own):
        return found
    tried = [_run([sys.executable, "-m", "playwright", "install", "chromium"])]
    if found := _there(own):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        tried.append(_run(["apt-get", "update"]))
        tried.append(_run(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]))
    if found := _on_path():
        return found
    pytest.exit(
        NONE.format(names=", ".join(NAMES), python=sys.executable, tried="\n".join(tried)),
        returncode=1,
    )


def _on_path() -> Path | None:
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)


def _there(own: Path) -> Path | None:
    """Playwright's own, if it is there and this machine has the libraries that it needs."""
    if (
        own.is_file()
        and subprocess.run(
            [own, "--version"], capture_output=True, check=False, timeout=60
        ).returncode
        == 0
    ):
        return own
    return None


def _run(command: list[str]) -> str:
    """What came of it, for the message."""
    print(f"getting a browser: {' '.join(command)}", file=sys.__stderr__, flush=True)
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=DOWNLOAD_SECONDS, env=env
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        return f"{' '.join(command)}: {e}"
    last = (done.stderr or done.stdout).strip().splitlines()[-1:]
    return f"{' '.join(command)}: exit code {done.returncode} {''.join(last)}".rstrip()
