"""Send the finished file of a run: one message for each recipient, through the channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from exports_app import log, metrics, tracing
from exports_app.domain.errors import DeliveryError, DeliveryUnknown, MessageTooLarge
from exports_app.domain.humanize import counted
from exports_app.domain.runs.delivery_mode import DeliveryMode, mode_after, modes_before
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.engine.attachment_packaging import pack
from exports_app.engine.lasting_writes import lasting
from exports_app.engine.slow_waits import SlowWaits
from exports_app.engine.system_errors import out_of_resources, passes
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
from exports_app.services.runs import run_summary
from exports_app.services.runs.download_links import DownloadLinks
from exports_app.services.runs.ending import is_due
from exports_app.services.runs.execution import RunExecution
from exports_app.services.runs.export_context import Export
from exports_app.services.runs.lease import Leases
from exports_app.services.runs.sending import MessageForm, RunDeliveries

WAY_OUT = "send it as a link, or choose fewer days"

_log = log.get(__name__)


@dataclass(frozen=True)
class ProducedFile:
    """A finished file in the store. size: bytes. summary: as in the run's row."""

    path: Path
    name: str
    size: int
    rows: int
    summary: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class DeliveryLimits:
    """attach: bytes that may be attached, in the encoding of the message. resends: how often an
    unknown message is sent again by itself."""

    attach: int
    resends: int


@dataclass
class _Round:
    """Messages that bring the file in the same form.

    What is refused as too large is left for a round with a smaller form; where the limit is the
    server's, all that are not sent yet are too.
    """

    form: MessageForm
    final: bool
    """There is no smaller form: a message that is too large fails."""
    refused: set[str] = field(default_factory=set)
    """Ids of deliveries whose messages were too large, in this round or one before."""
    left: list[Delivery] = field(default_factory=list)
    over: bool = False
    """No message of this form is accepted."""


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
        self._leases = leases
        self._execution = execution
        self._deliveries = deliveries
        self._files = files
        self._links = links
        self._limits = limits
        self._waits = SlowWaits()

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
        """Send the messages. Returns all deliveries of the run in their new state. Raises RunError
        where the channel is not installed, or the file is too large for it; and what check
        raises."""
        if not run.recipients:  # it was started without sending
            return []
        channel = channels.delivering()
        deliveries = self._deliveries.plan(run, channel.key)
        if reason := channel.unconfigured():
            _log.warning("nothing is sent", reason=reason)
            return [self._skip(run, delivery, reason) for delivery in deliveries]
        due = [delivery for delivery in deliveries if self.is_due(run, delivery)]
        self._deliveries.reserve(run, len(due))
        sent = self._send(run, export, made, channel, due, check)
        return [sent.get(delivery.id, delivery) for delivery in deliveries]

    def _send(
        self,
        run: Run,
        export: Export,
        made: ProducedFile,
        channel: Channel,
        due: list[Delivery],
        check: Callable[[], None],
    ) -> dict[str, Delivery]:
        """By id. In rounds: with AUTO, what the receiving server refuses as too large is sent as
        ZIP, then as a link."""
        wanted = DeliveryMode(run.spec.delivery)
        file = Attachment(made.path, made.name, made.size, FORMATS[run.format].mime)
        limit = self._limits.attach
        sent = dict[str, Delivery]()
        refused = set[str]()
        # Each goes on with the form that was tried last
        waiting = _by_forms_passed(due)
        while waiting:
            passed = min(waiting, key=len)
            batch = waiting.pop(passed)
            with pack(self._files, file, wanted, channel, limit, check, passed) as (mode, attached):
                form = MessageForm(mode, attached.size if attached else None)
                final = wanted is not DeliveryMode.AUTO or mode is DeliveryMode.LINK
                round_ = _Round(form, final, refused)
                report = self._report(run, export, made, batch, mode, attached)
                sent |= self._send_round(run, channel, report, batch, round_, check)
            if round_.left:
                waiting.setdefault((*modes_before(mode), mode), []).extend(round_.left)
        return sent

    def _report(
        self,
        run: Run,
        export: Export,
        made: ProducedFile,
        due: list[Delivery],
        mode: DeliveryMode,
        attached: Attachment | None,
    ) -> Report:
        """Also notes on the run how it is sent."""
        link = self._link(run, due) if mode is DeliveryMode.LINK else None
        size = attached.size if attached else None
        expires_at = link.expires_at if link else None
        if mode not in modes_before(run.sent_as):  # links that were sent before can be revoked
            self._execution.note(run, sent_as=mode, sent_size=size, link_expires_at=expires_at)
        _log.info("sending", way=mode, bytes=size, messages=len(due))
        zipped = attached if mode is DeliveryMode.ZIP else None
        return export.report(
            made.path,
            made.name,
            made.size,
            made.rows,
            zipped=zipped,
            link=link,
            summary=run_summary.read(made.summary) if made.summary else None,
            page_url=self._links.page(run),
            next_run=self._execution.next_run(run),
        )

    def _link(self, run: Run, deliveries: list[Delivery]) -> Link:
        expires_at = self._execution.now() + timedelta(days=run.spec.link_days)
        by_target = {delivery.target: delivery for delivery in deliveries}
        return Link(expires_at, lambda target: self._links.url(run, by_target[target], expires_at))

    def _skip(self, run: Run, delivery: Delivery, reason: str) -> Delivery:
        if delivery.status is not DeliveryStatus.PENDING:
            return delivery
        return self._deliveries.move(run, delivery, DeliveryStatus.SKIPPED, error=reason)

    def _send_round(
        self,
        run: Run,
        channel: Channel,
        report: Report,
        due: list[Delivery],
        round_: _Round,
        check: Callable[[], None],
    ) -> dict[str, Delivery]:
        results = dict[str, Delivery]()
        with channel.open(report, check) as sender:
            for delivery in due:
                if round_.over:
                    round_.left.append(delivery)
                    continue
                check()
                results[delivery.id] = self._send_one(run, sender, delivery, round_)
        return results

    def _send_one(self, run: Run, sender: Sender, delivery: Delivery, round_: _Round) -> Delivery:
        # Written before the message is sent: after a crash the delivery is unknown, not forgotten
        again = delivery.id in round_.refused
        sending = self._deliveries.begin(run, delivery, round_.form, again=again)
        if sending.status is not DeliveryStatus.SENDING:
            _log.warning("message not sent", to=log.masked(sending.target), status=sending.status)
            return sending
        with (
            tracing.span("send message", "client", delivery=delivery.id) as span,
            self._waits.sending(run.id),
        ):
            status, values, too_large = self._attempt(sender, sending, round_)
            span.set(status=status.value)
            if status is not DeliveryStatus.ACCEPTED:
                span.fail(status.value)
        metrics.count_message("file", status)
        moved = lasting(
            self._leases.duration, partial(self._deliveries.move, run, sending, status, **values)
        )
        if too_large:
            round_.refused.add(moved.id)
            round_.left.append(moved)
        return moved

    def _attempt(
        self, sender: Sender, delivery: Delivery, round_: _Round
    ) -> tuple[DeliveryStatus, dict[str, Any], bool]:
        """Send one message. Returns the delivery's status and values, and whether a smaller message
        is to be sent. Never raises, since the other recipients must get theirs."""
        try:
            sender.send(delivery.target, delivery.message_id)
        except MessageTooLarge as e:
            _log.warning("message too large", to=log.masked(delivery.target), final=round_.final)
            if not round_.final:
                round_.over = e.for_all
                # Noted, so that a stop now does not have the same form refused again
                smaller = {"sent_as": mode_after(round_.form.mode), "sent_size": None}
                return DeliveryStatus.PENDING, {"error": e.message, **smaller}, True
            way_out = "" if round_.form.mode is DeliveryMode.LINK else f": {WAY_OUT}"
            return DeliveryStatus.FAILED, {"error": f"{e.message}{way_out}"}, False
        except DeliveryError as e:
            _log.warning("message not accepted", to=log.masked(delivery.target), code=e.code)
            return _after(e), {"error": e.message}, False
        except Exception as e:  # noqa: BLE001  (the other messages must be sent; the log has the traceback)
            _log.exception("message failed unexpectedly", to=log.masked(delivery.target))
            if isinstance(e, OSError) and passes(e):
                return DeliveryStatus.PENDING, {"error": out_of_resources(e).message}, False
            error = "an unexpected error: see the server's log"
            return DeliveryStatus.FAILED, {"error": error}, False
        values = {"error": None, "sent_at": self._execution.now()}
        return DeliveryStatus.ACCEPTED, values, False


def _by_forms_passed(due: list[Delivery]) -> dict[tuple[DeliveryMode, ...], list[Delivery]]:
    """Those that are not tried any more."""
    groups = dict[tuple[DeliveryMode, ...], list[Delivery]]()
    for delivery in due:
        groups.setdefault(modes_before(delivery.sent_as), []).append(delivery)
    return groups


def _after(error: DeliveryError) -> DeliveryStatus:
    """The delivery's status after the error."""
    if error.permanent:
        return DeliveryStatus.FAILED
    return DeliveryStatus.UNKNOWN if isinstance(error, DeliveryUnknown) else DeliveryStatus.PENDING


def delivery_error(deliveries: list[Delivery]) -> str | None:
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
