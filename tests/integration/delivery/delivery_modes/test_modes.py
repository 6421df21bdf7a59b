"""How a file reaches its recipients: attached, as ZIP, as a link."""

import io
import socketserver
import threading
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from exports_app.channels._email_packaging import encoded
from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.domain.access import Principal
from exports_app.domain.runs.states import RunStatus
from exports_app.domain.schedules.run_spec import RunSpec
from exports_app.engine import local
from exports_app.engine.run_delivery import DeliveryLimits
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.schedules.filters import Filters
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.delivery.delivery_modes.messages import (
    ANN,
    attached,
    file_of,
    link_in,
    ran,
    text,
)
from tests.mailserver import MailServer
from tests.world import claim, make_schedule, registered, the_run

pytestmark = pytest.mark.one_database


def test_a_small_file_is_attached(services: Services, admin: Principal, mail: MailServer) -> None:
    run = ran(services, admin)
    content = file_of(services, admin, run)
    assert (run.status, run.sent_as, run.sent_size, run.link_expires_at) == (
        RunStatus.COMPLETED,
        "attach",
        len(content),
        None,
    )
    for message in mail.wait_for(2):
        assert attached(message) == [(run.file_name, content)]
        assert "attached to this message." in text(message)
        assert "The file is attached to this message." in text(message)


def test_a_file_over_the_limit_goes_as_zip_when_that_fits(
    services: Services, admin: Principal, mail: MailServer
) -> None:
    whole = file_of(services, admin, ran(services, admin, format="xml"))
    run = ran(services, admin, format="xml", limit=encoded(len(whole)) - 1)
    content = file_of(services, admin, run)
    assert run.sent_as == "zip"
    for message in mail.wait_for(4)[2:]:
        ((name, packed),) = attached(message)
        assert name == f"{run.file_name}.zip"
        assert run.sent_size == len(packed) < len(content)
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == [run.file_name]
            assert archive.read(archive.namelist()[0]) == content
        assert "packed as ZIP" in text(message)


def test_a_file_keeps_the_script_of_its_name_also_in_a_zip(
    services: Services, admin: Principal, mail: MailServer
) -> None:
    run = ran(services, admin, name="דוח שבועי!", delivery="zip")
    assert run.file_name is not None
    assert run.file_name.startswith("acme_דוח-שבועי_")
    for message in mail.wait_for(2):
        ((name, packed),) = attached(message)
        assert name == f"{run.file_name}.zip"
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            (entry,) = archive.infolist()
            assert entry.filename == run.file_name
            assert entry.flag_bits & 0x800  # says that the name is UTF-8 (APPNOTE.TXT, 4.4.4)


def test_a_large_file_goes_as_a_link_for_each_recipient(
    services: Services, admin: Principal, mail: MailServer, clock: FakeClock
) -> None:
    run = ran(services, admin, limit=100)
    assert (run.sent_as, run.sent_size, run.link_expires_at) == (
        "link",
        None,
        clock() + timedelta(days=7),
    )
    messages = mail.wait_for(2)
    links = [link_in(message) for message in messages]
    assert len(set(links)) == 2
    for message, link in zip(messages, links, strict=True):
        assert attached(message) == []
        assert "until" in text(message)
        found = services.download_links.file(*link)
        assert (found.path.read_bytes(), found.name) == (
            file_of(services, admin, run),
            run.file_name,
        )


@pytest.mark.parametrize("way", ["attach", "zip", "link"])
def test_a_schedule_may_say_which_way_once_and_for_all(
    services: Services, admin: Principal, mail: MailServer, clock: FakeClock, way: str
) -> None:
    run = ran(services, admin, limit=1, delivery=way, link_days=3)
    assert run.sent_as == way
    assert run.link_expires_at == (clock() + timedelta(days=3) if way == "link" else None)
    assert all(len(attached(m)) == (way != "link") for m in mail.wait_for(2))


def test_a_run_that_was_stored_before_there_was_a_choice_is_sent(
    services: Services, admin: Principal, mail: MailServer
) -> None:
    made = make_schedule(services, admin)
    services.schedules.trigger(admin, made.id)
    run = claim(services)
    later = {"delivery", "link_days", "time_limit", "version"}
    old = {k: v for k, v in run.spec.to_json().items() if k not in later}
    spec = RunSpec.from_json(old)
    local.worker(services).execute(replace(run, spec=spec), lambda: None)
    assert the_run(services, run).sent_as == "attach"
    assert mail.wait_for(1)


@pytest.mark.parametrize("way", ["attach", "zip"])
def test_what_is_far_too_large_to_be_attached_fails_with_a_way_out(
    services: Services,
    admin: Principal,
    mail: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    monkeypatch.setattr(EmailChannel, "most_attached", 100)
    run = ran(services, admin, delivery=way)
    assert (run.status, run.error_code) == (RunStatus.FAILED, "attachment_too_large")
    assert "send it as a link" in (run.error or "")
    assert run.file_key
    assert mail.messages == []


class Sink(socketserver.StreamRequestHandler):
    """Takes any message line by line and keeps none of it."""

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
            if command == b"QUIT":
                return


def test_sending_takes_at_most_three_times_the_attachment(
    services: Services, admin: Principal
) -> None:
    size = 8_000_000
    run = ran(services, admin, recipients=(ANN, "bob@example.com"))
    file = services.history.file(admin, run.scheduled_export_id, run.id).path
    file.write_bytes(b"0123456789abcdef" * (size // 16))
    services.schedules.trigger(admin, run.scheduled_export_id)
    again = replace(claim(services), file_key=run.file_key, file_name=run.file_name, file_size=size)
    worker = local.worker(services)
    worker._delivery._limits = DeliveryLimits(100_000_000, resends=1)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        smtp = SmtpSettings(
            host="127.0.0.1", port=server.server_address[1], tls="none", from_="reports@example.com"
        )
        with registered(CHANNELS, EmailChannel(smtp)):
            tracemalloc.start()
            try:
                worker.execute(again, lambda: None)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        server.shutdown()
    assert (the_run(services, again).status, the_run(services, again).sent_as) == (
        RunStatus.COMPLETED,
        "attach",
    )
    assert peak < 3 * size


def test_a_tenants_own_limits_count(services: Services, admin: Principal, mail: MailServer) -> None:
    with services.database.write() as connection:
        connection.exec_driver_sql("UPDATE tenants SET max_rows = 2")
    run = ran(services, admin, export_type="campaigns", filters=Filters())
    assert (run.status, run.error_code) == (RunStatus.FAILED, "too_large")
    assert "more than 2 rows" in (run.error or "")
    assert mail.messages == []
