"""Errors that nobody expected end a run visibly."""

import errno
import os
from pathlib import Path

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.extension_points import CHANNELS, FORMATS
from exports_app.services.core.records import Campaign, Schedule
from exports_app.storage.local import LocalFiles
from exports_app.wiring import Services
from exports_app.zipped import Package
from tests.doubles import WatchedEmail
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
