"""A run from its claim to its end, through a real mail server."""

import errno
import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event

from exports_app.domain.access import Principal, Role
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.engine import file_producer, file_writer, worker
from exports_app.engine.worker import Stopped
from exports_app.services.core.extension_points import CHANNELS, EXPORT_TYPES, FORMATS
from exports_app.services.core.records import Campaign, Run, Schedule, Tenant
from exports_app.services.runs.lease import LeaseLost
from exports_app.services.schedules.filters import Filters
from exports_app.storage.local import LocalFiles
from exports_app.wiring import Services
from exports_app.zipped import Package
from tests.mailserver import MailServer, mail_server
from tests.world import (
    FORMAT_KEYS,
    FakeClock,
    Watch,
    WatchedEmail,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    runs_of,
    set_role,
    stored,
    the_run,
    trigger_and_execute,
)

ANN, BOB = "ann@example.com", "bob@example.com"
ACCEPTED, FAILED, SKIPPED = DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED, DeliveryStatus.SKIPPED
NO_SUCH_USER = "550 5.1.1 no such user"


def outcomes(services: Services, run: Run) -> dict[str, DeliveryStatus]:
    return {d.target: d.status for d in deliveries_of(services, run)}


def files_in(services: Services) -> list[str]:
    """Everything in the file store, drafts included."""
    return sorted(
        p.name
        for p in services.settings.data_dir.rglob("*")
        if p.is_file() and "exports.db" not in p.name
    )


@pytest.fixture
def schedule(services: Services, admin: Principal, campaigns: dict[str, Campaign]) -> Schedule:
    return make_schedule(services, admin, recipients=(ANN, BOB))


# How a run ends


def test_a_run_makes_its_file_sends_it_and_says_so(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, mail: MailServer
) -> None:
    done = trigger_and_execute(services, admin, schedule)
    assert (done.status, done.error, done.error_code, done.completed_at) == (
        RunStatus.COMPLETED,
        None,
        None,
        clock(),
    )
    assert (done.lease_token, done.lease_expires_at, done.attempt) == (None, None, 1)
    assert outcomes(services, done) == {ANN: ACCEPTED, BOB: ACCEPTED}
    assert [(d.attempts, d.error, d.sent_at) for d in deliveries_of(services, done)] == [
        (1, None, clock())
    ] * 2
    assert (stored(services, schedule).last_status, stored(services, schedule).last_run_at) == (
        RunStatus.COMPLETED,
        clock(),
    )
    messages = mail.wait_for(2)
    assert [m.rcpt_tos for m in messages] == [[ANN], [BOB]]
    assert mail.connections == 1


def test_the_file_is_what_the_history_says_and_what_was_sent(
    services: Services, admin: Principal, viewer: Principal, schedule: Schedule, mail: MailServer
) -> None:
    done = trigger_and_execute(services, admin, schedule)
    file = services.history.file(viewer, schedule.id, done.id)
    content = file.path.read_bytes()
    assert (done.file_size, done.sha256, done.record_count) == (
        len(content),
        hashlib.sha256(content).hexdigest(),
        4,
    )
    assert (file.name, file.mime) == (done.file_name, FORMATS["csv"].mime)
    assert done.file_name == "acme_weekly-numbers_all_20260304T103000Z.csv"
    (attachment,) = mail.wait_for(2)[0].message.iter_attachments()
    assert attachment.get_filename() == done.file_name
    assert attachment.get_payload(decode=True) == content
    header, *lines = content.decode().splitlines()
    assert header.split(",") == [c.key for c in EXPORT_TYPES["campaigns"].columns()]
    assert [line.split(",")[1] for line in lines] == ["Quiet", "Spring", "autumn", "Überall"]


@pytest.mark.parametrize("file_format", FORMAT_KEYS)
@pytest.mark.parametrize("export_type", ["campaign", "campaigns", "aggregate"])
@pytest.mark.usefixtures("mail")
def test_every_type_is_exported_in_every_format(
    services: Services,
    admin: Principal,
    campaigns: dict[str, Campaign],
    export_type: str,
    file_format: str,
) -> None:
    filters = Filters(campaign_ids=(campaigns["Spring"].id,), period="last_7_days")
    made = make_schedule(
        services, admin, export_type=export_type, format=file_format, filters=filters
    )
    done = trigger_and_execute(services, admin, made)
    assert done.status is RunStatus.COMPLETED
    assert done.record_count == (1 if export_type == "campaigns" else 7)
    assert (done.window_start, done.window_end) == (date(2026, 2, 25), date(2026, 3, 3))
    assert (done.file_name or "").endswith(FORMATS[file_format].extension)


@pytest.mark.parametrize(
    ("refused", "status", "code"),
    [
        ([BOB], RunStatus.PARTIAL, "delivery_failed"),
        ([ANN], RunStatus.PARTIAL, "delivery_failed"),
        ([ANN, BOB], RunStatus.FAILED, "delivery_failed"),
    ],
)
def test_a_refused_recipient_is_named_and_hinders_no_other(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    refused: list[str],
    status: RunStatus,
    code: str,
) -> None:
    with (
        mail_server(refuse=dict.fromkeys(refused, NO_SUCH_USER)) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        done = trigger_and_execute(services, admin, schedule)
        assert len(server.messages) == 2 - len(refused)
    assert (done.status, done.error_code) == (status, code)
    assert f"{len(refused)} of 2 messages" in (done.error or "")
    assert "no such user" in (done.error or "")
    assert outcomes(services, done) == {a: FAILED if a in refused else ACCEPTED for a in (ANN, BOB)}
    assert all(
        "no such user" in (d.error or "")
        for d in deliveries_of(services, done)
        if d.status is FAILED
    )
    assert stored(services, schedule).last_status is status
    assert services.history.file(admin, schedule.id, done.id).path.is_file()


def test_a_message_whose_fate_nobody_knows_is_not_called_delivered(
    services: Services, admin: Principal, campaigns: dict[str, Campaign]
) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN, BOB), retry_attempts=1)
    with mail_server(vanish=frozenset({ANN})) as server, registered(CHANNELS, WatchedEmail(server)):
        done = trigger_and_execute(services, admin, schedule)
    assert done.status is RunStatus.PARTIAL
    assert outcomes(services, done) == {ANN: DeliveryStatus.UNKNOWN, BOB: ACCEPTED}


def test_without_a_mail_server_the_file_is_made_and_the_messages_are_skipped(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    done = trigger_and_execute(services, admin, schedule)
    assert (done.status, done.record_count) == (RunStatus.COMPLETED, 4)
    assert outcomes(services, done) == {ANN: SKIPPED, BOB: SKIPPED}
    assert all("SMTP_HOST" in (d.error or "") for d in deliveries_of(services, done))
    assert services.history.file(admin, schedule.id, done.id).path.is_file()


# Nothing to export


@pytest.mark.parametrize(
    ("when_empty", "status", "code", "messages"),
    [
        ("send", RunStatus.COMPLETED, None, 2),
        ("skip", RunStatus.SKIPPED, "no_data", 0),
        ("fail", RunStatus.FAILED, "no_data", 0),
    ],
)
def test_an_empty_window_does_what_the_schedule_says(
    services: Services,
    admin: Principal,
    mail: MailServer,
    when_empty: str,
    status: RunStatus,
    code: str | None,
    messages: int,
) -> None:
    made = make_schedule(
        services, admin, export_type="aggregate", when_empty=when_empty, recipients=(ANN, BOB)
    )
    done = trigger_and_execute(services, admin, made)
    assert (done.status, done.error_code) == (status, code)
    assert len(mail.messages) == len(deliveries_of(services, done)) == messages
    assert (done.file_key is not None) == (when_empty == "send")
    assert len(files_in(services)) == (1 if when_empty == "send" else 0)
    assert bool(done.error) == (when_empty != "send")
    if when_empty != "fail":
        assert done.record_count == 0
    assert stored(services, made).last_status is status


# Why a run fails


def test_a_campaign_that_was_deleted_fails_the_run_which_says_so(
    services: Services, admin: Principal, campaigns: dict[str, Campaign], mail: MailServer
) -> None:
    chosen = (campaigns["Spring"].id, campaigns["autumn"].id)
    made = make_schedule(
        services, admin, export_type="campaign", filters=Filters(campaign_ids=chosen)
    )
    services.campaigns.delete(admin, campaigns["autumn"].id)
    done = trigger_and_execute(services, admin, made)
    assert (done.status, done.error_code) == (RunStatus.FAILED, "campaign_missing")
    assert "1 of its 2 campaigns" in (done.error or "")
    assert campaigns["autumn"].id in (done.error or "")
    assert mail.messages == []
    assert files_in(services) == []


def scheduled_run(services: Services, clock: FakeClock, schedule: Schedule) -> Run:
    clock.set(schedule.next_run_at or clock())
    assert services.ticks.tick() == 1
    return claim(services)


def test_a_scheduled_run_whose_owner_lost_the_role_fails_and_says_what_to_do(
    services: Services,
    admin: Principal,
    acme: Tenant,
    clock: FakeClock,
    schedule: Schedule,
    mail: MailServer,
) -> None:
    run = scheduled_run(services, clock, schedule)
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    done = execute(services, run)
    assert (done.status, done.error_code) == (RunStatus.FAILED, "access_lost")
    assert (done.error or "").startswith("its owner may no longer export")
    assert mail.messages == []
    assert done.record_count is None


def test_a_triggered_run_acts_for_who_triggered_it(
    services: Services, admin: Principal, super_admin: Principal, acme: Tenant, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    failed = execute(services, claim(services))
    assert failed.error_code == "access_lost"
    assert (failed.error or "").startswith("the user who started it")
    assert trigger_and_execute(services, super_admin, schedule).status is RunStatus.COMPLETED


def test_another_admin_takes_a_schedule_over_by_activating_it_again(
    services: Services,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
    clock: FakeClock,
    schedule: Schedule,
) -> None:
    set_role(services, admin.user_id, acme.id, Role.VIEWER)
    for active in (False, True):
        services.schedules.update(super_admin, schedule.id, {"is_active": active})
    assert (
        execute(services, scheduled_run(services, clock, stored(services, schedule))).status
        is RunStatus.COMPLETED
    )


class BrokenFormat:
    key = "csv"
    label, mime, extension = "Broken", "text/plain", "txt"

    def write(self, table: object, path: Path) -> None:
        path.write_text("half a file")
        raise RuntimeError("secret detail")


def test_an_unexpected_error_ends_visibly_and_tells_no_details(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    with registered(FORMATS, BrokenFormat()):
        done = trigger_and_execute(services, admin, schedule)
    assert (done.status, done.error_code) == (RunStatus.FAILED, "internal")
    assert done.id in (done.error or "")
    assert "secret detail" not in (done.error or "")
    assert files_in(services) == []
    assert mail.messages == []


@pytest.mark.parametrize(
    ("owner", "step", "delivery"), [(LocalFiles, "keep", "attach"), (Package, "part", "zip")]
)
def test_a_disk_that_fills_up_after_the_file_was_made_fails_the_run_in_words(
    services: Services,
    admin: Principal,
    campaigns: dict[str, Campaign],
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    step: str,
    delivery: str,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    schedule = make_schedule(services, admin, delivery=delivery)
    monkeypatch.setattr(owner, step, refuse)
    done = trigger_and_execute(services, admin, schedule)
    assert (done.status, done.error_code) == (RunStatus.FAILED, "file_not_written")
    assert "No space left on device" in (done.error or "")
    assert mail.messages == []


def test_an_unexpected_error_at_one_recipient_keeps_nobody_else_from_theirs(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    def explode(target: str) -> None:
        if target == ANN:
            raise RuntimeError

    with registered(CHANNELS, WatchedEmail(mail, after=explode)):
        done = trigger_and_execute(services, admin, schedule)
    assert (done.status, done.error_code) == (RunStatus.PARTIAL, "delivery_failed")
    assert outcomes(services, done) == {ANN: DeliveryStatus.FAILED, BOB: DeliveryStatus.ACCEPTED}


def test_a_format_that_is_no_longer_installed_fails_the_run(
    services: Services, admin: Principal, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    held = FORMATS._items.pop("csv")
    try:
        done = execute(services, claim(services))
    finally:
        FORMATS.add(held)
    assert (done.status, done.error_code) == (RunStatus.FAILED, "plugin_missing")


# While it works


def test_no_transaction_is_open_while_a_message_is_on_its_way(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    seen, held = list[int](), list[int]()
    services.changes.flush()
    # Of this thread: another one tells other processes of changes meanwhile
    event.listen(
        services.database.engine, "checkout", lambda *_: held.append(threading.get_ident())
    )
    event.listen(services.database.engine, "checkin", lambda *_: held.remove(threading.get_ident()))

    def write_as_another_process(_: str) -> None:
        seen.append(held.count(threading.get_ident()))
        other = sqlite3.connect(
            services.settings.data_dir / "exports.db", timeout=0, isolation_level=None
        )
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()

    with registered(
        CHANNELS, WatchedEmail(mail, write_as_another_process, write_as_another_process)
    ):
        assert trigger_and_execute(services, admin, schedule).status is RunStatus.COMPLETED
    assert seen == [0, 0, 0, 0]


def test_a_delivery_is_noted_before_the_wire_and_after(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    seen = list[dict[str, DeliveryStatus]]()

    def look(_: str) -> None:
        seen.append(outcomes(services, runs_of(services, schedule)[0]))

    with registered(CHANNELS, WatchedEmail(mail, before=look)):
        trigger_and_execute(services, admin, schedule)
    assert seen == [
        {ANN: DeliveryStatus.SENDING, BOB: DeliveryStatus.PENDING},
        {ANN: ACCEPTED, BOB: DeliveryStatus.SENDING},
    ]


def test_the_record_count_grows_while_the_rows_stream(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(file_producer, "CHUNK", 1)
    monkeypatch.setattr(file_writer, "PROGRESS_SECONDS", -1.0)
    monkeypatch.setattr(worker, "PROGRESS_SECONDS", -1.0)
    services.schedules.trigger(admin, schedule.id)
    run, seen = claim(services), list[int | None]()
    announced = len(watch.seen)
    execute(services, run, lambda: seen.append(the_run(services, run).record_count))
    assert [n for n in seen if n is not None][:3] == [1, 2, 3]
    assert len(watch.seen) - announced >= 4


def check_that_raises(error: type[Exception], at: int) -> Callable[[], None]:
    """Raises the error at its n-th call, from 1."""
    calls = list[None]()

    def check() -> None:
        calls.append(None)
        if len(calls) == at:
            raise error

    return check


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_a_stop_gives_the_run_back_and_it_is_carried_on_where_it_was(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer, at: int
) -> None:
    services.schedules.trigger(admin, schedule.id)
    back = execute(services, claim(services), check_that_raises(Stopped, at))
    assert (back.status, back.attempt, back.lease_token) == (RunStatus.PENDING, 0, None)
    sent = len(mail.messages)
    assert sent == max(0, at - 4)
    done = execute(services, claim(services))
    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 1)
    assert [m.rcpt_tos for m in mail.wait_for(2)] == [[ANN], [BOB]]
    assert len(files_in(services)) == 1
    if back.file_key:
        assert (done.file_key, done.sha256) == (back.file_key, back.sha256)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
def test_a_lost_lease_ends_the_work_and_touches_nothing(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer, at: int
) -> None:
    services.schedules.trigger(admin, schedule.id)
    left = execute(services, claim(services), check_that_raises(LeaseLost, at))
    assert (left.status, left.attempt) == (RunStatus.PROCESSING, 1)
    assert len(mail.messages) == max(0, at - 4)


def test_a_worker_whose_run_was_taken_over_begins_no_further_message(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule, mail: MailServer
) -> None:
    """It stalls with one message on the wire; meanwhile another worker does everything."""

    def stall(target: str) -> None:
        with registered(CHANNELS, WatchedEmail(mail)):
            clock.advance(seconds=61)
            services.run_endings.recover(everything=False)
            execute(services, claim(services))

    services.schedules.trigger(admin, schedule.id)
    first = claim(services)
    with registered(CHANNELS, WatchedEmail(mail, before=stall)):
        done = execute(services, first)
    assert (done.status, done.attempt) == (RunStatus.COMPLETED, 2)
    assert outcomes(services, done) == {ANN: ACCEPTED, BOB: ACCEPTED}
    assert [m.rcpt_tos for m in mail.wait_for(3)] == [[ANN], [BOB], [ANN]]
    assert len({m.message["Message-ID"] for m in mail.messages if m.rcpt_tos == [ANN]}) == 1


def test_a_file_of_a_worker_that_lost_its_run_is_not_kept(
    services: Services, admin: Principal, clock: FakeClock, schedule: Schedule
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run, calls = claim(services), list[None]()

    def taken_over_at_the_last_moment() -> None:
        calls.append(None)
        if len(calls) == 3:  # the rows are written, the file is not kept yet
            clock.advance(seconds=61)
            services.run_endings.recover(everything=False)

    left = execute(services, run, taken_over_at_the_last_moment)
    assert (left.status, left.file_key) == (RunStatus.PENDING, None)
    assert files_in(services) == []


def test_deleting_a_schedule_lets_its_running_run_finish(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    services.schedules.trigger(admin, schedule.id)
    run = claim(services)
    services.schedules.delete(admin, schedule.id)
    assert execute(services, run).status is RunStatus.COMPLETED
    assert len(mail.wait_for(2)) == 2
