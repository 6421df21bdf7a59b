"""`python -m tools.screenshots [FOLDER]`: the pictures of docs/screenshots/, taken of a real server
that plays a fixed cast."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from exports_app import log, wiring
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.browser import launch
from tests.e2e.server import start_server
from tests.mailserver import MailServer, mail_server
from tests.paths import ROOT
from tools.screenshots import cast, installation
from tools.screenshots.list_steps import LIST, Ids
from tools.screenshots.scenes import EVERY, SCENES, Scene

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {"wide": (1280, 900, 1), "phone": (390, 844, 2)}
"""Width and height in CSS pixels, and how many pixels each of them has."""
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
)
TIMEOUT = 15_000
"""Milliseconds that a wait may last at most."""


def open_services(folder: Path) -> Services:
    """Services over the data of the running server."""
    log.configure("error")
    return wiring.build(Settings(data_dir=folder))


@contextmanager
def signed_in(browser: Browser, url: str, email: str) -> Iterator[str | None]:
    """Path of a file with the cookies of a signed-in user; None if email is empty."""
    if not email:
        yield None
        return
    context = browser.new_context(base_url=url, user_agent=AGENT.format(browser.version))
    page = context.new_page()
    page.goto("/login")
    page.locator("#email").fill(email)
    page.locator("#password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{LIST}*")
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        context.storage_state(path=file.name)
        context.close()
        yield file.name


def take(context: BrowserContext, scene: Scene, ids: Ids, file: Path) -> None:
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    scene.steps(page, ids)
    page.evaluate("() => document.fonts.ready")
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, animations="disabled")
    page.close()


def shrink(file: Path) -> None:
    """To a third of its bytes, with 256 colours, where pngquant is installed."""
    if program := shutil.which("pngquant"):
        options = ["--force", "--skip-if-larger", "--speed", "1", "--strip", "--output"]
        subprocess.run([program, *options, str(file), "256", str(file)], check=True)


def open_context(browser: Browser, url: str, look: str, cookies: str | None) -> BrowserContext:
    size, _, theme = look.partition("-")
    width, height, scale = SIZES[size]
    return browser.new_context(
        base_url=url,
        storage_state=cookies,
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )


def say(text: str) -> None:
    print(f"screenshots: {text}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, help="docs/screenshots by default"
    )
    parser.add_argument("--all", action="store_true", help="every scene in every size and theme")
    parser.add_argument(
        "--only", default="", help="only scenes whose names begin so; several: separated by commas"
    )
    arguments = parser.parse_args()
    say("builds the pages if they changed, then takes about a minute")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    scenes = [
        replace(s, looks=EVERY) if arguments.all else s
        for s in SCENES
        if s.name.startswith(tuple(arguments.only.split(",")))
    ]
    with tempfile.TemporaryDirectory(prefix="exports-screenshots-") as work:
        home = Path(work)
        with mail_server(user=cast.MAILBOX, password="another one") as mails:
            take_all(home, scenes, arguments.folder, mails)
    return 0


def take_all(home: Path, scenes: list[Scene], folder: Path, mails: MailServer) -> None:
    """mails: refuses every sign-in, so that no screenshot depends on messages sent meanwhile."""
    settings = {
        "DEMO": "0",
        "EXPORT_FOLDERS": str(home),
        "RATE_LIMIT_LOGIN": "1000/minute",
        "SMTP_HOST": mails.host,
        "SMTP_PORT": str(mails.port),
    }
    settings |= {"SMTP_TLS": mails.tls, "SMTP_USER": cast.MAILBOX, "SMTP_PASS": "forgotten"}
    with (
        start_server(home, settings, backend_only=False) as server,
        sync_playwright() as playwright,
    ):
        services = open_services(home / "data")
        ids, browser = installation.fill(services), launch(playwright)
        for scene in scenes:
            installation.sign_out(services)
            with signed_in(browser, server.url, scene.email) as cookies:
                for look in scene.looks:
                    installation.hold_time(services)
                    context = open_context(browser, server.url, look, cookies)
                    file = folder / f"{scene.name}-{look}.png"
                    take(context, scene, ids, file)
                    shrink(file)
                    context.close()
                    say(f"{file.name}  {file.stat().st_size / 1000:.0f} KB")
        browser.close()
        services.database.dispose()


if __name__ == "__main__":
    sys.exit(main())
