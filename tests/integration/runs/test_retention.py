"""Files that have had their time, and files that nobody knows of."""

import os
from pathlib import Path

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Gone
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Campaign, Run, Schedule
from exports_app.services.runs.retention import Swept
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch
from tests.mailserver import MailServer
from tests.query_plans import plans
from tests.world import Cast, claim, make_schedule, sql, the_run, trigger_and_execute


@pytest.fixture
def schedule(services: Services, admin: Principal, campaigns: dict[str, Campaign]) -> Schedule:
    assert campaigns
    return make_schedule(services, admin)


@pytest.fixture
def run(services: Services, admin: Principal, schedule: Schedule) -> Run:
    return trigger_and_execute(services, admin, schedule)


def files(services: Services) -> list[Path]:
    return [p for p in (services.settings.data_dir / "files").rglob("*") if p.is_file()]


def keep(services: Services, days: int) -> None:
    sql(services, "UPDATE tenants SET keep_days = ?", days)


def test_a_file_is_kept_for_thirty_days(
    services: Services, clock: FakeClock, run: Run, watch: Watch
) -> None:
    clock.advance(days=30)
    assert services.retention.sweep() == Swept(0, 0)
    clock.advance(seconds=1)
    seen = len(watch.seen)
    assert services.retention.sweep() == Swept(1, 0)
    assert files(services) == []
    assert list((services.settings.data_dir / "files" / run.tenant_id).iterdir()) == []
    assert the_run(services, run).file_removed_at == clock()
    assert len(watch.seen) == seen + 1
    assert services.retention.sweep() == Swept(0, 0)


def test_the_top_rows_go_with_the_file_and_its_totals_stay(
    services: Services, clock: FakeClock, run: Run
) -> None:
    before = the_run(services, run).summary
    assert before
    assert before["top"]
    assert before["groups"]
    clock.advance(days=31)
    services.retention.sweep()
    after = the_run(services, run).summary
    assert after
    assert after["top"] == []
    assert after["groups"] == before["groups"]
    assert after["keys"] == before["keys"]


def test_a_tenant_may_have_its_own_time(services: Services, clock: FakeClock, run: Run) -> None:
    keep(services, 2)
    clock.advance(days=2, seconds=1)
    assert services.retention.sweep() == Swept(1, 0)
    assert run.file_key


def test_a_removed_file_is_gone_and_cannot_be_sent_again(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, run: Run
) -> None:
    clock.advance(days=31)
    services.retention.sweep()
    with pytest.raises(Gone, match="was removed on 04 Apr 2026"):
        services.history.file(admin, schedule.id, run.id)
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE export_history SET status = 'failed'")
    with pytest.raises(Gone):
        services.run_actions.resend(admin, schedule.id, run.id)


def test_the_file_of_a_run_under_way_stays(
    services: Services, admin: Principal, clock: FakeClock, run: Run, mail: MailServer
) -> None:
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE export_history SET status = 'failed'")
        connection.exec_driver_sql("UPDATE deliveries SET status = 'failed'")
    clock.advance(days=31)
    services.run_actions.resend(admin, run.scheduled_export_id, run.id)
    assert services.retention.sweep() == Swept(0, 0)
    claim(services)
    assert services.retention.sweep() == Swept(0, 0)
    assert the_run(services, run).status is RunStatus.PROCESSING
    assert len(files(services)) == 1
    assert mail.messages == []


def test_an_orphan_is_removed_once_it_is_old_enough(
    services: Services, clock: FakeClock, run: Run, cast: Cast
) -> None:
    orphan = services.settings.data_dir / "files" / cast.acme.id / "a-run" / "a-token.csv"
    orphan.parent.mkdir(parents=True)
    orphan.write_text("x")
    for path in files(services):
        os.utime(path, (clock().timestamp(), clock().timestamp()))
    assert services.retention.sweep() == Swept(0, 0)
    clock.advance(hours=1, seconds=1)
    assert services.retention.sweep() == Swept(0, 1)
    assert [p.name for p in files(services)] == [Path(run.file_key or "").name]


def test_a_file_that_a_crash_left_after_its_removal_was_noted_is_an_orphan(
    services: Services, clock: FakeClock, run: Run
) -> None:
    with services.store.write() as tx:
        assert tx.runs.note_removed(run.id, clock(), None)
        assert not tx.runs.note_removed(run.id, clock(), None)
    for path in files(services):
        os.utime(path, (0, 0))
    assert services.retention.sweep() == Swept(0, 1)
    assert files(services) == []


def test_copies_of_what_another_machine_removed_are_forgotten(
    services: Services, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = list[str]()
    monkeypatch.setattr(
        services.files, "copies", lambda: iter(["tenant/run/removed.csv", run.file_key])
    )
    monkeypatch.setattr(services.files, "forget", forgotten.append)
    services.retention.sweep()
    assert forgotten == ["tenant/run/removed.csv"]


@pytest.mark.about_sqlite  # its plan of the queries
def test_a_sweep_never_reads_the_whole_history(
    services: Services, clock: FakeClock, run: Run
) -> None:
    clock.advance(days=2)
    for file in files(services):
        os.utime(file, (0, 0))
    with plans(services) as steps:
        assert services.retention.sweep() == Swept(0, 0)
    by_key = "SEARCH export_history USING INDEX sqlite_autoindex_export_history_1 (id=?)"
    assert by_key in steps
    assert [step for step in steps if step.startswith("SCAN export_history")] == []


def test_what_the_disk_holds_is_measured(services: Services, run: Run) -> None:
    usage = services.retention.usage()
    assert usage is not None
    assert usage.free is not None
    assert (usage.count, usage.bytes) == (1, run.file_size)
    assert usage.free > 0


def test_more_than_a_batch_is_removed_in_one_go(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    schedule: Schedule,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("exports_app.services.runs.retention.BATCH", 2)
    for _ in range(5):
        trigger_and_execute(services, admin, schedule)
        clock.advance(seconds=1)
    clock.advance(days=31)
    assert services.retention.sweep() == Swept(5, 0)
    assert files(services) == []


def test_a_file_that_a_link_promises_stays_until_the_link_expires(
    services: Services,
    admin: Principal,
    clock: FakeClock,
    campaigns: dict[str, Campaign],
    mail: MailServer,
) -> None:
    assert campaigns
    made = make_schedule(services, admin, delivery="link", link_days=60)
    done = trigger_and_execute(services, admin, made)
    assert mail.wait_for(1)
    clock.advance(days=60, seconds=-1)
    assert services.retention.sweep() == Swept(0, 0)
    clock.advance(seconds=2)
    assert services.retention.sweep() == Swept(1, 0)
    assert done.sent_as == "link"


def test_files_of_tenants_that_the_database_does_not_know_are_nobodys_orphans(
    services: Services, run: Run
) -> None:
    """As over another database: one setting wrong, and every file would go."""
    foreign = (
        services.settings.data_dir
        / "files"
        / "00000000-0000-4000-8000-0000000000ff"
        / "a-run"
        / "a-token.csv"
    )
    foreign.parent.mkdir(parents=True)
    foreign.write_text("x")
    os.utime(foreign, (0, 0))
    assert services.retention.sweep() == Swept(0, 0)
    assert foreign.exists()
    assert run.file_key


def test_one_tenants_absurd_time_hinders_nobody(
    services: Services, clock: FakeClock, run: Run
) -> None:
    keep(services, 10**8)
    clock.advance(days=31)
    assert services.retention.sweep() == Swept(0, 0)
    assert run.file_key


def test_a_stop_ends_the_sweep(services: Services, clock: FakeClock, run: Run) -> None:
    clock.advance(days=31)
    assert services.retention.sweep(lambda: True) == Swept(0, 0)
    assert services.retention.sweep() == Swept(1, 0)
    assert run.file_key


def test_a_run_whose_file_was_removed_meanwhile_is_not_reopened(
    services: Services, clock: FakeClock, run: Run
) -> None:
    with services.store.write() as tx:
        assert tx.runs.note_removed(run.id, clock(), None)
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE export_history SET status = 'failed'")
    with services.store.write() as tx:
        assert not tx.runs.reopen(the_run(services, run))
