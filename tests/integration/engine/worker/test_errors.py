"""Errors that nobody expected end a run visibly."""

import errno
import os
from pathlib import Path

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.engine.file_producer import FileProducer
from exports_app.services.core.extension_points import CHANNELS, FORMATS
from exports_app.services.core.records import Campaign, Schedule
from exports_app.storage.local import LocalFiles
from exports_app.wiring import Services
from exports_app.zipped import Package
from tests.doubles import FakeClock, WatchedEmail
from tests.integration.engine.worker.outcomes import ANN, BOB, files_in, outcomes
from tests.mailserver import MailServer
from tests.world import claim, execute, make_schedule, registered, trigger_and_execute


class BrokenFormat:
    key = "csv"
    label = "Broken"
    mime = "text/plain"
    extension = "txt"

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
def test_a_run_waits_for_a_disk_that_filled_up_after_the_file_was_made(
    services: Services,
    admin: Principal,
    campaigns: dict[str, Campaign],
    mail: MailServer,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    step: str,
    delivery: str,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    schedule = make_schedule(services, admin, delivery=delivery)
    with monkeypatch.context() as full:
        full.setattr(owner, step, refuse)
        run = trigger_and_execute(services, admin, schedule)
    assert (run.status, run.error_code) == (RunStatus.PENDING, "file_not_written")
    assert "No space left on device" in (run.error or "")
    assert mail.messages == []
    clock.set(max(clock(), run.next_attempt_at or clock()))
    assert execute(services, claim(services)).status is RunStatus.COMPLETED


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM])
def test_a_shortage_of_the_system_is_waited_for(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    mail: MailServer,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as shortage:
        shortage.setattr(FileProducer, "make", refuse)
        run = trigger_and_execute(services, admin, schedule)
    assert (run.status, run.error_code) == (RunStatus.PENDING, "out_of_resources")
    assert os.strerror(number) in (run.error or "")
    clock.set(max(clock(), run.next_attempt_at or clock()))
    assert execute(services, claim(services)).status is RunStatus.COMPLETED


def test_a_shortage_while_a_message_is_sent_is_waited_for(
    services: Services, admin: Principal, schedule: Schedule, mail: MailServer
) -> None:
    def refuse(target: str) -> None:
        if target == ANN:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with registered(CHANNELS, WatchedEmail(mail, before=refuse)):
        run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.PENDING
    assert outcomes(services, run) == {ANN: DeliveryStatus.PENDING, BOB: DeliveryStatus.ACCEPTED}


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
