"""Where replies to a message go, and what a test says."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.access import Principal
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.services.core.extension_points import CHANNELS, Note
from exports_app.services.core.records import Campaign
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.mailserver import MailServer, Received, mail_server
from tests.world import Cast, claim, execute, make_schedule, registered, stored

DESK = "desk@example.com"
EVERYONE = "Reports <replies@example.com>"


@pytest.fixture(autouse=True)
def data(campaigns: dict[str, Campaign]) -> None:
    assert campaigns


@contextmanager
def sent_with(reply_to: str = "") -> Iterator[tuple[MailServer, EmailChannel]]:
    """Mail is sent through a server, with this SMTP_REPLY_TO."""
    with mail_server() as server:
        smtp = SmtpSettings(host=server.host, port=server.port, tls=server.tls, reply_to=reply_to)  # type: ignore[arg-type]
        channel = EmailChannel(smtp)
        with registered(CHANNELS, channel):
            yield server, channel


def delivered(services: Services, who: Principal, server: MailServer, **values: Any) -> Received:
    made = make_schedule(services, who, **{"recipients": ("ann@example.com",)} | values)
    services.schedules.trigger(who, made.id)
    execute(services, claim(services))
    return server.wait_for(1)[-1]


def test_replies_go_to_the_address_of_the_schedule(services: Services, admin: Principal) -> None:
    with sent_with(EVERYONE) as (server, _):
        found = delivered(services, admin, server, reply_to=DESK).message
    assert found["Reply-To"] == DESK


def test_else_to_that_of_the_installation(services: Services, admin: Principal) -> None:
    with sent_with(EVERYONE) as (server, _):
        assert delivered(services, admin, server).message["Reply-To"] == EVERYONE


def test_else_to_the_owner(services: Services, admin: Principal, cast: Cast) -> None:
    with sent_with() as (server, _):
        assert delivered(services, admin, server).message["Reply-To"] == cast.admin.user.email


def test_not_to_an_owner_who_may_not_export_any_more(
    services: Services, admin: Principal, super_admin: Principal, cast: Cast
) -> None:
    made = make_schedule(services, admin, recipients=("ann@example.com",))
    services.user_administration.set_active(super_admin, cast.admin.user.id, active=False)
    with sent_with() as (server, _):
        services.schedules.trigger(super_admin, made.id)
        execute(services, claim(services))
        (received,) = server.wait_for(1)
    assert received.message["Reply-To"] is None


def test_an_address_in_another_script_counts_where_the_message_may_hold_it(
    services: Services, admin: Principal, cast: Cast
) -> None:
    """It would make every message need a server with SMTPUTF8."""
    both = {"recipients": ("ann@example.com", "jörg@example.com"), "reply_to": "büro@example.com"}
    with sent_with() as (server, _):
        delivered(services, admin, server, **both)
        messages = {received.rcpt_tos[0]: received for received in server.wait_for(2)}
    assert messages["ann@example.com"].message["Reply-To"] == cast.admin.user.email
    assert "SMTPUTF8" not in messages["ann@example.com"].options
    assert "Reply-To: büro@example.com\r\n".encode() in messages["jörg@example.com"].raw


def test_a_run_that_was_made_before_there_was_a_choice_is_sent() -> None:
    assert RunSpec.from_json({"name": "old"}).reply_to is None


def test_notices_have_that_of_the_installation_alone() -> None:
    at = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
    note = Note("Acme", "#1D4ED8", None, "Weekly", "“Weekly” failed", "", [], "", "", at)
    for reply_to, expected in ((EVERYONE, EVERYONE), ("", None)):
        with sent_with(reply_to) as (server, channel):
            channel.notify("ann@example.com", "notice-1", note)
            channel.test("ann@example.com", "test-1", note)
            for received in server.wait_for(2):
                assert received.message["Reply-To"] == expected


def test_it_is_stored_in_its_normal_form_and_copied_into_the_run(
    services: Services, admin: Principal
) -> None:
    made = make_schedule(services, admin, reply_to="Desk@BÜCHER.example")
    assert stored(services, made).reply_to == "Desk@bücher.example"
    assert services.schedules.trigger(admin, made.id).spec.reply_to == "Desk@bücher.example"


def test_a_value_of_an_older_rule_prevents_no_other_change(
    services: Services, admin: Principal
) -> None:
    made = make_schedule(services, admin)
    with services.store.write() as tx:
        tx.schedules.change(made.id, {"reply_to": "nobody", "version": made.version + 1})
    assert services.schedules.update(admin, made.id, {"name": "Other"}).reply_to == "nobody"


def test_a_test_says_so_in_its_subject(
    services: Services, admin: Principal, clock: FakeClock
) -> None:
    made = make_schedule(services, admin, name="דוח", reply_to=DESK)
    with sent_with() as (server, _):
        services.schedules.trigger(admin, made.id, SendTo.CALLER)
        run = execute(services, claim(services))
        (received,) = server.wait_for(1)
        subject = received.message["Subject"]
        assert subject.startswith("[Test] \N{FIRST STRONG ISOLATE}דוח")
        assert received.message["Reply-To"] == DESK  # as the recipients will see it
        services.run_actions.rerun(admin, made.id, run.id)
        execute(services, claim(services))
        assert server.wait_for(2)[-1].message["Subject"] == subject
        services.schedules.trigger(admin, made.id)
        execute(services, claim(services))
        assert "[Test]" not in server.wait_for(3)[-1].message["Subject"]
    assert clock
