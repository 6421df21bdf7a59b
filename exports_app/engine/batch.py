"""The deliveries of one run through one channel, and what is noted about each."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from exports_app import log, metrics, tracing
from exports_app.domain import bounds
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.domain.runs.delivery_mode import FILE, DeliveryMode, MessageForm, modes_before
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.domain.system_errors import out_of_resources, passes
from exports_app.engine.lasting_writes import lasting
from exports_app.engine.slow_waits import SlowWaits
from exports_app.services.core.extension_points import (
    FORMATS,
    Attachment,
    DestinationPaused,
    Link,
    OtherForm,
    Place,
    Receipt,
    Report,
)
from exports_app.services.core.interfaces import FileStore
from exports_app.services.core.records import Delivery, Run
from exports_app.services.runs import run_summary
from exports_app.services.runs.download_links import DownloadLinks
from exports_app.services.runs.execution import RunExecution
from exports_app.services.runs.export_context import Export
from exports_app.services.runs.lease import Leases
from exports_app.services.runs.produced_file import ProducedFile
from exports_app.services.runs.sending import RunDeliveries

_log = log.get(__name__)


@dataclass(frozen=True)
class BatchServices:
    leases: Leases
    execution: RunExecution
    deliveries: RunDeliveries
    files: FileStore
    links: DownloadLinks
    waits: SlowWaits


class RunBatch:
    """As `extension_points.Batch`. sent: the deliveries that were attempted, in their new state, by
    id."""

    def __init__(
        self,
        services: BatchServices,
        run: Run,
        export: Export,
        made: ProducedFile,
        due: Sequence[Delivery],
        most_attached: int,
        check: Callable[[], None],
    ) -> None:
        self._services = services
        self._run = run
        self._export = export
        self._made = made
        self._check = check
        self.deliveries = due
        self.file = Attachment(made.path, made.name, made.size, FORMATS[run.format].mime)
        self.mode = DeliveryMode(run.spec.delivery)
        self.most_attached = most_attached
        self.sent = dict[str, Delivery]()
        self.sha256 = made.sha256
        self.places: Sequence[Place] = ()
        """Where the stores have the file by now."""
        self.names = export.name_values(run)

    def check(self) -> None:
        self._check()

    def draft(self) -> AbstractContextManager[Path]:
        return self._services.files.draft()

    def report(
        self, form: MessageForm, zipped: Attachment | None, deliveries: Sequence[Delivery]
    ) -> Report:
        run, made, execution = self._run, self._made, self._services.execution
        link = self._link(deliveries) if form.mode == DeliveryMode.LINK else None
        expires_at = link.expires_at if link else None
        # Links sent before can be revoked
        if form.mode != FILE and form.mode not in modes_before(run.sent_as):
            execution.note(run, sent_as=form.mode, sent_size=form.size, link_expires_at=expires_at)
        _log.info("sending", way=form.mode, bytes=form.size, messages=len(deliveries))
        return self._export.report(
            made.path,
            made.name,
            made.size,
            made.rows,
            zipped=zipped,
            link=link,
            summary=run_summary.read(made.summary) if made.summary else None,
            page_url=self._services.links.page(run),
            next_run=execution.next_run(run),
            places=[place.name for place in self.places],
        )

    def _link(self, deliveries: Sequence[Delivery]) -> Link:
        run, links = self._run, self._services.links
        expires_at = self._services.execution.now() + timedelta(days=run.spec.link_days)
        if deliveries[0].destination_id is not None:
            return Link(expires_at, lambda _: links.url(run, deliveries[0], expires_at))
        by_target = {delivery.target: delivery for delivery in deliveries}
        return Link(expires_at, lambda target: links.url(run, by_target[target], expires_at))

    def attempt(
        self,
        delivery: Delivery,
        form: MessageForm,
        send: Callable[[], Receipt | None],
        *,
        again: bool = False,
    ) -> Delivery:
        self._check()
        run, services = self._run, self._services
        # Written before the message is sent: after a crash the delivery is unknown, not forgotten
        sending = services.deliveries.begin(run, delivery, form, again=again)
        if sending.status is not DeliveryStatus.SENDING:
            _log.warning("message not sent", to=log.masked(sending.target), status=sending.status)
            self.sent[sending.id] = sending
            return sending
        with (
            tracing.span("send message", "client", delivery=delivery.id) as span,
            services.waits.sending(run.id),
        ):
            status, values = self._result(delivery, send)
            span.set(status=status.value)
            if status is not DeliveryStatus.ACCEPTED:
                span.fail(status.value)
        if delivery.destination_id is None:
            metrics.count_message("file", status)
        else:
            metrics.count_destination(delivery.channel, status)
        moved = lasting(
            services.leases.duration,
            partial(services.deliveries.move, run, sending, status, **values),
        )
        self.sent[moved.id] = moved
        return moved

    def _result(
        self, delivery: Delivery, send: Callable[[], Receipt | None]
    ) -> tuple[DeliveryStatus, dict[str, Any]]:
        """The delivery's status and values. Never raises, since the other recipients must get
        theirs."""
        to = log.masked(delivery.target)
        try:
            receipt = send()
        except OtherForm as e:
            # Noted, so that a stop now does not have the same form refused again
            return DeliveryStatus.PENDING, {
                "error": e.message,
                "sent_as": e.sent_as,
                "sent_size": None,
            }
        except DeliveryError as e:
            _log.warning("message not accepted", to=to, code=e.code)
            paused = {"pauses": True} if isinstance(e, DestinationPaused) else {}
            return _after(e), {"error": e.message, **paused}
        except Exception as e:  # noqa: BLE001  (the other messages must be sent; the log has the traceback)
            _log.exception("message failed unexpectedly", to=to)
            if isinstance(e, OSError) and passes(e):
                return DeliveryStatus.PENDING, {"error": out_of_resources(e).message}
            return DeliveryStatus.FAILED, {"error": "an unexpected error: see the server's log"}
        values = {"error": None, "sent_at": self._services.execution.now()}
        return DeliveryStatus.ACCEPTED, {**values, **_noted(receipt)}


def _noted(receipt: Receipt | None) -> dict[str, Any]:
    """What is kept of it."""
    if receipt is None:
        return {}
    location = receipt.location[: bounds.LOCATION] or None
    size = {} if receipt.size is None else {"sent_size": receipt.size}
    return {"location": location, **size}


def _after(error: DeliveryError) -> DeliveryStatus:
    """The delivery's status after the error."""
    if error.permanent:
        return DeliveryStatus.FAILED
    return DeliveryStatus.UNKNOWN if isinstance(error, DeliveryUnknown) else DeliveryStatus.PENDING
