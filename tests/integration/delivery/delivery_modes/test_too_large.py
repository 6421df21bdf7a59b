"""What the mail server refuses as too large goes in a smaller form, in the same attempt."""

from typing import Any

import pytest

from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.access import Principal
from exports_app.domain.errors import NotFound
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.engine.worker import Stopped
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Run
from exports_app.wiring import Services
from tests.doubles import WatchedEmail
from tests.integration.delivery.delivery_modes import messages
from tests.integration.delivery.delivery_modes.messages import ANN, attached, link_in
from tests.mailserver import MailServer, mail_server
from tests.world import claim, deliveries_of, execute, make_schedule, registered

BOB = "bob@example.com"
pytestmark = pytest.mark.one_database

TOO_LARGE = "552 5.3.4 message too big for system"
FULL = "552 5.2.2 mailbox full"
ACCEPTED = DeliveryStatus.ACCEPTED


def channel_to(server: MailServer) -> EmailChannel:
    return EmailChannel(
        SmtpSettings(host=server.host, port=server.port, tls="none", from_="reports@example.com")
    )


def ran(services: Services, admin: Principal, **schedule: object) -> Run:
    return messages.ran(services, admin, **{"recipients": (ANN, BOB)} | schedule)


def forms(services: Services, run: Run) -> dict[str, tuple[DeliveryStatus, str | None, int]]:
    """By recipient: the status, the form, and the attempts."""
    return {d.target: (d.status, d.sent_as, d.attempts) for d in deliveries_of(services, run)}


@pytest.fixture
def size(services: Services, admin: Principal) -> int:
    """Bytes of a message with the XML file attached."""
    with mail_server() as server, registered(CHANNELS, channel_to(server)):
        ran(services, admin, format="xml", recipients=(ANN,))
        return len(server.wait_for(1)[0].raw)


def test_a_message_over_the_servers_size_goes_as_zip(
    services: Services, admin: Principal, size: int
) -> None:
    with mail_server(size_limit=size - 100) as server, registered(CHANNELS, channel_to(server)):
        run = ran(services, admin, format="xml")
        received = server.wait_for(2)
    assert (run.status, run.sent_as, run.error) == (RunStatus.COMPLETED, "zip", None)
    assert forms(services, run) == {ANN: (ACCEPTED, "zip", 1), BOB: (ACCEPTED, "zip", 1)}
    for message in received:
        assert [name for name, _ in attached(message)] == [f"{run.file_name}.zip"]


def test_what_no_attachment_brings_goes_as_a_link(services: Services, admin: Principal) -> None:
    with mail_server(size_limit=26_000) as server, registered(CHANNELS, channel_to(server)):
        run = ran(services, admin, format="excel")
        received = server.wait_for(2)
    assert (run.status, run.sent_as, run.sent_size) == (RunStatus.COMPLETED, "link", None)
    for message in received:
        assert attached(message) == []
        assert services.download_links.file(*link_in(message)).name == run.file_name


@pytest.mark.parametrize("answer", [TOO_LARGE, "552 too much mail data", "523 5.3.4 too large"])
def test_a_refusal_after_the_content_leads_to_a_smaller_form(
    services: Services, admin: Principal, size: int, answer: str
) -> None:
    with (
        mail_server(limits={BOB: (size - 100, answer)}) as server,
        registered(CHANNELS, channel_to(server)),
    ):
        run = ran(services, admin, format="xml")
        received = server.wait_for(2)
    assert (run.status, run.sent_as) == (RunStatus.COMPLETED, "zip")
    assert forms(services, run) == {ANN: (ACCEPTED, "attach", 1), BOB: (ACCEPTED, "zip", 1)}
    ids = {d.target: d.message_id for d in deliveries_of(services, run)}
    assert ids[BOB] in str(received[1].message["Message-ID"])


def test_it_counts_as_one_message_of_the_quota(
    services: Services, admin: Principal, size: int
) -> None:
    def sent() -> int:
        (tenant_id,) = admin.roles
        quotas = {q.name: q.used for q in services.quotas.find(admin, tenant_id)}
        return quotas["messages_per_day"]

    before = sent()
    with (
        mail_server(limits={BOB: (size - 100, TOO_LARGE)}) as server,
        registered(CHANNELS, channel_to(server)),
    ):
        ran(services, admin, format="xml")
    assert sent() == before + 2


def test_a_full_mailbox_is_no_message_that_is_too_large(
    services: Services, admin: Principal
) -> None:
    with (
        mail_server(refuse_content={ANN: FULL}) as server,
        registered(CHANNELS, channel_to(server)),
    ):
        run = ran(services, admin)
    assert (run.status, run.sent_as) == (RunStatus.PARTIAL, "attach")
    assert forms(services, run)[ANN] == (DeliveryStatus.FAILED, "attach", 1)


@pytest.mark.parametrize("way", ["attach", "zip"])
def test_a_schedule_that_fixes_the_form_fails_with_a_way_out(
    services: Services, admin: Principal, way: str
) -> None:
    with (
        mail_server(refuse_content={ANN: TOO_LARGE}) as server,
        registered(CHANNELS, channel_to(server)),
    ):
        run = ran(services, admin, recipients=(ANN,), delivery=way)
        assert server.messages == []
    assert run.status is RunStatus.FAILED
    assert "send it as a link" in (run.error or "")


def test_what_is_sent_again_begins_with_the_form_that_was_tried_last(
    services: Services, admin: Principal
) -> None:
    with (
        mail_server(refuse_content={BOB: TOO_LARGE}) as server,
        registered(CHANNELS, channel_to(server)),
    ):
        run = ran(services, admin)
        assert (run.status, run.sent_as) == (RunStatus.PARTIAL, "link")
        assert forms(services, run) == {
            ANN: (ACCEPTED, "attach", 1),
            BOB: (DeliveryStatus.FAILED, "link", 1),
        }
        server.rules.refuse_content.clear()  # type: ignore[attr-defined]
        services.run_actions.resend(admin, run.scheduled_export_id, run.id)
        again = execute(services, claim(services))
        received = server.wait_for(2)
    assert (again.status, again.sent_as) == (RunStatus.COMPLETED, "link")
    assert forms(services, again)[BOB] == (ACCEPTED, "link", 2)
    assert services.download_links.file(*link_in(received[1])).name == run.file_name


def test_after_a_stop_it_goes_on_with_the_smaller_form(
    services: Services, admin: Principal, size: int
) -> None:
    tried = list[str]()

    def stop() -> None:
        if tried:
            raise Stopped

    with (
        mail_server(limits={ANN: (size - 100, TOO_LARGE)}) as server,
        registered(CHANNELS, WatchedEmail(server, before=tried.append)),
    ):
        schedule = make_schedule(services, admin, format="xml", recipients=(ANN,))
        services.schedules.trigger(admin, schedule.id)
        assert execute(services, claim(services), stop).status is RunStatus.PENDING
        assert tried == [ANN]
        run = execute(services, claim(services))
    assert (run.status, run.sent_as) == (RunStatus.COMPLETED, "zip")
    assert tried == [ANN, ANN]


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        ("552 5.2.3 message too large for this mailbox", "refuse"),
        ("552 5.3.4 too large", "refuse_content"),
    ],
)
def test_the_refusal_for_one_recipient_leaves_the_others_their_attachment(
    services: Services, admin: Principal, answer: str, where: str
) -> None:
    rules: dict[str, Any] = {where: {ANN: answer}}
    with mail_server(**rules) as server, registered(CHANNELS, channel_to(server)):
        run = ran(services, admin)
        assert (run.status, run.sent_as) == (RunStatus.PARTIAL, "link")
        assert forms(services, run)[BOB] == (ACCEPTED, "attach", 1)
        (message,) = server.messages
    assert [name for name, _ in attached(message)] == [run.file_name]
    assert "send it as a link" not in (run.error or "")


def test_a_full_mailbox_is_told_by_its_words_too(services: Services, admin: Principal) -> None:
    with (
        mail_server(refuse_content={ANN: "552 mailbox for user is full"}) as server,
        registered(CHANNELS, channel_to(server)),
    ):
        run = ran(services, admin)
    assert forms(services, run)[ANN] == (DeliveryStatus.FAILED, "attach", 1)


def test_links_that_are_sent_after_a_revocation_work(services: Services, admin: Principal) -> None:
    schedule = make_schedule(services, admin, recipients=(ANN, BOB), delivery="link")
    services.schedules.trigger(admin, schedule.id)
    run = claim(services)

    def revoke(target: str) -> None:
        if target == BOB:
            services.download_links.revoke(admin, schedule.id, run.id)

    with mail_server() as server, registered(CHANNELS, WatchedEmail(server, before=revoke)):
        done = execute(services, run)
        before, after = server.wait_for(2)
    with pytest.raises(NotFound):
        services.download_links.file(*link_in(before))
    assert services.download_links.file(*link_in(after)).name == done.file_name
