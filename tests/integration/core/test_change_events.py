"""What one process changes, the others hear of."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from exports_app.db.engine import Database
from exports_app.db.notify_events import SharedChanges
from exports_app.services.core.change_events import EVERY_TENANT, Change, Topic
from tests.doubles import Watch
from tests.e2e.client import wait_until
from tests.postgres import postgres_server

PATIENCE = 15.0
RUNS, SCHEDULES = Change(Topic.RUNS, "acme"), Change(Topic.SCHEDULES, "globex")


@contextmanager
def process(url: str) -> Iterator[SharedChanges]:
    """The signal as a process of its own has it."""
    database = Database(url)
    made = SharedChanges(database)
    yield made
    made.flush()
    database.dispose()


@contextmanager
def listening(here: SharedChanges, other: SharedChanges) -> Iterator[Watch]:
    """What `here` announces once it hears `other`; without the changes by which that was found
    out."""
    asked = Change(Topic.CAMPAIGNS, "are you there?")
    with here.listen():
        first = Watch(here)

        def heard() -> bool:
            other.publish(asked)
            return asked in first.seen

        wait_until("it listens", heard, PATIENCE)
        other.flush()
        last = Change(Topic.CAMPAIGNS, "now it begins")
        other.publish(last)
        first.until("all of that is heard", lambda: last in first.seen)
        yield Watch(here)


@pytest.fixture
def other(migrated_url: str) -> Iterator[SharedChanges]:
    with process(migrated_url) as made:
        yield made


@pytest.fixture
def here(migrated_url: str) -> Iterator[SharedChanges]:
    with process(migrated_url) as made:
        yield made


def test_another_process_hears_what_was_published_and_the_own_one_only_once(
    here: SharedChanges, other: SharedChanges
) -> None:
    own, last = Watch(other), Change(Topic.RUNS, "last")
    with listening(here, other) as watch:
        own.seen.clear()
        other.publish(RUNS)
        other.publish(SCHEDULES)
        watch.until("both are heard", lambda: {RUNS, SCHEDULES} <= set(watch.seen))
        here.publish(Change(Topic.RUNS, "mine"))
        here.flush()
        other.publish(last)
        watch.until("the last one is heard", lambda: last in watch.seen)
        assert watch.seen.count(Change(Topic.RUNS, "mine")) == 1
    assert own.seen == [RUNS, SCHEDULES, last]


def test_a_thousand_changes_of_one_tenant_are_told_in_a_few_words(
    here: SharedChanges, other: SharedChanges
) -> None:
    with listening(here, other) as watch:
        for _ in range(1000):
            other.publish(RUNS)
        other.flush()
        other.publish(SCHEDULES)
        watch.until("the last one is heard", lambda: SCHEDULES in watch.seen)
        assert 1 <= watch.seen.count(RUNS) < 100


def test_a_process_that_ends_tells_its_last_changes_at_once(
    here: SharedChanges, other: SharedChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(here, other) as watch:
        monkeypatch.setattr("exports_app.db.notify_events.APART_SECONDS", 3600.0)
        other.flush()
        other.publish(RUNS)
        watch.until("the first one is heard", lambda: RUNS in watch.seen)
        other.publish(SCHEDULES)
        other.flush()
        watch.until("the last one is heard", lambda: SCHEDULES in watch.seen)


def test_who_was_cut_off_looks_at_everything_again() -> None:
    everything = {Change(topic, EVERY_TENANT) for topic in Topic}
    with (
        postgres_server() as postgres,
        process(postgres.url()) as here,
        process(postgres.url()) as other,
    ):
        with listening(here, other) as watch:
            postgres.stop(immediate=True)
            other.publish(RUNS)  # which nobody hears
            other.flush()
            postgres.start()
            watch.until("anything may have changed", lambda: everything <= set(watch.seen))
