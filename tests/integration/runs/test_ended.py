"""Runs that have ended are seen once each, in an order that no transaction can slip behind."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from exports_app.db.repositories.runs import run_ends
from exports_app.domain.access import Principal
from exports_app.domain.errors import Invalid, NotFound
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.interfaces import RunFilter
from exports_app.services.core.records import Run, Schedule, Tenant
from exports_app.services.runs import ended
from exports_app.services.runs.ended import EndedPage
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.e2e.client import wait_until
from tests.world import DEADLINE, make_schedule, side_by_side, sql, trigger_and_execute

EVERYTHING = RunFilter()
Read = Callable[..., EndedPage]


@pytest.fixture
def schedule(services: Services, admin: Principal) -> Schedule:
    return make_schedule(services, admin)


@pytest.fixture
def read(services: Services, admin: Principal) -> Read:
    def after(number: int = 0, limit: int = 100, **where: Any) -> EndedPage:
        return services.run_ends.after(admin, None, RunFilter(**where), number, limit)

    return after


@pytest.fixture
def start(services: Services, admin: Principal, schedule: Schedule) -> Callable[[], Run]:
    return lambda: services.schedules.trigger(admin, schedule.id)


def end(services: Services, run: Run, status: str = "completed", at: Any = None) -> None:
    query = "UPDATE export_history SET status = ?, completed_at = ? WHERE id = ?"
    sql(services, query, status, str(at or services.clock()), run.id)


def ids(page: EndedPage) -> list[str]:
    return [one.run.id for one in page.runs]


def test_a_run_is_seen_once_it_has_ended_and_only_once(
    services: Services, read: Read, start: Callable[[], Run]
) -> None:
    run = start()
    nothing = read()
    assert (ids(nothing), nothing.last, nothing.more) == ([], 0, False)
    end(services, run)
    seen = read(nothing.last)
    assert (ids(seen), seen.more) == ([run.id], False)
    assert seen.runs[0].schedule_name == "Weekly numbers"
    again = read(seen.last)
    assert (ids(again), again.last) == ([], seen.last)


def test_a_run_that_ends_again_is_seen_again(
    services: Services, admin: Principal, read: Read, schedule: Schedule, start: Callable[[], Run]
) -> None:
    run, other = start(), start()
    end(services, run, "failed")
    end(services, other)
    first = read()
    assert set(ids(first)) == {run.id, other.id}
    sql(services, "UPDATE export_history SET status = 'pending' WHERE id = ?", run.id)
    assert ids(read()) == [other.id], "it is under way"
    assert ids(read(first.last)) == []
    end(services, run, "partial")
    second = read(first.last)
    assert ids(second) == [run.id]
    end(services, run, "completed")  # a person confirmed that its messages arrived
    assert ids(read(second.last)) == [run.id]
    assert ids(read()) == [other.id, run.id]


def test_real_runs_and_those_that_end_where_they_begin(
    services: Services, admin: Principal, read: Read, schedule: Schedule
) -> None:
    done = trigger_and_execute(services, admin, schedule)
    skipped = services.schedules.trigger(admin, schedule.id)
    query = (
        'INSERT INTO export_history (id, scheduled_export_id, tenant_id, "trigger", spec, format,'
        " status, recipients, created_at, completed_at, missed_ticks, attempt)"
        " SELECT replace(id, '-', '+'), scheduled_export_id, tenant_id, \"trigger\", spec, format,"
        " 'skipped', recipients, created_at, created_at, 0, 0 FROM export_history WHERE id = ?"
    )
    sql(services, query, skipped.id)
    assert set(ids(read())) == {done.id, skipped.id.replace("-", "+")}


@pytest.mark.about_postgresql
def test_a_transaction_that_commits_late_loses_nothing(
    services: Services, read: Read, start: Callable[[], Run]
) -> None:
    slow, quick = start(), start()
    query = "UPDATE export_history SET status = 'completed', completed_at = now() WHERE id = %s"
    with services.database.write() as connection:
        connection.exec_driver_sql(query, (slow.id,))
        end(services, quick, at=services.clock() + timedelta(days=1))
        seen = read()
        assert ids(seen) == [quick.id]
        assert ids(read(seen.last)) == []
    assert ids(read(seen.last)) == [slow.id]


@pytest.mark.about_postgresql
def test_numbers_become_visible_in_their_order(
    services: Services, acme: Tenant, read: Read, start: Callable[[], Run]
) -> None:
    first, second = start(), start()
    end(services, first)
    pages: list[EndedPage] = []
    poller = threading.Thread(target=lambda: pages.append(read()), name="poller")
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with services.store.write() as tx:
        assert tx.run_ends.number(acme.id, 1, 100) == 1
        end(services, second)
        poller.start()
        wait_until("the poller waits", lambda: sql(services, waits)[0][0], DEADLINE)
        assert not pages, "it read a later end before the one that has its number first"
    poller.join(DEADLINE)
    assert ids(pages[0]) == [first.id, second.id]


@pytest.mark.about_postgresql
def test_an_end_that_another_transaction_changes_is_numbered_later(
    services: Services, acme: Tenant, read: Read, start: Callable[[], Run]
) -> None:
    run, other = start(), start()
    end(services, run, "failed")
    end(services, other)
    with services.database.write() as connection:
        again = "UPDATE export_history SET status = 'completed' WHERE id = %s"
        connection.exec_driver_sql(again, (run.id,))
        assert ids(read()) == [other.id]
    assert ids(read()) == [other.id, run.id]


def test_side_by_side_pollers_see_each_end_once(
    services: Services, read: Read, start: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended, "BATCH", 3)
    runs = [start() for _ in range(12)]
    chance = random.Random(7)

    def work(i: int) -> list[str]:
        if i < 3:
            for run in runs[i::3]:
                end(services, run, chance.choice(["completed", "failed"]))
            return []
        seen: list[str] = []
        number = 0
        while len(seen) < len(runs):
            page = read(number, limit=2)
            seen += ids(page)
            number = page.last
        return seen

    for seen in side_by_side(5, work)[3:]:
        assert sorted(seen) == sorted(run.id for run in runs)


def test_filters_move_the_cursor_too(
    services: Services, read: Read, start: Callable[[], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_ends, "LOOKED_AT", 2)
    runs = [start() for _ in range(5)]
    for run in runs[:4]:
        end(services, run)
    end(services, runs[4], "failed", services.clock() + timedelta(seconds=1))
    looked = read(status="failed")
    assert (ids(looked), looked.more) == ([], True)
    seen, number = list[str](), looked.last
    for _ in range(3):
        page = read(number, status="failed")
        seen, number = seen + ids(page), page.last
    assert seen == [runs[4].id]
    with pytest.raises(Invalid):
        read(status="done")


def test_pages(services: Services, read: Read, start: Callable[[], Run], clock: FakeClock) -> None:
    runs = []
    for _ in range(5):
        runs.append(start())
        end(services, runs[-1])
        clock.advance(seconds=1)
    first = read(limit=2)
    assert (ids(first), first.more) == ([run.id for run in runs[:2]], True)
    second = read(first.last, limit=3)
    assert (ids(second), second.more) == ([run.id for run in runs[2:]], False)


def test_from_now_on(
    services: Services,
    admin: Principal,
    read: Read,
    start: Callable[[], Run],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ended, "BATCH", 2)
    for _ in range(5):
        end(services, start())
    number = services.run_ends.newest(admin, None)
    assert ids(read(number)) == []
    late = start()
    end(services, late)
    assert ids(read(number)) == [late.id]


def test_removed_runs_and_clocks_that_go_back_move_no_number(
    services: Services, read: Read, start: Callable[[], Run], clock: FakeClock
) -> None:
    first = start()
    end(services, first)
    seen = read()
    sql(services, "DELETE FROM deliveries WHERE history_id = ?", first.id)
    sql(services, "DELETE FROM export_history WHERE id = ?", first.id)
    assert sql(services, "SELECT count(*) FROM run_ends")[0][0] == 0
    clock.advance(days=-30)
    second = start()
    end(services, second)
    assert ids(read(seen.last)) == [second.id]


def test_after_a_backup_was_restored_numbers_are_higher_than_before(
    services: Services, read: Read, start: Callable[[], Run], clock: FakeClock
) -> None:
    end(services, start())
    seen = read()
    sql(services, "DELETE FROM run_end_numbers")  # as long ago as can be
    sql(services, "DELETE FROM run_ends")
    clock.advance(hours=1)
    late = start()
    end(services, late)
    assert ids(read(seen.last)) == [late.id]


def test_housekeeping_numbers_what_nobody_asks_for(
    services: Services,
    read: Read,
    start: Callable[[], Run],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ended, "BATCH", 2)
    for _ in range(3):
        end(services, start())
    services.run_ends.number_all(lambda: True)
    without = "SELECT count(*) FROM run_ends WHERE number IS NULL"
    assert sql(services, without)[0][0] == 3
    services.run_ends.number_all()
    assert sql(services, without)[0][0] == 0


def test_of_ones_own_tenant_and_without_deleted_schedules(
    services: Services,
    admin: Principal,
    outsider: Principal,
    acme: Tenant,
    read: Read,
    schedule: Schedule,
    start: Callable[[], Run],
) -> None:
    run = start()
    end(services, run)
    assert ids(services.run_ends.after(outsider, None, EVERYTHING, 0, 10)) == []
    with pytest.raises(NotFound):
        services.run_ends.after(outsider, acme.id, EVERYTHING, 0, 10)
    with pytest.raises(NotFound):
        services.run_ends.newest(outsider, acme.id)
    with pytest.raises(NotFound):
        services.run_ends.after(outsider, None, RunFilter(schedule_id=schedule.id), 0, 10)
    assert ids(read(schedule_id=schedule.id)) == [run.id]
    services.schedules.delete(admin, schedule.id)
    assert ids(read()) == []


def test_every_end_state_is_noted(services: Services, read: Read, start: Callable[[], Run]) -> None:
    ends = [s for s in RunStatus if s not in {RunStatus.PENDING, RunStatus.PROCESSING}]
    for status in ends:
        end(services, start(), status)
    assert {one.run.status for one in read().runs} == set(ends)
