"""`python -m tools.screenshots [FOLDER]`: the pictures of docs/screenshots/, taken of a real server
that plays a fixed story."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from exports_app import log, wiring
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.browser import launch
from tests.e2e.server import ROOT, start_server
from tests.mailserver import MailServer, mail_server
from tools import story

FOLDER = ROOT / "docs" / "screenshots"
LIST = "/scheduled-exports"
SIZES = {"wide": (1280, 900, 1), "phone": (390, 844, 2)}
"""Width and height in CSS pixels, and how many pixels each of them has."""
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
)
PATIENCE = 15_000
"""Milliseconds any wait may last."""

Ids = dict[str, str]
"""Of the story's schedules by name, and what else `story.tell` returns."""
Way = Callable[[Page, Ids], None]


@dataclass(frozen=True)
class Scene:
    """way: from a fresh page to the picture. email: who is signed in; empty: nobody. looks:
    ``wide-light``, ..."""

    name: str
    way: Way
    looks: tuple[str, ...]
    email: str = story.ADMIN.email


def see_list(page: Page, _: Ids) -> None:
    page.goto(f"{LIST}?tenant={story.NORTHWIND.slug}")
    page.locator("tr[data-id]").first.wait_for()


def see_paused(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.locator("tr.noted").evaluate("(line) => line.scrollIntoView({ block: 'center' })")


def see_empty_list(page: Page, _: Ids) -> None:
    page.goto(f"{LIST}?tenant={story.HARBOUR.slug}")
    page.locator("[data-empty]").wait_for()


def see_login(page: Page, _: Ids) -> None:
    page.goto("/login")
    page.locator("#email").wait_for()


def see_forgot_password(page: Page, _: Ids) -> None:
    page.goto("/forgot-password")
    page.locator("#email").wait_for()


def see_no_access(page: Page, _: Ids) -> None:
    page.goto(LIST)
    page.get_by_role("heading", name="No access").wait_for()


def see_editor(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("button", name="Weekly campaign report", exact=True).click()
    page.locator(".sample tbody tr").first.wait_for()
    page.locator("#name").blur()


def see_editor_advanced(page: Page, ids: Ids) -> None:
    see_editor(page, ids)
    page.locator("#advanced summary").click()
    page.locator("#catch_up").select_option("all")
    page.locator("#catch_up_hours").wait_for()
    page.locator("#advanced").evaluate("(section) => section.scrollIntoView()")


def see_editor_errors(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.locator("#new").click()
    page.locator("#name").wait_for()
    page.locator("#schedule").fill("0 25 * * 1")
    page.locator("#schedule-problem").wait_for()
    page.locator("#recipients").fill("manager@northwind.example, boss@northwind,")
    page.locator(".chip.bad").wait_for()
    page.locator("#save").click()
    page.locator(".chips.bad").wait_for()


def see_email(page: Page, ids: Ids) -> None:
    see_editor(page, ids)
    page.get_by_role("button", name="Preview email").click()
    page.frame_locator(".mail").locator("table").first.wait_for()


def open_history(page: Page, ids: Ids, name: str, status: str) -> None:
    page.goto(f"{LIST}/{ids[name]}?tenant={story.NORTHWIND.slug}")
    page.get_by_role("button", name=f"Details: {status}").first.click()
    page.locator("tr.detail").first.wait_for()


def see_history(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Daily spend check", "Partial")
    page.locator(".delivery").first.wait_for()


def see_waiting(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Partner drop", "Pending")
    page.locator(".attempts li").nth(1).wait_for()


def see_held(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Monthly books", "Partial")
    page.get_by_role("button", name="It arrived").wait_for()


def see_notices(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Spring launch detail", "Failed")
    page.locator("#notices summary").click()
    page.locator("#notices .entry").nth(1).wait_for()
    page.locator("#notices").evaluate("(section) => section.scrollIntoView({ block: 'end' })")


def see_backfill(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Weekly campaign report", "Completed")
    page.locator("#backfill summary").click()
    page.locator("#backfill_start").wait_for()
    page.locator("#backfill").evaluate("(section) => section.scrollIntoView({ block: 'end' })")


def see_analytics(page: Page, _: Ids) -> None:
    page.goto(f"/analytics?tenant={story.NORTHWIND.slug}&group=week&period=last_90_days")
    page.locator(".chart svg path.recharts-line-curve").first.wait_for()


def see_health(page: Page, _: Ids) -> None:
    page.goto(f"/analytics/exports?tenant={story.NORTHWIND.slug}")
    page.locator("#times .chart svg").first.wait_for()


def see_settings(page: Page, _: Ids) -> None:
    page.goto(f"/settings?tenant={story.NORTHWIND.slug}")
    page.locator(".plain-list li").first.wait_for()


def see_second_factor(page: Page, ids: Ids) -> None:
    see_settings(page, ids)
    page.locator("#set-up-factor").click()
    page.locator("#factor-password").fill(story.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.locator(".qr").wait_for()
    page.locator("#second-factor").evaluate(
        "(section) => section.scrollIntoView({ block: 'center' })"
    )


def see_members(page: Page, _: Ids) -> None:
    page.goto(f"/settings/members?tenant={story.NORTHWIND.slug}")
    page.locator("#members li").first.wait_for()


def see_invitation(page: Page, ids: Ids) -> None:
    page.goto(ids[story.INVITATION])
    page.locator("#join").wait_for()


def see_parting(page: Page, ids: Ids) -> None:
    see_members(page, ids)
    page.get_by_role("button", name="Remove Sam Ortiz").click()
    page.get_by_role("alertdialog").wait_for()


def see_quotas(page: Page, _: Ids) -> None:
    page.goto(f"/settings/tenant?tenant={story.NORTHWIND.slug}")
    page.locator("#quotas").wait_for()
    page.locator("#quotas").evaluate("(section) => section.scrollIntoView()")


def see_tenant(page: Page, _: Ids) -> None:
    page.goto(f"/settings/tenant?tenant={story.NORTHWIND.slug}")
    page.locator("iframe.mail").wait_for()


def see_audit(page: Page, _: Ids) -> None:
    page.goto(f"/settings/audit?tenant={story.NORTHWIND.slug}")
    page.locator("#entries li").first.wait_for()


def see_mail(page: Page, _: Ids) -> None:
    page.goto("/settings/email")
    page.get_by_role("button", name="Send a test email").click()
    page.locator("#dialogue").wait_for()


def see_users(page: Page, _: Ids) -> None:
    page.goto("/settings/users")
    page.locator("#users li").first.wait_for()


def see_delete(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("button", name="More for Daily spend check").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.locator("#confirm-delete").wait_for()


EVERY = ("wide-light", "wide-dark", "phone-light", "phone-dark")
SCENES = (
    Scene("login", see_login, ("wide-light", "phone-dark"), ""),
    Scene("forgot-password", see_forgot_password, ("wide-light", "phone-dark"), ""),
    Scene("invitation", see_invitation, ("wide-light", "phone-dark"), ""),
    Scene("list", see_list, EVERY),
    Scene("list-paused", see_paused, ("phone-light",)),
    Scene("empty", see_empty_list, ("wide-light", "phone-dark")),
    Scene("editor", see_editor, ("wide-light", "wide-dark", "phone-light")),
    Scene("editor-advanced", see_editor_advanced, ("wide-light", "phone-dark")),
    Scene("editor-errors", see_editor_errors, ("wide-light", "phone-dark")),
    Scene("email", see_email, ("wide-light",)),
    Scene("history", see_history, ("wide-light", "wide-dark", "phone-light")),
    Scene("history-waiting", see_waiting, ("wide-light", "phone-dark")),
    Scene("history-held", see_held, ("wide-dark", "phone-light")),
    Scene("history-notices", see_notices, ("wide-light", "phone-dark")),
    Scene("history-backfill", see_backfill, ("wide-light", "phone-dark")),
    Scene("analytics", see_analytics, EVERY),
    Scene("analytics-exports", see_health, EVERY),
    Scene("settings", see_settings, ("wide-light", "phone-dark")),
    Scene("settings-second-factor", see_second_factor, ("wide-light", "phone-dark")),
    Scene("settings-members", see_members, ("wide-light", "phone-dark")),
    Scene("settings-parting", see_parting, ("wide-light", "phone-dark")),
    Scene("settings-tenant", see_tenant, EVERY),
    Scene("settings-quotas", see_quotas, ("wide-light", "phone-dark"), story.OPERATOR.email),
    Scene("settings-audit", see_audit, ("wide-light", "phone-dark")),
    Scene("settings-email", see_mail, ("wide-light", "phone-dark"), story.OPERATOR.email),
    Scene("settings-users", see_users, ("wide-light", "phone-dark"), story.OPERATOR.email),
    Scene("delete", see_delete, ("wide-light", "phone-dark")),
    Scene("no-access", see_no_access, ("wide-light",), story.VIEWER.email),
)


def open_services(folder: Path) -> Services:
    """A second pair of hands on the server's data."""
    log.configure("error")
    return wiring.build(Settings(data_dir=folder))


@contextmanager
def signed_in(browser: Browser, url: str, email: str) -> Iterator[str | None]:
    """The cookies of somebody who has signed in, as a file's path; None for nobody."""
    if not email:
        yield None
        return
    context = browser.new_context(base_url=url, user_agent=AGENT.format(browser.version))
    page = context.new_page()
    page.goto("/login")
    page.locator("#email").fill(email)
    page.locator("#password").fill(story.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{LIST}*")
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        context.storage_state(path=file.name)
        context.close()
        yield file.name


def take(context: BrowserContext, scene: Scene, ids: Ids, file: Path) -> None:
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    scene.way(page, ids)
    page.evaluate("() => document.fonts.ready")
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, animations="disabled")
    page.close()


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
    parser.add_argument("--only", default="", help="scenes whose name begins like this")
    given = parser.parse_args()
    say("the pages are built where they have changed, then it takes about a minute")
    given.folder.mkdir(parents=True, exist_ok=True)
    scenes = [
        replace(s, looks=EVERY) if given.all else s for s in SCENES if s.name.startswith(given.only)
    ]
    with tempfile.TemporaryDirectory(prefix="exports-pictures-") as work:
        home = Path(work)
        with mail_server(user=story.MAILBOX, password="another one") as mails:
            take_all(home, scenes, given.folder, mails)
    return 0


def take_all(home: Path, scenes: list[Scene], folder: Path, mails: MailServer) -> None:
    """mails: lets nobody in, so that no picture depends on what was sent meanwhile."""
    settings = {
        "DEMO": "0",
        "RATE_LIMIT_LOGIN": "1000/minute",
        "SMTP_HOST": mails.host,
        "SMTP_PORT": str(mails.port),
    }
    settings |= {"SMTP_TLS": mails.tls, "SMTP_USER": story.MAILBOX, "SMTP_PASS": "forgotten"}
    with (
        start_server(home, settings, backend_only=False) as server,
        sync_playwright() as playwright,
    ):
        services = open_services(home / "data")
        ids, browser = story.tell(services), launch(playwright)
        for scene in scenes:
            story.sign_out(services)
            with signed_in(browser, server.url, scene.email) as cookies:
                for look in scene.looks:
                    story.hold_time(services)
                    context = open_context(browser, server.url, look, cookies)
                    file = folder / f"{scene.name}-{look}.png"
                    take(context, scene, ids, file)
                    context.close()
                    say(f"{file.name}  {file.stat().st_size / 1000:.0f} KB")
        browser.close()
        services.database.dispose()


if __name__ == "__main__":
    sys.exit(main())
