"""Deliveries to destinations in the history, and in the question before a run."""

from pathlib import Path

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Tenant
from exports_app.services.runs.mailings import ToDestinations
from exports_app.ui.pages.scheduled_exports import delivery_advice
from exports_app.ui.pages.scheduled_exports.history import delivery_rows, rows
from exports_app.ui.pages.scheduled_exports.sending.words import Kind, options
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.world import deliveries_of, make_schedule, trigger_and_execute


def test_a_destination_says_where_the_file_is_and_has_no_address_to_replace(
    services: Services,
    admin: Principal,
    acme: Tenant,
    mail: MailServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXPORT_FOLDERS", str(tmp_path))
    of = (admin, acme.id, "folder", "Share", {"name": "{schedule}.csv"})
    share = services.destinations.create(*of)
    schedule = make_schedule(services, admin, destination_ids=(share.id,))
    mailing = services.mailings.of_schedules(admin, [schedule.id])
    (to_all, *_) = options(Kind.RUN, mailing, "me@example.com")
    assert "1 email to ann@example.com; 1 file to “Share”" in str(to_all)
    run = trigger_and_execute(services, admin, schedule)
    told = {
        row.target: row for row in delivery_rows.delivery_rows(run, deliveries_of(services, run))
    }
    where = tmp_path / "acme" / "weekly-numbers.csv"
    assert told["Share"].form == f"{where} · {run.file_size} bytes"
    assert (told["Share"].channel, told["ann@example.com"].channel) == ("folder", "")
    assert told["ann@example.com"].form == ""
    (tmp_path / "acme" / "weekly-numbers.csv").write_text("another file")
    failed = trigger_and_execute(services, admin, schedule)
    assert failed.status is RunStatus.PARTIAL
    told = {
        row.target: row
        for row in delivery_rows.delivery_rows(failed, deliveries_of(services, failed))
    }
    assert told["Share"].advice == delivery_advice.FIX
    assert not told["Share"].can_replace
    left = rows.detail(failed, deliveries_of(services, failed))
    assert (left.can_resend, left.resend) == (True, "Resend to 1 failed destination")
    again = services.mailings.of_resend(admin, schedule.id, failed.id)
    assert (again.emails, again.files) == (0, ToDestinations(1, ("Share",)))
