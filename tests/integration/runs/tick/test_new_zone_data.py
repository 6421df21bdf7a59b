"""After an update of the time zone data, ticks still to come are where the new data has them."""

import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.timing import zone_data
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page, Schedule
from exports_app.services.runs import zone_updates
from exports_app.services.runs.zone_updates import ZoneUpdates
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.world import make_schedule, runs_of, stored

MORNING = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"
DAILY = "0 9 * * *"

Use = Callable[[str], None]


@pytest.fixture
def use(tmp_path: Path) -> Iterator[Use]:
    """Has this process read Europe/Berlin with the rules of another zone, from a folder of its
    own."""

    def put(rules: str) -> None:
        folder = tmp_path / rules.replace("/", "-")
        file = folder / ZONE
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(resources.files("tzdata").joinpath("zoneinfo", rules).read_bytes())
        zoneinfo.reset_tzpath([str(folder)])
        ZoneInfo.clear_cache()

    yield put
    zoneinfo.reset_tzpath()
    ZoneInfo.clear_cache()


def updates(services: Services) -> ZoneUpdates:
    """Of a process that has just started."""
    return ZoneUpdates(services.store, services.changes, services.clock)


def seen(services: Services) -> dict[str, str]:
    with services.store.read() as tx:
        return tx.zone_data.fingerprints()


def at(hour: int, minute: int = 0, day: int = 25) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.fixture(autouse=True)
def morning(clock: FakeClock) -> None:
    clock.set(MORNING)


def test_a_tick_to_come_moves_and_the_audit_says_so(
    services: Services, admin: Principal, use: Use
) -> None:
    use(ZONE)
    made = make_schedule(services, admin, schedule=DAILY)
    paused = make_schedule(services, admin, schedule=DAILY, is_active=False)
    elsewhere = make_schedule(services, admin, schedule=DAILY, timezone="Asia/Tokyo")
    updates(services).apply()
    assert stored(services, made).next_run_at == at(8)
    use("Europe/London")
    assert updates(services).apply() == 1
    moved = stored(services, made)
    assert (moved.next_run_at, moved.version) == (at(9), made.version)
    assert stored(services, paused) == paused
    assert stored(services, elsewhere) == elsewhere
    entries, _ = services.audit.find(admin, None, AuditFilter(), Page())
    (entry,) = [entry for entry in entries if entry.actor_id is None]
    assert (entry.subject_id, entry.action) == (made.id, Action.SCHEDULE_UPDATED)
    assert entry.detail == {
        "changed": {"next_run_at": [str(at(8)), str(at(9))]},
        "reason": "new time zone data",
    }


def test_the_same_data_moves_nothing_and_is_looked_at_once(
    services: Services, admin: Principal, use: Use
) -> None:
    use(ZONE)
    made = make_schedule(services, admin, schedule=DAILY)
    process = updates(services)
    assert process.apply() == 0
    assert seen(services) == {ZONE: zone_data.fingerprint(ZONE)}
    assert (process.apply(), updates(services).apply()) == (0, 0)
    assert stored(services, made) == made


def test_of_two_ticks_that_are_as_near_the_one_to_come_first_is_not_left_out(
    services: Services, admin: Principal, use: Use
) -> None:
    use(ZONE)
    made = make_schedule(services, admin, schedule="0 */2 * * *")
    updates(services).apply()
    assert stored(services, made).next_run_at == at(9)
    use("Europe/London")
    assert updates(services).apply() == 1
    assert stored(services, made).next_run_at == at(8)


def test_an_overdue_tick_stays_and_runs(
    services: Services, admin: Principal, clock: FakeClock, use: Use
) -> None:
    use(ZONE)
    made = make_schedule(services, admin, schedule=DAILY)
    updates(services).apply()
    clock.set(at(8, 10))
    use("Europe/London")
    assert updates(services).apply() == 0
    assert stored(services, made).next_run_at == at(8)
    assert services.ticks.tick() == 1
    assert stored(services, made).next_run_at > at(8, 10)


def test_what_has_run_today_does_not_run_again_where_the_hour_is_later_now(
    services: Services, admin: Principal, clock: FakeClock, use: Use
) -> None:
    use(ZONE)
    made = make_schedule(services, admin, schedule=DAILY)
    updates(services).apply()
    clock.set(at(8, 0))
    services.ticks.tick()
    clock.set(at(8, 30))
    use("Europe/London")
    updates(services).apply()
    assert stored(services, made).next_run_at == at(9, day=26)


def test_a_tick_whose_hour_has_passed_by_the_new_data_runs_at_once(
    services: Services, admin: Principal, use: Use
) -> None:
    use(ZONE)
    made = make_schedule(services, admin, schedule=DAILY)
    updates(services).apply()
    use("Europe/Athens")
    assert updates(services).apply() == 1
    assert services.ticks.tick() == 1
    (run,) = runs_of(services, made)
    assert run.scheduled_for == at(7)
    assert stored(services, made).next_run_at == at(7, day=26)


def test_many_are_moved_in_batches_and_a_process_that_died_is_followed_up(
    services: Services, admin: Principal, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zone_updates, "BATCH", 2)
    use(ZONE)
    made = [make_schedule(services, admin, schedule=DAILY, name=f"No. {i}") for i in range(5)]
    updates(services).apply()
    use("Europe/London")
    stops = iter([False, False, True])
    assert updates(services).apply(lambda: next(stops)) == 4
    assert seen(services) != {ZONE: zone_data.fingerprint(ZONE)}
    assert updates(services).apply() == 1
    assert seen(services) == {ZONE: zone_data.fingerprint(ZONE)}
    assert {stored(services, one).next_run_at for one in made} == {at(9)}


def test_one_that_is_changed_meanwhile_is_left_to_the_next_time(
    services: Services, admin: Principal, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(ZONE)
    made = make_schedule(services, admin, schedule=DAILY)
    updates(services).apply()
    use("Europe/London")
    process, nearest = updates(services), zone_updates._nearest_tick

    def renamed(schedule: Schedule, now: datetime) -> datetime:
        services.schedules.update(admin, made.id, {"name": "Renamed"})
        return nearest(schedule, now)

    with monkeypatch.context() as patch:
        patch.setattr(zone_updates, "_nearest_tick", renamed)
        assert process.apply() == 0
    assert process.apply() == 1
    assert stored(services, made).next_run_at == at(9)


def test_an_hourly_schedule_keeps_its_hours(services: Services, admin: Principal, use: Use) -> None:
    use(ZONE)
    made = make_schedule(services, admin, schedule="0 * * * *")
    updates(services).apply()
    use("Europe/Athens")
    assert updates(services).apply() == 0
    assert stored(services, made).next_run_at - MORNING == timedelta(minutes=30)
