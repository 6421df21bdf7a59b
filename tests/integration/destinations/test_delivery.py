"""A run delivers its file to destinations, beside or without recipients."""

from pathlib import Path

from exports_app.domain.access import Principal
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.records import Destination, DestinationState
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.world import claim, deliveries_of, execute, make_schedule, trigger_and_execute


def test_a_run_writes_its_file_to_a_folder_and_then_mails_it(
    services: Services, admin: Principal, mail: MailServer, share: Destination, root: Path
) -> None:
    schedule = make_schedule(services, admin, destination_ids=(share.id,))
    run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.COMPLETED
    found = {one.channel: one for one in deliveries_of(services, run)}
    assert {one.status for one in found.values()} == {DeliveryStatus.ACCEPTED}
    stored = found["folder"]
    assert (stored.target, stored.sent_as, stored.sent_size) == ("Share", "file", run.file_size)
    (written,) = (path for path in root.rglob("*") if path.is_file())
    assert stored.location == str(written)
    file = services.history.file(admin, schedule.id, run.id)
    assert written.read_bytes() == file.path.read_bytes()
    (message,) = mail.messages
    assert "Stored in: Share" in message.message.get_body(("plain",)).get_content()
    assert found["email"].sent_at is not None
    assert stored.sent_at is not None
    assert services.destinations.get(admin, share.id).last_used_at is not None


def test_a_run_needs_no_recipients(
    services: Services, admin: Principal, share: Destination, root: Path
) -> None:
    schedule = make_schedule(services, admin, recipients=(), destination_ids=(share.id,))
    run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.COMPLETED
    assert [one.destination_id for one in deliveries_of(services, run)] == [share.id]


def test_a_failed_delivery_is_sent_again_alone(
    services: Services, admin: Principal, mail: MailServer, share: Destination, root: Path
) -> None:
    blocked = root / "acme"
    blocked.write_text("no folder")
    schedule = make_schedule(services, admin, destination_ids=(share.id,))
    run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.PARTIAL
    assert (run.error or "").startswith("1 of 2 deliveries was not made. Share: ")
    failing = services.destinations.get(admin, share.id)
    assert failing.state is DestinationState.FAILING
    assert failing.failing_since is not None
    blocked.unlink()
    sent = len(mail.messages)
    services.run_actions.resend(admin, schedule.id, run.id)
    again = execute(services, claim(services))
    assert again.status is RunStatus.COMPLETED
    assert len(mail.messages) == sent
    assert services.destinations.get(admin, share.id).state is DestinationState.OK
