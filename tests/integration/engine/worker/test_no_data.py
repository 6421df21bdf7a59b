"""Runs of windows without data."""

from datetime import date

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Campaign, Metric
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.integration.engine.worker.outcomes import ANN, BOB, files_in
from tests.mailserver import MailServer
from tests.world import deliveries_of, make_schedule, stored, trigger_and_execute


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


@pytest.mark.parametrize("when_empty", ["skip", "fail"])
def test_rows_of_zeros_are_no_data_unless_the_schedule_says_so(
    services: Services,
    admin: Principal,
    campaigns: dict[str, Campaign],
    mail: MailServer,
    when_empty: str,
) -> None:
    long_ago = Filters(start_date=date(2001, 1, 1), end_date=date(2001, 1, 7))
    options = {"export_type": "campaigns", "filters": long_ago, "when_empty": when_empty}
    made = make_schedule(services, admin, **options)
    done = trigger_and_execute(services, admin, made)
    assert done.error_code == "no_data"
    assert (mail.messages, files_in(services)) == ([], [])
    zeros = make_schedule(services, admin, **options, empty_means="no_rows")
    done = trigger_and_execute(services, admin, zeros)
    assert (done.status, done.record_count) == (RunStatus.COMPLETED, 4)
    assert mail.messages


def test_metrics_of_other_campaigns_are_no_data_and_zeros_of_its_own_are(
    services: Services, admin: Principal, campaigns: dict[str, Campaign], mail: MailServer
) -> None:
    quiet = campaigns["Quiet"].id
    chosen = Filters(period="yesterday", campaign_ids=(quiet,))
    options = {"export_type": "campaigns", "filters": chosen, "when_empty": "skip"}
    made = make_schedule(services, admin, **options)
    assert trigger_and_execute(services, admin, made).status is RunStatus.SKIPPED
    with services.store.write() as tx:
        tx.campaigns.add_metrics([Metric(quiet, date(2026, 3, 3))])
    assert trigger_and_execute(services, admin, made).status is RunStatus.COMPLETED
