"""Send the finished file of a run: one message for each recipient, through the channel."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from exports_app import log
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.domain.humanize import counted
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.engine.attachment_packaging import pack
from exports_app.engine.lasting_writes import lasting
from exports_app.services.core.extension_points import (
    FORMATS,
    Attachment,
    Channel,
    Link,
    Report,
    Sender,
)
from exports_app.services.core.interfaces import FileStore
from exports_app.services.core.records import Delivery, Run
from exports_app.services.delivery import channels
from exports_app.services.runs.download_links import DownloadLinks
from exports_app.services.runs.ending import holds_unknown
from exports_app.services.runs.execution import RunExecution
from exports_app.services.runs.export_context import Export
from exports_app.services.runs.lease import Leases
from exports_app.services.runs.sending import RunDeliveries

_log = log.get(__name__)


@dataclass(frozen=True)
class ProducedFile:
    """A finished file in the store. size: bytes."""

    path: Path
    name: str
    size: int
    rows: int


class RunDelivery:
    """attach: bytes that may be attached, in the encoding of the message."""

    def __init__(
        self,
        leases: Leases,
        execution: RunExecution,
        deliveries: RunDeliveries,
        files: FileStore,
        links: DownloadLinks,
        attach: int,
    ) -> None:
        self._leases = leases
        self._execution = execution
        self._deliveries = deliveries
        self._files = files
        self._links = links
        self._attach = attach

    def deliver(
        self, run: Run, export: Export, made: ProducedFile, check: Callable[[], None]
    ) -> list[Delivery]:
        """Send the messages. Returns all deliveries of the run in their new state. Raises RunError
        where the channel is not installed, or the file is too large for it; and what check
        raises."""
        channel = channels.delivering()
        deliveries = self._deliveries.plan(run, channel.key)
        if reason := channel.unconfigured():
            _log.warning("nothing is sent", reason=reason)
            return [self._skip(run, delivery, reason) for delivery in deliveries]
        remaining = unfinished(run)
        self._deliveries.reserve(run, sum(d.status in remaining for d in deliveries))
        wanted = DeliveryMode(run.spec.delivery)
        file = Attachment(made.path, made.name, made.size, FORMATS[run.format].mime)
        with pack(self._files, file, wanted, channel, self._attach, check) as (mode, attached):
            link = self._link(run, deliveries) if mode is DeliveryMode.LINK else None
            size = attached.size if attached else None
            expires_at = link.expires_at if link else None
            self._execution.note(run, sent_as=mode, sent_size=size, link_expires_at=expires_at)
            _log.info("sending", way=mode, bytes=size, messages=len(deliveries))
            zipped = attached if mode is DeliveryMode.ZIP else None
            report = export.report(
                made.path, made.name, made.size, made.rows, zipped=zipped, link=link
            )
            return self._send_all(run, channel, report, deliveries, check)

    def _link(self, run: Run, deliveries: list[Delivery]) -> Link:
        expires_at = self._execution.now() + timedelta(days=run.spec.link_days)
        by_target = {delivery.target: delivery for delivery in deliveries}
        return Link(expires_at, lambda target: self._links.url(run, by_target[target], expires_at))

    def _skip(self, run: Run, delivery: Delivery, reason: str) -> Delivery:
        if delivery.status is not DeliveryStatus.PENDING:
            return delivery
        return self._deliveries.move(run, delivery, DeliveryStatus.SKIPPED, error=reason)

    def _send_all(
        self,
        run: Run,
        channel: Channel,
        report: Report,
        deliveries: list[Delivery],
        check: Callable[[], None],
    ) -> list[Delivery]:
        results = []
        with channel.open(report, check) as sender:
            for delivery in deliveries:
                if delivery.status in unfinished(run):
                    check()
                    results.append(self._send(run, sender, delivery))
                else:
                    results.append(delivery)
        return results

    def _send(self, run: Run, sender: Sender, delivery: Delivery) -> Delivery:
        # Written before the message is sent: after a crash the delivery is unknown, not forgotten
        sending = self._deliveries.begin(run, delivery)
        if sending.status is not DeliveryStatus.SENDING:
            _log.warning("message not sent", to=log.masked(sending.target), status=sending.status)
            return sending
        status, values = self._attempt(sender, sending)
        return lasting(
            self._leases.duration, partial(self._deliveries.move, run, sending, status, **values)
        )

    def _attempt(self, sender: Sender, delivery: Delivery) -> tuple[DeliveryStatus, dict[str, Any]]:
        """Send one message. Never raises, since the other recipients must get theirs."""
        try:
            sender.send(delivery.target, delivery.message_id)
        except DeliveryError as e:
            _log.warning("message not accepted", to=log.masked(delivery.target), code=e.code)
            return _after(e), {"error": e.message}
        except Exception:  # noqa: BLE001  (the other messages must be sent; the log has the traceback)
            _log.exception("message failed unexpectedly", to=log.masked(delivery.target))
            error = "an unexpected error: the server's log tells more"
            return DeliveryStatus.FAILED, {"error": error}
        return DeliveryStatus.ACCEPTED, {"error": None, "sent_at": self._execution.now()}


def _after(error: DeliveryError) -> DeliveryStatus:
    """The delivery's status after the error."""
    if error.permanent:
        return DeliveryStatus.FAILED
    return DeliveryStatus.UNKNOWN if isinstance(error, DeliveryUnknown) else DeliveryStatus.PENDING


def unfinished(run: Run) -> frozenset[DeliveryStatus]:
    """Statuses of deliveries that are still to be sent; unknown ones only where the schedule says
    so."""
    pending = frozenset({DeliveryStatus.PENDING})
    return pending if holds_unknown(run) else pending | {DeliveryStatus.UNKNOWN}


def delivery_error(deliveries: list[Delivery]) -> str | None:
    """One sentence for the run: how many messages failed, and the first error; None where none
    failed."""
    successful = {DeliveryStatus.ACCEPTED, DeliveryStatus.SKIPPED}
    failed = [delivery for delivery in deliveries if delivery.status not in successful]
    if not failed:
        return None
    first = failed[0]
    were = "was" if len(failed) == 1 else "were"
    why = first.error or "it may have arrived, or not: its worker died while it was being sent"
    total = counted(len(deliveries), "message")
    return f"{len(failed)} of {total} {were} not delivered; to {first.target}: {why}"
