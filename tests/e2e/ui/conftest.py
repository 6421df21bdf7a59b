"""One served build, one browser, and pages that a test opens as someone. A page that complains
fails its test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests import browser
from tests.e2e.ui.app_code import Handler, PagesBuild, handlers
from tests.e2e.ui.house import GONE, Company, House, open_house
from tests.e2e.ui.visitor import Pool, Visits
from tests.mailserver import MailServer, mail_server

HERE = Path(__file__).parent
PATIENCE_MS = 10_000
_FAILED = pytest.StashKey[bool]()
_BUILD = pytest.StashKey[PagesBuild]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests go last: Playwright's sync API keeps an event loop running in this thread, so
    that asyncio.run fails beside it."""
    items.sort(key=lambda item: HERE in item.path.parents)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Other tests need not wait for the pages, which take half a minute to build."""
    wanted = any("built" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not session.config.option.collectonly:
        session.config.stash[_BUILD] = PagesBuild()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if build := session.config.stash.get(_BUILD, None):
        build.abandon()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest) -> None:
    """The pages are built, once for the whole run."""
    request.config.stash[_BUILD].finish()


@pytest.fixture(scope="session")
def mails() -> Iterator[MailServer]:
    """Takes everything but mail to GONE."""
    with mail_server(refuse={GONE: "550 5.1.1 no such user"}) as server:
        yield server


@pytest.fixture(scope="session")
def house(
    built: None, mails: MailServer, password_hash: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house"), mails, password_hash) as opened:
        yield opened


@pytest.fixture(scope="session")
def registered_handlers() -> list[Handler]:
    return handlers()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """While it is open, no test can run an event loop of its own: see
    `pytest_collection_modifyitems`."""
    with sync_playwright() as opened:
        expect.set_options(timeout=PATIENCE_MS)
        yield opened


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    opened = browser.launch(playwright)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def pool(chromium: Browser) -> Iterator[Pool]:
    made = Pool(chromium)
    yield made
    made.close()


@pytest.fixture
def company(house: House) -> Company:
    """A tenant of the test's own."""
    return house.company()


@pytest.fixture
def visits(pool: Pool, house: House, request: pytest.FixtureRequest) -> Iterator[Visits]:
    """Opens pages: see `Visits.open`."""
    made = Visits(pool, house, request.node.nodeid)
    yield made
    problems = made.close(failed=request.node.stash.get(_FAILED, False))
    if problems:
        pytest.fail("the pages complained:\n" + "\n".join(problems), pytrace=False)
