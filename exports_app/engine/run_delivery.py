"""Deliver the finished file of a run through its channels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exports_app import log
from exports_app.domain.errors import RunError
from exports_app.domain.humanize import counted
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.engine.batch import BatchServices, RunBatch
from exports_app.engine.destination_delivery import DestinationDelivery, places
from exports_app.engine.slow_waits import SlowWaits
from exports_app.services.core.extension_points import Place, Stage
from exports_app.services.core.interfaces import FileStore
from exports_app.services.core.records import Delivery, Run
from exports_app.services.delivery import channels
from exports_app.services.destinations import states
from exports_app.services.destinations.configs import stage_of
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
        destinations: DestinationDelivery,
        limits: DeliveryLimits,
    ) -> None:
        self._waits = SlowWaits()
        self._services = BatchServices(leases, execution, deliveries, files, links, self._waits)
        self._deliveries = deliveries
        self._destinations = destinations
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
        """Make the deliveries: first to the stores, so that messages can name the places, then to
        the recipients, then the other messages. Returns all of the run in their new state. Raises
        RunError, once the destinations have theirs, where the recipients' channel is not installed,
        the file is too large for it, or a quota is used up; and what check raises."""
        if not run.recipients and not run.spec.destination_ids:  # started without sending
            return []
        deliveries = self._deliveries.plan(run, channels.DEFAULT)
        due = [delivery for delivery in deliveries if self.is_due(run, delivery)]
        mails = [delivery for delivery in due if delivery.destination_id is None]
        batch = RunBatch(self._services, run, export, made, mails, self._limits.attach, check)
        others = [delivery for delivery in due if delivery.destination_id is not None]
        self._to(batch, deliveries, _of_stage(others, Stage.STORE))
        wrong = self._to_people(run, batch) if run.recipients else None
        self._to(batch, deliveries, _of_stage(others, Stage.MESSAGE))
        if wrong is not None:
            raise wrong
        return [batch.sent.get(delivery.id, delivery) for delivery in deliveries]

    def _to(
        self, batch: RunBatch, deliveries: Sequence[Delivery], wanted: Sequence[Delivery]
    ) -> None:
        batch.places = self._places(batch, deliveries)
        for delivery in wanted:
            self._destinations.deliver(batch, delivery)
        batch.places = self._places(batch, deliveries)

    def _places(self, batch: RunBatch, deliveries: Sequence[Delivery]) -> Sequence[Place]:
        return places([batch.sent.get(one.id, one) for one in deliveries])

    def _to_people(self, run: Run, batch: RunBatch) -> RunError | None:
        """What is wrong with all of the messages."""
        try:
            channel = channels.delivering()
            if reason := channel.unconfigured():
                _log.warning("nothing is sent", reason=reason)
                skipped = [self._skip(run, delivery, reason) for delivery in batch.deliveries]
                batch.sent |= {delivery.id: delivery for delivery in skipped}
                return None
            self._deliveries.reserve(run, len(batch.deliveries))
            channel.deliver(batch)
        except RunError as e:
            return e
        return None

    def _skip(self, run: Run, delivery: Delivery, reason: str) -> Delivery:
        if delivery.status is not DeliveryStatus.PENDING:
            return delivery
        return self._deliveries.move(run, delivery, DeliveryStatus.SKIPPED, error=reason)


def _of_stage(deliveries: Sequence[Delivery], stage: Stage) -> list[Delivery]:
    return [one for one in deliveries if stage_of(one.channel) is stage]


def destinations_off(deliveries: Sequence[Delivery]) -> bool:
    """Whether the run reached nobody since destinations are switched off. Without a mail server a
    run is complete all the same: its file is made, and people fetch it."""
    skipped = all(delivery.status is DeliveryStatus.SKIPPED for delivery in deliveries)
    return skipped and any(delivery.error == states.INACTIVE for delivery in deliveries)


def delivery_error(deliveries: Sequence[Delivery]) -> str | None:
    """For the run: how many deliveries failed, and the first error; None where none failed."""
    successful = {DeliveryStatus.ACCEPTED, DeliveryStatus.SKIPPED}
    failed = [delivery for delivery in deliveries if delivery.status not in successful]
    if not failed:
        return None
    first = failed[0]
    were = "was" if len(failed) == 1 else "were"
    why = first.error or "it may have arrived, or not: its worker died while it was being sent"
    total = counted(len(deliveries), "message")
    undone = "not delivered"
    if any(delivery.destination_id is not None for delivery in deliveries):
        total = "1 delivery" if len(deliveries) == 1 else f"{len(deliveries)} deliveries"
        undone = "not made"
    return f"{len(failed)} of {total} {were} {undone}. {first.target}: {why}"
