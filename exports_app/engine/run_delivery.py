"""Deliver the finished file of a run through its channels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exports_app import log
from exports_app.domain.humanize import counted
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.engine.batch import BatchServices, RunBatch
from exports_app.engine.slow_waits import SlowWaits
from exports_app.services.core.interfaces import FileStore
from exports_app.services.core.records import Delivery, Run
from exports_app.services.delivery import channels
from exports_app.services.runs.download_links import DownloadLinks
from exports_app.services.runs.ending import is_due
from exports_app.services.runs.execution import RunExecution
from exports_app.services.runs.export_context import Export
from exports_app.services.runs.lease import Leases
from exports_app.services.runs.produced_file import ProducedFile
from exports_app.services.runs.sending import RunDeliveries

_log = log.get(__name__)


@dataclass(frozen=True)
class DeliveryLimits:
    """attach: bytes that may be attached, in the encoding of the message. resends: how often an
    unknown message is sent again by itself."""

    attach: int
    resends: int


class RunDelivery:
    def __init__(
        self,
        leases: Leases,
        execution: RunExecution,
        deliveries: RunDeliveries,
        files: FileStore,
        links: DownloadLinks,
        limits: DeliveryLimits,
    ) -> None:
        self._waits = SlowWaits()
        self._services = BatchServices(leases, execution, deliveries, files, links, self._waits)
        self._deliveries = deliveries
        self._limits = limits

    @property
    def waiting(self) -> int:
        """Runs that wait for a slow mail server; their threads are idle."""
        return len(self._waits.runs())

    def waits(self, run: Run) -> bool:
        """Whether it waits for a slow mail server."""
        return run.id in self._waits.runs()

    def is_due(self, run: Run, delivery: Delivery) -> bool:
        """Whether it is still to be sent."""
        return is_due(run, delivery, self._limits.resends)

    def deliver(
        self, run: Run, export: Export, made: ProducedFile, check: Callable[[], None]
    ) -> list[Delivery]:
        """Make the deliveries. Returns all of the run in their new state. Raises RunError where the
        channel is not installed, or the file is too large for it; and what check raises."""
        if not run.recipients:  # it was started without sending
            return []
        key, channel = channels.DEFAULT, channels.delivering()
        deliveries = self._deliveries.plan(run, key)
        if reason := channel.unconfigured():
            _log.warning("nothing is sent", reason=reason)
            return [self._skip(run, delivery, reason) for delivery in deliveries]
        due = [delivery for delivery in deliveries if self.is_due(run, delivery)]
        self._deliveries.reserve(run, len(due))
        batch = RunBatch(self._services, run, export, made, due, self._limits.attach, check)
        channel.deliver(batch)
        return [batch.sent.get(delivery.id, delivery) for delivery in deliveries]

    def _skip(self, run: Run, delivery: Delivery, reason: str) -> Delivery:
        if delivery.status is not DeliveryStatus.PENDING:
            return delivery
        return self._deliveries.move(run, delivery, DeliveryStatus.SKIPPED, error=reason)


def delivery_error(deliveries: Sequence[Delivery]) -> str | None:
    """For the run: how many messages failed, and the first error; None where none failed."""
    successful = {DeliveryStatus.ACCEPTED, DeliveryStatus.SKIPPED}
    failed = [delivery for delivery in deliveries if delivery.status not in successful]
    if not failed:
        return None
    first = failed[0]
    were = "was" if len(failed) == 1 else "were"
    why = first.error or "it may have arrived, or not: its worker died while it was being sent"
    total = counted(len(deliveries), "message")
    return f"{len(failed)} of {total} {were} not delivered. {first.target}: {why}"
