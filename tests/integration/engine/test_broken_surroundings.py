"""What the core does when things around it break."""

import logging
import shutil
import threading
from typing import Any

import pytest

from exports_app import log, wiring
from exports_app.db import engine as db_engine
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid, Unavailable
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.engine import lasting_writes
from exports_app.engine.local import LocalEngine
from exports_app.environment import SettingsError
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Page, Run
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.mailserver import MailServer
from tests.world import (
    claim,
    deliveries_of,
    make_schedule,
    registered,
    stored,
    the_run,
    trigger_and_execute,
)


@pytest.mark.about_sqlite
def test_a_removed_database_file_is_an_outage_until_it_is_back(
    services: Services, admin: Principal
) -> None:
    schedule = make_schedule(services, admin)
    services.database.dispose()
    file = services.settings.data_dir / "exports.db"
    file.rename(file.with_suffix(".away"))
    for _ in range(2):
        with pytest.raises(Unavailable):
            services.store.ping()
        with pytest.raises(Unavailable):
            make_schedule(services, admin)
    assert not file.exists()
    file.with_suffix(".away").rename(file)
    assert services.schedules.get(admin, schedule.id) == schedule


@pytest.mark.about_sqlite
def test_a_replaced_database_file_is_the_one_that_counts(
    services: Services, admin: Principal
) -> None:
    before = make_schedule(services, admin)
    file = services.settings.data_dir / "exports.db"
    with services.database.engine.connect() as held:
        held.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(file, file.with_suffix(".backup"))
    make_schedule(services, admin)
    services.database.dispose()
    file.with_suffix(".backup").replace(file)
    items, total = services.schedules.find(admin, None, {}, "", Page())
    assert (total, [item.id for item in items]) == (1, [before.id])


@pytest.mark.about_sqlite
def test_writers_do_not_pile_up_behind_one_that_does_not_end(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_engine, "BUSY_MS", 50)
    with services.database.write(), pytest.raises(Unavailable), services.database.write():
        pass
    with services.database.write():
        pass  # and the next one gets its turn


def test_a_message_is_not_sent_again_because_the_database_was_away_for_a_moment(
    services: Services, admin: Principal, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting_writes, "RETRY_SECONDS", 0)
    schedule = make_schedule(services, admin, recipients=("ann@example.com", "bob@example.com"))
    failures = [Unavailable(), Unavailable()]
    move = services.run_deliveries.move

    def flaky(run: Run, delivery: Any, to: DeliveryStatus, **values: Any) -> Any:
        if to is DeliveryStatus.ACCEPTED and failures:
            raise failures.pop()
        return move(run, delivery, to, **values)

    monkeypatch.setattr(services.run_deliveries, "move", flaky)
    done = trigger_and_execute(services, admin, schedule)
    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 1)
    assert not failures
    assert [m.rcpt_tos for m in mail.messages] == [["ann@example.com"], ["bob@example.com"]]


def test_an_error_at_the_end_of_the_connection_changes_no_delivery(
    services: Services, admin: Principal, mail: MailServer
) -> None:
    with registered(CHANNELS, WatchedEmail(mail, after=lambda _: mail.drop_connections())):
        done = trigger_and_execute(services, admin, make_schedule(services, admin))
    assert done.status is RunStatus.COMPLETED
    assert [d.status for d in deliveries_of(services, done)] == [DeliveryStatus.ACCEPTED]


def test_a_run_whose_lease_was_prolonged_in_this_moment_is_not_taken(
    services: Services, admin: Principal, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.schedules.trigger(admin, make_schedule(services, admin).id)
    run = claim(services)
    clock.advance(seconds=services.settings.lease_seconds + 1)

    with services.store.read() as tx:
        assert [one.id for one in tx.run_queue.abandoned(clock())] == [run.id]
    original = services.leases.hand_back

    def extended_first(one: Run, *more: Any, **values: Any) -> None:
        assert services.leases.extend([run]) == []
        original(one, *more, **values)

    monkeypatch.setattr(services.leases, "hand_back", extended_first)
    services.run_endings.recover(everything=False)
    assert the_run(services, run).status is RunStatus.PROCESSING


def test_a_schedule_that_a_new_rule_forbids_can_be_paused_but_not_started(
    services: Services, admin: Principal
) -> None:
    schedule = make_schedule(services, admin, schedule="* * * * *")
    stricter = wiring.build(
        services.settings.model_copy(update={"min_interval_seconds": 3600}), services.clock
    )
    assert stricter.schedules.update(admin, schedule.id, {"name": "Renamed"}).name == "Renamed"
    assert not stricter.schedules.update(admin, schedule.id, {"is_active": False}).is_active
    with pytest.raises(Invalid, match="schedule"):
        stricter.schedules.update(admin, schedule.id, {"is_active": True})
    assert not stored(services, schedule).is_active
    stricter.database.dispose()


def test_a_listener_that_fails_fails_nobody_else() -> None:
    changes, heard = Changes(), list[Change]()

    def broken(_: Change) -> None:
        raise RuntimeError

    changes.subscribe(broken)
    changes.subscribe(heard.append)
    changes.publish(Change(Topic.RUNS, "tenant"))
    assert len(heard) == 1


def test_a_damaged_key_file_stops_the_start(services: Services) -> None:
    settings = services.settings.model_copy(
        update={"secret_key": type(services.settings.secret_key)("")}
    )
    (settings.data_dir / "secret_key").write_text("x\n")
    with pytest.raises(SettingsError, match="secret_key"):
        settings.signing_key()


def test_a_traceback_on_a_terminal_shows_no_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    root = logging.getLogger()
    before, level = root.handlers, root.level
    try:
        log.configure("info")

        def login(password: str) -> None:
            raise RuntimeError(len(password))

        try:
            login("a very secret word")
        except RuntimeError:
            log.get("exports_app.test").exception("broken")
        said = capsys.readouterr().err
    finally:
        root.handlers = before
        root.setLevel(level)
    assert "RuntimeError" in said
    assert "a very secret word" not in said.replace('login("a very secret word")', "")


def test_a_schedule_that_cannot_be_planned_shows_it_in_its_own_last_status(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    schedule = make_schedule(services, admin, schedule="0 * * * *")
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE scheduled_exports SET timezone = 'Mars/Olympus'")
    clock.advance(hours=1)
    services.ticks.tick()
    now = stored(services, schedule)
    assert (now.last_status, now.last_run_at, now.next_run_at) == (RunStatus.SKIPPED, clock(), None)


def test_a_run_for_which_no_thread_is_to_be_had_waits_for_the_next_one(
    services: Services, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = LocalEngine(services)
    run = services.schedules.trigger(admin, make_schedule(services, admin).id)

    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as scarce:
        scarce.setattr(threading.Thread, "start", full)
        engine._cycle()
    waiting = the_run(services, run)
    assert (waiting.status, waiting.attempt) == (RunStatus.PENDING, 0)
    engine._cycle()
    assert engine._idle_within(15)
    assert the_run(services, run).status is RunStatus.COMPLETED
