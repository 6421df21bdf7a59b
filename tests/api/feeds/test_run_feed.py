"""The ended runs as a feed, read with the feedparser package and as XML."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser
from lxml import etree

from exports_app.api.feeds import atom
from exports_app.wiring import Services
from tests.api.client import SCHEDULES
from tests.api.conftest import Clients
from tests.api.feeds.making import made, path_of
from tests.doubles import FakeClock
from tests.world import Cast, claim, execute


def read(api: Clients, feed: dict[str, Any]) -> Any:
    answer = api.anonymous.get(path_of(feed["atomUrl"]))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["cache-control"].startswith("private")
    assert b"exf_" not in answer.content
    etree.fromstring(answer.content)
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo, parsed
    assert parsed.version == "atom10"
    return parsed


def test_it_has_the_runs_that_have_ended(
    api: Clients, services: Services, cast: Cast, clock: FakeClock, schedule: dict[str, Any]
) -> None:
    feed = made(api.admin)
    empty = read(api, feed)
    assert (empty.entries, empty.feed.id) == ([], f"urn:uuid:{feed['id']}")
    runs = []
    for _ in range(2):
        services.schedules.trigger(cast.admin.who, schedule["id"])
        runs.append(execute(services, claim(services)))
        clock.advance(seconds=60)
    services.schedules.trigger(cast.admin.who, schedule["id"])  # not yet
    name = 'R&D <b>"x"</b>'
    assert api.admin.put(f"{SCHEDULES}/{schedule['id']}", {"name": name}).status_code == 200
    found = read(api, feed)
    assert [entry.id for entry in found.entries] == [f"urn:uuid:{run.id}" for run in runs[::-1]]
    newest = found.entries[0]
    assert newest.title == f"{name}: {runs[1].status}"
    assert newest.link.endswith(f"/runs/{runs[1].id}")
    assert newest.updated == found.feed.updated
    assert found.feed.link.endswith("/runs")
    assert found.feed.title == "Acme: runs"
    assert found.feed.author == "Acme"
    text = newest.content[0].value
    assert f"Status: {runs[1].status}." in text
    assert "Rows: " in text
    # Feed readers keep what they read on machines of others
    assert not any("@" in entry.content[0].value for entry in found.entries)


def test_figures_and_times_are_for_people(
    api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]
) -> None:
    token = path_of(made(api.admin)["atomUrl"]).rpartition("/")[2].removesuffix(".atom")
    services.schedules.trigger(cast.admin.who, schedule["id"])
    execute(services, claim(services))
    found = services.feed_reading.runs(token)
    (listed,) = found.runs
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    run = replace(listed.run, scheduled_for=at, record_count=12_345)
    text = atom.write(replace(found, runs=[replace(listed, run=run)]), "").decode()
    assert "Scheduled for 02 Mar 2026, 08:00 UTC. Rows: 12,345." in text


def test_an_unchanged_feed_is_not_sent_again(api: Clients, schedule: dict[str, Any]) -> None:
    feed = made(api.admin, scheduledExportId=schedule["id"])
    path = path_of(feed["atomUrl"])
    tag = api.anonymous.get(path).headers["etag"]
    assert api.anonymous.get(path, headers={"If-None-Match": tag}).status_code == 304
    limited = read(api, feed).feed
    assert limited.title == schedule["name"]
    assert limited.link.endswith(f"/scheduled-exports/{schedule['id']}")


def test_readers_may_add_parameters(api: Clients) -> None:
    path = path_of(made(api.admin)["atomUrl"])
    assert api.anonymous.get(path, params={"cache": "1"}).status_code == 200
