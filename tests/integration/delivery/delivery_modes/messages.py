"""Runs of small files, and the messages that bring them."""

import re
from urllib.parse import parse_qs, urlsplit

from exports_app.domain.access import Principal
from exports_app.engine import local
from exports_app.engine.run_delivery import DeliveryLimits
from exports_app.services.core.records import Run
from exports_app.wiring import Services
from tests.mailserver import Received
from tests.world import claim, make_schedule, the_run

ANN, BOB = "ann@example.com", "jörg@bücher.example"
URL = re.compile(r"http://127\.0\.0\.1:3720/api/files/\S+")


def ran(services: Services, who: Principal, *, limit: int = 10_000_000, **schedule: object) -> Run:
    """A run of a new schedule, where so many bytes may be attached."""
    made = make_schedule(services, who, **{"recipients": (ANN, BOB)} | schedule)
    services.schedules.trigger(who, made.id)
    run, worker = claim(services), local.worker(services)
    worker._delivery._limits = DeliveryLimits(limit, resends=1)
    worker.execute(run, lambda: None)
    return the_run(services, run)


def file_of(services: Services, who: Principal, run: Run) -> bytes:
    return services.history.file(who, run.scheduled_export_id, run.id).path.read_bytes()


def attached(message: Received) -> list[tuple[str | None, bytes]]:
    return [
        (p.get_filename(), p.get_payload(decode=True)) for p in message.message.iter_attachments()
    ]


def text(message: Received, kind: str = "plain") -> str:
    part = message.message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def link_in(message: Received) -> tuple[str, int, str]:
    """The parts of the link: delivery, expires, signature."""
    (url,) = set(URL.findall(text(message)))
    parts = urlsplit(url)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    assert url.replace("&", "&amp;") in text(message, "html")
    return parts.path.rpartition("/")[2], int(query["expires"]), query["signature"]
