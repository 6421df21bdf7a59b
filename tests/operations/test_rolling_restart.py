"""Servers and workers are restarted in turn by the commands of docs/deploying.md, and nobody
notices: no request fails, open pages carry on, and what is due runs once."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.distributed.conftest import Installation, installation, servers  # noqa: F401  (fixtures)
from tests.operations.cluster import Cluster, cluster
from tests.operations.handbook import walk
from tests.operations.installed import Installed
from tests.operations.load import load
from tests.operations.story import Story
from tests.operations.tabs import Tab
from tests.world import sign_in

DOCUMENT = "deploying.md"
TABS = 4

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(params=["nginx", "caddy"])
def site(
    request: pytest.FixtureRequest,
    installation: Installation,  # noqa: F811
    installed: Installed,
) -> Iterator[Cluster]:
    with cluster(installation, installed, request.param) as made:
        yield made


def test_no_request_fails_and_pages_carry_on_while_all_are_restarted_in_turn(
    site: Cluster,
) -> None:
    story = Story(site)
    link, signature = story.link()
    with ExitStack() as held:
        session = sign_in(story.services, story.cast.admin.user)
        tabs = [held.enter_context(Tab(site.front, session)) for _ in range(TABS)]
        requests = story.requests(link)
        with load(site.front, requests) as outcome:
            for number, host in enumerate(site.hosts, start=1):
                story.restart(number, tabs, walk(host, DOCUMENT, "Rolling restart"))
            story.make_due("due 3")
            for schedule in story.due:
                story.has_run_once(schedule)
        print(f"exports that came due: {len(story.due)}; each ran once")
        print(outcome)
        assert not outcome.failures
        assert outcome.answers.keys() == requests.keys()
        # Each server was stopped, so each page had to go to the other one
        assert all(tab.moves for tab in tabs)
        log = site.log()
        assert link.partition("?")[0] in log
        for secret in (signature, story.token, session, *(tab.token for tab in tabs)):
            assert secret not in log
