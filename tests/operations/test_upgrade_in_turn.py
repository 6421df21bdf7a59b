"""Two servers and a worker get a newer version, one after the other, as docs/deploying.md says:
no request fails, and what is due runs once."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.distributed.conftest import Installation, installation, servers  # noqa: F401  (fixtures)
from tests.operations import newer_code
from tests.operations.cluster import cluster
from tests.operations.load import load
from tests.operations.story import Story
from tests.operations.tabs import Tab
from tests.world import sign_in, sql

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_no_request_fails_while_all_get_a_newer_version_in_turn(
    installation: Installation,  # noqa: F811
    tmp_path: Path,
) -> None:
    newer = tmp_path / "newer"
    newer_code.lay_out(newer)
    with cluster(installation, "nginx") as site:
        story = Story(site)
        link, _ = story.link()
        with ExitStack() as held:
            session = sign_in(story.services, story.cast.admin.user)
            tabs = [held.enter_context(Tab(site.front, session))]
            requests = story.requests(link)
            with load(site.front, requests) as outcome:
                # Of the version before, beside a database of the newer one from here on
                site.migrate(newer)
                for number, web in enumerate(site.webs, start=1):
                    story.restart(number, web, tabs, newer)
                site.restart_worker(newer)
                story.make_due("due 3")
                for schedule in story.due:
                    story.has_run_once(schedule)
            print(outcome)
            assert not outcome.failures
            assert outcome.answers.keys() == requests.keys()
            (schema,) = sql(story.services, "SELECT version_num FROM alembic_version")
            assert schema == (newer_code.SCHEMA,)
