"""A run from its claim to its end, through a real mail server."""

import hashlib
import sqlite3
import threading
from datetime import date

import pytest
from sqlalchemy import event

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.engine import file_producer, file_writer, worker
from exports_app.services.core.extension_points import CHANNELS, EXPORT_TYPES, FORMATS
from exports_app.services.core.records import Campaign, Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch, WatchedEmail
from tests.integration.engine.worker.outcomes import (
    ACCEPTED,
    ANN,
    BOB,
    FAILED,
    NO_SUCH_USER,
    SKIPPED,
    files_in,
    outcomes,
)
from tests.mailserver import MailServer, mail_server
from tests.world import (
    FORMAT_KEYS,
    claim,
    deliveries_of,
    execute,
    make_schedule,
    registered,
    runs_of,
    stored,
    the_run,
    trigger_and_execute,
)


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
    assert "1 of its 2 campaigns no longer exists" in (done.error or "")
    assert campaigns["autumn"].id in (done.error or "")
    assert mail.messages == []
    assert files_in(services) == []


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
