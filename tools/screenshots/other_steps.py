"""How a browser gets to the pages of signing in, Analytics and Settings."""

from playwright.sync_api import Page

from tools.screenshots import cast, elsewhere
from tools.screenshots.list_steps import Ids


def see_login(page: Page, _: Ids) -> None:
    page.goto("/login")
    page.locator("#email").wait_for()


def see_forgot_password(page: Page, _: Ids) -> None:
    page.goto("/forgot-password")
    page.locator("#email").wait_for()


def see_no_access(page: Page, _: Ids) -> None:
    page.goto("/settings/members")
    page.get_by_role("heading", name="No access").wait_for()


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


def see_keys(page: Page, _: Ids) -> None:
    """With the scheduled exports that a new key can reach being chosen."""
    page.goto(f"/settings/keys?tenant={cast.NORTHWIND.slug}")
    page.locator("#key-name").fill("Nightly import")
    page.locator("#key-schedules").click()
    for name in ("Board summary", "Daily warehouse feed"):
        page.get_by_role("option", name=name).click()
    page.get_by_text("2 scheduled exports").first.wait_for()
    page.locator("#key-schedules-options").wait_for()


def see_feeds(page: Page, _: Ids) -> None:
    page.goto(f"/settings/feeds?tenant={cast.NORTHWIND.slug}")
    page.locator("#feeds li").first.wait_for()


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


def see_destinations(page: Page, _: Ids) -> None:
    page.goto(f"/settings/destinations?tenant={cast.NORTHWIND.slug}")
    page.locator("#destinations li").first.wait_for()


def see_new_destination(page: Page, ids: Ids) -> None:
    see_destinations(page, ids)
    page.get_by_role("button", name="New destination").click()
    page.locator("#destination-channel").select_option(label="SFTP")
    page.locator("#config-hostKey").wait_for()


def see_webhooks(page: Page, _: Ids) -> None:
    page.goto(f"/webhooks?tenant={cast.NORTHWIND.slug}")
    page.locator("#webhooks li").first.wait_for()


def see_webhook(page: Page, _: Ids) -> None:
    """Its last delivery unfolded."""
    page.goto(f"/webhooks/{elsewhere.INCIDENTS}?tenant={cast.NORTHWIND.slug}")
    page.get_by_role("button", name="Details").first.click()
    page.get_by_role("region", name="Request body").wait_for()


def see_new_webhook(page: Page, ids: Ids) -> None:
    see_webhooks(page, ids)
    page.locator("#new").click()
    page.locator("#webhook-url").wait_for()


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


def see_not_found(page: Page, _: Ids) -> None:
    page.goto("/nowhere")
    page.get_by_role("heading", name="Page not found").wait_for()
