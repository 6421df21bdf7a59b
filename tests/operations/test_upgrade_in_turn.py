"""Two hosts get a newer version, one after the other, by the commands of docs/deploying.md:
no request fails, and what is due runs once."""

from contextlib import ExitStack

import pytest

from tests.distributed.conftest import Installation, installation, servers  # noqa: F401  (fixtures)
from tests.operations import newer_code
from tests.operations.cluster import cluster
from tests.operations.handbook import walk
from tests.operations.installed import Installed
from tests.operations.load import load
from tests.operations.story import Story
from tests.operations.tabs import Tab
from tests.world import sign_in, sql

DOCUMENT = "deploying.md"
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_no_request_fails_while_all_get_a_newer_version_in_turn(
    installation: Installation,  # noqa: F811
    installed: Installed,
) -> None:
    with cluster(installation, installed, "nginx") as site:
        story = Story(site)
        link, _ = story.link()
        newer_code.write(site.origin.folder)
        site.origin.commit("A newer version")
        installed.give(site.origin.folder)
        with ExitStack() as held:
            session = sign_in(story.services, story.cast.admin.user)
            tabs = [held.enter_context(Tab(site.front, session))]
            requests = story.requests(link)
            with load(site.front, requests) as outcome:
                for number, host in enumerate(site.hosts, start=1):
                    # Once the first one has migrated, the other one is of the version before
                    guide = walk(host, DOCUMENT, "Upgrade with two servers")
                    story.restart(number, tabs, guide)
                story.make_due("due 3")
                for schedule in story.due:
                    story.has_run_once(schedule)
            print(outcome)
            assert not outcome.failures
            assert outcome.answers.keys() == requests.keys()
            (schema,) = sql(story.services, "SELECT version_num FROM alembic_version")
            assert schema == (newer_code.SCHEMA,)
