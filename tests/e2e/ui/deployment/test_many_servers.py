"""Pages of two web servers over one PostgreSQL and one Redis, while a worker does the work."""

from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as TookTooLong

from exports_app.services.core.records import User
from exports_app.services.identity import passwords
from exports_app.services.identity.cookies import BROWSER_COOKIE, SESSION_COOKIE
from exports_app.wiring import Services
from tests.distributed.conftest import Installation, installation, servers  # noqa: F401  (fixtures)
from tests.distributed.test_many_processes import caller
from tests.e2e.client import wait_until
from tests.e2e.ui.listed import names, row
from tests.proxy import proxy
from tests.world import BROWSER, PASSWORD, Cast, make_campaigns, make_cast, make_schedule, sign_in

SOON_MS = 5_000
"""As in test_live.py."""
LATER_MS = 20_000
"""Until a page has come back from a server that is gone."""


def cookies(services: Services, user: User, url: str) -> list[dict[str, str]]:
    held = {SESSION_COOKIE: sign_in(services, user), BROWSER_COOKIE: BROWSER}
    return [{"name": name, "value": value, "url": url} for name, value in held.items()]


def open_list(browser: Browser, services: Services, user: User, url: str) -> Page:
    context = browser.new_context(base_url=url)
    context.add_cookies(cookies(services, user, url))
    page = context.new_page()
    page.goto("/scheduled-exports")
    return page


def peopled(installation: Installation) -> tuple[Services, Cast]:  # noqa: F811
    services = installation.services()
    cast = make_cast(services, passwords.hash_password(PASSWORD))
    make_campaigns(services, cast)
    return services, cast


@pytest.mark.long
@pytest.mark.usefixtures("built")
def test_pages_of_both_servers_follow_what_the_api_of_one_began_and_a_worker_did(
    chromium: Browser,
    installation: Installation,  # noqa: F811
) -> None:
    services, cast = peopled(installation)
    both = [installation.web(pages=True) for _ in range(2)]
    worker = installation.worker()
    with caller(both[1].url) as api:
        pages = [open_list(chromium, services, cast.admin.user, server.url) for server in both]
        for page in pages:
            expect(page.get_by_role("heading", name="No scheduled exports yet")).to_be_visible()
        made = make_schedule(services, cast.admin.who, name="Told to everyone")
        schedule = api.get(f"/api/scheduled-exports/{made.id}").json()
        for page in pages:  # of which this process told the database alone
            expect(row(page, schedule)).to_be_visible(timeout=SOON_MS)
        api.post(f"/api/scheduled-exports/{made.id}/trigger").raise_for_status()
        for page in pages:
            expect(row(page, schedule)).to_contain_text("Completed", timeout=SOON_MS)
    assert "run finished" in worker.output
    for page in pages:
        page.context.close()


@pytest.mark.long
@pytest.mark.usefixtures("built")
def test_a_page_goes_on_at_another_server_when_its_own_is_stopped(
    chromium: Browser,
    installation: Installation,  # noqa: F811
) -> None:
    services, cast = peopled(installation)
    first, second = [installation.web(pages=True) for _ in range(2)]
    with proxy(urlsplit(first.url).port or 0) as between:
        page = open_list(chromium, services, cast.admin.user, between.url)
        page.get_by_role("button", name="New scheduled export").click()
        form = page.get_by_role("dialog")
        form.get_by_label("Name").fill("Begun at the first server")
        between.target = urlsplit(second.url).port or 0
        assert first.stop() == 0
        form.get_by_label("Add recipients").fill("ann@example.com")
        create = form.get_by_role("button", name="Create", exact=True)

        def created() -> bool:
            """Without a server it refuses, also before the page has noticed that there is none:
            then once more."""
            if create.count():
                with suppress(TookTooLong):
                    create.click(timeout=1_000)
            return not form.is_visible()

        wait_until("the other server has taken it", created, LATER_MS / 1000)
        expect(names(page)).to_have_text(["Begun at the first server"], timeout=LATER_MS)
        page.context.close()
