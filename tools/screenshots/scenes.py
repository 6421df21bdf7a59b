"""What each screenshot shows, and how a browser gets there."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tools.screenshots import cast

LIST = "/scheduled-exports"

Ids = dict[str, str]
"""What `installation.fill` returns: schedules' ids by name, and the invitation's path."""
Steps = Callable[[Page, Ids], None]


@dataclass(frozen=True)
class Scene:
    """One subject, taken in several sizes and themes.

    steps: from a new page to what is shown. looks: ``wide-light`` and the like. email: who is
    signed in; empty: nobody.
    """

    name: str
    steps: Steps
    looks: tuple[str, ...]
    email: str = cast.ADMIN.email


def see_list(page: Page, _: Ids) -> None:
    page.goto(f"{LIST}?tenant={cast.NORTHWIND.slug}")
    page.locator("tr[data-id]").first.wait_for()


def see_paused(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.locator("tr.noted").evaluate("(line) => line.scrollIntoView({ block: 'center' })")


def see_empty_list(page: Page, _: Ids) -> None:
    page.goto(f"{LIST}?tenant={cast.HARBOUR.slug}")
    page.locator("[data-empty]").wait_for()


def see_login(page: Page, _: Ids) -> None:
    page.goto("/login")
    page.locator("#email").wait_for()


def see_forgot_password(page: Page, _: Ids) -> None:
    page.goto("/forgot-password")
    page.locator("#email").wait_for()


def see_no_access(page: Page, _: Ids) -> None:
    page.goto("/settings/members")
    page.get_by_role("heading", name="No access").wait_for()


def see_editor(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("button", name="Weekly campaign report", exact=True).click()
    page.locator(".sample tbody tr").first.wait_for()
    page.locator("#name").blur()


def see_editor_advanced(page: Page, ids: Ids) -> None:
    see_editor(page, ids)
    page.locator("#options-missed summary").click()
    page.locator("#catch_up").select_option("all")
    page.locator("#catch_up_hours").wait_for()
    page.locator("#options-missed").evaluate("(section) => section.scrollIntoView()")


def see_editor_errors(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.locator("#new").click()
    page.locator("#name").wait_for()
    page.locator("#schedule").fill("0 25 * * 1")
    page.locator("#schedule-problem").wait_for()
    page.locator("#recipients").fill("manager@northwind.example, boss.northwind,")
    page.locator(".chip.bad").wait_for()
    page.locator("#save").click()
    page.locator(".chips.bad").wait_for()


def see_email(page: Page, ids: Ids) -> None:
    see_editor(page, ids)
    page.get_by_role("button", name="Preview email").click()
    page.frame_locator(".mail").locator("table").first.wait_for()


def open_history(page: Page, ids: Ids, name: str, status: str) -> None:
    page.goto(f"{LIST}/{ids[name]}?tenant={cast.NORTHWIND.slug}")
    details = page.get_by_role("button", name=f"Details: {status}").first
    if details.get_attribute("aria-expanded") != "true":  # as they are where the last run failed
        details.click()
    page.locator("tr.detail").first.wait_for()


def see_history(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Daily spend check", "Partial")
    page.locator(".delivery").first.wait_for()


def see_waiting(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Partner drop", "Pending")
    page.locator(".attempts li").nth(1).wait_for()


def see_held(page: Page, ids: Ids) -> None:
    open_history(page, ids, "Monthly books", "Partial")
    page.get_by_role("button", name="Mark as delivered").wait_for()


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
    page.goto(f"/analytics?tenant={cast.NORTHWIND.slug}&group=week&period=last_90_days")
    page.locator(".chart svg path.recharts-line-curve").first.wait_for()


def see_health(page: Page, _: Ids) -> None:
    page.goto(f"/analytics/exports?tenant={cast.NORTHWIND.slug}")
    page.locator("#times .chart svg").first.wait_for()


def see_settings(page: Page, _: Ids) -> None:
    page.goto(f"/settings?tenant={cast.NORTHWIND.slug}")
    page.locator(".plain-list li").first.wait_for()


def see_second_factor(page: Page, ids: Ids) -> None:
    see_settings(page, ids)
    page.locator("#set-up-factor").click()
    page.locator("#factor-password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.locator(".qr").wait_for()
    page.locator("#second-factor").evaluate(
        "(section) => section.scrollIntoView({ block: 'center' })"
    )


def see_members(page: Page, _: Ids) -> None:
    page.goto(f"/settings/members?tenant={cast.NORTHWIND.slug}")
    page.locator("#members li").first.wait_for()


def see_invitation(page: Page, ids: Ids) -> None:
    page.goto(ids[cast.INVITATION])
    page.locator("#join").wait_for()


def see_removal(page: Page, ids: Ids) -> None:
    see_members(page, ids)
    page.get_by_role("button", name="Remove Sam Ortiz").click()
    page.get_by_role("alertdialog").wait_for()


def see_quotas(page: Page, _: Ids) -> None:
    page.goto(f"/settings/tenant?tenant={cast.NORTHWIND.slug}")
    page.locator("#quotas").wait_for()
    page.locator("#quotas").evaluate("(section) => section.scrollIntoView()")


def see_tenant(page: Page, _: Ids) -> None:
    page.goto(f"/settings/tenant?tenant={cast.NORTHWIND.slug}")
    page.locator("iframe.mail").wait_for()


def see_data(page: Page, _: Ids) -> None:
    page.goto(f"/settings/data?tenant={cast.NORTHWIND.slug}")
    page.locator("#stored").wait_for()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "February.csv", "mimeType": "text/csv", "buffer": cast.FILE.encode("cp1252")}
    )
    page.locator("#first-rows tbody tr").first.wait_for()
    page.locator("#check").click()
    page.locator("#differences").wait_for()
    page.locator("#read-as").evaluate("(line) => line.scrollIntoView({ block: 'start' })")
    page.evaluate("scrollBy(0, -120)")  # below the header, which stays


def see_audit(page: Page, _: Ids) -> None:
    page.goto(f"/settings/audit?tenant={cast.NORTHWIND.slug}")
    page.locator("#entries li").first.wait_for()


def see_mail(page: Page, _: Ids) -> None:
    page.goto("/settings/email")
    page.get_by_role("button", name="Send a test email").click()
    page.locator("#dialogue").wait_for()


def see_users(page: Page, _: Ids) -> None:
    page.goto("/settings/users")
    page.locator("#users li").first.wait_for()


def see_question(page: Page, ids: Ids) -> None:
    see_list(page, ids)
    page.get_by_role("button", name="Run Daily spend check now").click()
    page.locator("#question-confirm").wait_for()


def see_runs(page: Page, _: Ids) -> None:
    page.goto(f"/runs?tenant={cast.NORTHWIND.slug}")
    page.locator("tr[data-run]").first.wait_for()


def see_failed_runs(page: Page, _: Ids) -> None:
    page.goto(f"/runs?tenant={cast.NORTHWIND.slug}&status=failed")
    page.locator("tr[data-run]").first.wait_for()
    page.get_by_role("button", name="Details").first.click()
    page.locator("tr.detail").wait_for()


def see_run(page: Page, ids: Ids) -> None:
    see_runs(page, ids)
    page.goto(f"/runs/{page.locator('tr[data-run]').first.get_attribute('data-run')}")
    page.locator("tr.detail").wait_for()


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
    Scene("runs", see_runs, ("wide-light", "phone-dark")),
    Scene("runs-failed", see_failed_runs, ("wide-dark", "phone-light")),
    Scene("run", see_run, ("wide-light", "phone-dark")),
    Scene("analytics", see_analytics, EVERY),
    Scene("analytics-exports", see_health, EVERY),
    Scene("settings", see_settings, ("wide-light", "phone-dark")),
    Scene("settings-second-factor", see_second_factor, ("wide-light", "phone-dark")),
    Scene("settings-members", see_members, ("wide-light", "phone-dark")),
    Scene("settings-parting", see_removal, ("wide-light", "phone-dark")),
    Scene("settings-tenant", see_tenant, EVERY),
    Scene("settings-quotas", see_quotas, ("wide-light", "phone-dark"), cast.OPERATOR.email),
    Scene("settings-data", see_data, ("wide-light", "phone-dark")),
    Scene("settings-audit", see_audit, ("wide-light", "phone-dark")),
    Scene("settings-email", see_mail, ("wide-light", "phone-dark"), cast.OPERATOR.email),
    Scene("settings-users", see_users, ("wide-light", "phone-dark"), cast.OPERATOR.email),
    Scene("question", see_question, ("wide-light", "phone-dark")),
    Scene("no-access", see_no_access, ("wide-light",), cast.VIEWER.email),
)
