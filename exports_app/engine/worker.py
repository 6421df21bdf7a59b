"""Carry one claimed run to its end: make the file, deliver it, close. The same code wherever a worker runs."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from exports_app import log
from exports_app.domain.errors import DeliveryError, DeliveryUnknown, ExportsError, RunError, Unavailable
from exports_app.domain.period import Window
from exports_app.domain.run import DeliveryStatus, RunStatus, outcome
from exports_app.domain.table import Chunk, Table, completer
from exports_app.services.exporting import Export
from exports_app.services.plugs import CHANNELS, EXPORT_TYPES, FORMATS, Channel, Report, Sender
from exports_app.services.ports import FileStore, Store
from exports_app.services.records import Delivery, Run, Tenant
from exports_app.services.rules import Filters
from exports_app.services.runs import LeaseLost, Runs

CHUNK = 2000
PROGRESS_SECONDS = 1.0
RETRY_SECONDS = 0.5
"""Between two tries to write while the database is away."""
UNFINISHED = (DeliveryStatus.PENDING, DeliveryStatus.UNKNOWN)

T = TypeVar("T")
_log = log.get(__name__)


class Stopped(Exception):
    """The server stops: give the run back."""


@dataclass(frozen=True)
class Made:
    """A finished file in the store."""

    path: Path
    name: str
    size: int
    rows: int


class Worker:
    def __init__(self, runs: Runs, store: Store, files: FileStore) -> None:
        self._runs, self._store, self._files = runs, store, files

    def execute(self, run: Run, check: Callable[[], None]) -> None:
        """Never raises. check: called between chunks and before each message; raises Stopped or LeaseLost."""
        with log.bind(run=run.id, schedule=run.scheduled_export_id, attempt=run.attempt):
            try:
                self._execute(run, check)
            except LeaseLost:
                _log.warning("lease lost: another worker took the run over")
            except Stopped:
                self._give_back(run)
            except Unavailable:
                # Nothing can be written now: the lease runs out, and the run comes back by itself
                _log.exception("database lost during a run")
            except ExportsError as e:
                self._fail(run, e.message, e.code)
            except Exception:  # noqa: BLE001  (a run always ends visibly; the log has the whole story)
                _log.exception("run failed unexpectedly")
                self._fail(run, f"an unexpected error: the server's log tells more under run {run.id}", "internal")

    def _execute(self, run: Run, check: Callable[[], None]) -> None:
        check()
        tenant = self._runs.access(run)
        export = _export(run, tenant)
        made = self._made_before(run) or self._produce(run, export, check)
        if made is None:
            return
        deliveries = self._deliver(run, export, made, check)
        status = outcome(d.status for d in deliveries)
        error = _delivery_error(deliveries)
        self._lasting(partial(self._runs.close, run, status, error, "delivery_failed" if error else None))
        _log.info("run finished", status=status, rows=made.rows, bytes=made.size, deliveries=len(deliveries))

    def _fail(self, run: Run, message: str, code: str) -> None:
        try:
            self._runs.close(run, RunStatus.FAILED, message, code)
        except (LeaseLost, Unavailable):
            _log.exception("the failure could not be written", reason=message)
        else:
            _log.warning("run failed", code=code, reason=message)

    def _give_back(self, run: Run) -> None:
        try:
            self._runs.release(run)
        except (LeaseLost, Unavailable):
            _log.exception("the run could not be given back: it returns when its lease ends")
        else:
            _log.info("run given back: the server stops")

    # The file

    def _made_before(self, run: Run) -> Made | None:
        """The file of an earlier attempt: all recipients get the same one, however often the run is taken up."""
        path = self._files.find(run.file_key) if run.file_key else None
        if path is None or run.file_name is None or run.file_size is None:
            return None
        return Made(path, run.file_name, run.file_size, run.record_count or 0)

    def _produce(self, run: Run, export: Export, check: Callable[[], None]) -> Made | None:
        """None: there was nothing to send, and the run has been closed."""
        spec = run.spec
        if spec["export_type"] not in EXPORT_TYPES or run.format not in FORMATS:
            raise RunError("its export type or format is no longer installed", code="plugin_missing")
        kind, file_format = EXPORT_TYPES[spec["export_type"]], FORMATS[run.format]
        self._check_campaigns(run, export.filters)
        count = _Counter()
        with self._files.draft() as draft:
            with self._store.rows(kind.select(export.scope()), CHUNK) as chunks:
                columns = kind.columns()
                stream = self._watched(run, chunks, count, check)
                complete = completer(columns)
                file_format.write(Table(columns, ([complete(row) for row in chunk] for chunk in stream)), draft)
            check()
            if count.rows == 0 and spec["when_empty"] != "send":
                self._empty(run, fail=spec["when_empty"] == "fail")
                return None
            name = export.file_name()
            key = f"{run.tenant_id}/{run.id}/{run.lease_token}.{file_format.extension}"
            size, digest = draft.stat().st_size, _sha256(draft)
            self._files.keep(draft, key)
        try:
            self._runs.note(run, file_name=name, file_key=key, file_size=size, sha256=digest, record_count=count.rows)
        except BaseException:
            self._files.remove(key)
            raise
        path = self._files.find(key)
        assert path is not None
        return Made(path, name, size, count.rows)

    def _check_campaigns(self, run: Run, filters: Filters) -> None:
        if missing := self._runs.missing_campaigns(run, filters.campaign_ids):
            raise RunError(
                f"{len(missing)} of its {len(filters.campaign_ids)} campaigns no longer exist ({', '.join(missing[:3])}):"
                " edit the scheduled export and choose others",
                code="campaign_missing",
            )

    def _watched(self, run: Run, chunks: Iterator[Chunk], count: "_Counter", check: Callable[[], None]) -> Iterator[Chunk]:
        """The chunks as they pass: counted, the count written now and then, ended by a stop or a lost lease."""
        written = time.monotonic()
        for chunk in chunks:
            check()
            yield chunk
            count.rows += len(chunk)
            if time.monotonic() - written > PROGRESS_SECONDS:
                self._runs.note(run, record_count=count.rows)
                written = time.monotonic()

    def _empty(self, run: Run, *, fail: bool) -> None:
        if fail:
            raise RunError("there was no data in its window, and it is set to fail then", code="no_data")
        self._runs.note(run, record_count=0)
        self._runs.close(run, RunStatus.SKIPPED, "there was no data in its window: nobody was written to", "no_data")
        _log.info("run skipped: no data")

    # The messages

    def _deliver(self, run: Run, export: Export, made: Made, check: Callable[[], None]) -> list[Delivery]:
        channel = CHANNELS["email"]
        deliveries = self._runs.plan_deliveries(run, channel.key)
        if reason := channel.unconfigured():
            _log.warning("nothing is sent", reason=reason)
            return [self._skip(run, d, reason) for d in deliveries]
        report = export.report(made.path, made.name, made.size, made.rows)
        return self._send(run, channel, report, deliveries, check)

    def _skip(self, run: Run, delivery: Delivery, reason: str) -> Delivery:
        if delivery.status is not DeliveryStatus.PENDING:
            return delivery
        return self._runs.move(run, delivery, DeliveryStatus.SKIPPED, error=reason)

    def _send(
        self, run: Run, channel: Channel, report: Report, deliveries: list[Delivery], check: Callable[[], None]
    ) -> list[Delivery]:
        done = []
        with channel.open(report) as sender:
            for delivery in deliveries:
                if delivery.status not in UNFINISHED:
                    done.append(delivery)
                    continue
                check()
                # Noted before the wire: a crash from here on leaves a delivery whose fate is unknown, not one that is forgotten
                sending = self._runs.move(run, delivery, DeliveryStatus.SENDING, attempts=delivery.attempts + 1)
                to, values = self._attempt(sender, sending)
                done.append(self._lasting(partial(self._runs.move, run, sending, to, **values)))
        return done

    def _attempt(self, sender: Sender, delivery: Delivery) -> tuple[DeliveryStatus, dict[str, Any]]:
        """Send one message. Never raises: whatever happens to it, the other recipients get theirs."""
        try:
            sender.send(delivery.target, delivery.message_id)
        except DeliveryError as e:
            _log.warning("message not accepted", to=log.masked(delivery.target), code=e.code)
            to = DeliveryStatus.UNKNOWN if isinstance(e, DeliveryUnknown) else DeliveryStatus.FAILED
            return to, {"error": e.message}
        except Exception:  # noqa: BLE001  (it is in the log and in the delivery's row)
            _log.exception("message failed unexpectedly", to=log.masked(delivery.target))
            return DeliveryStatus.FAILED, {"error": "an unexpected error: the server's log tells more"}
        return DeliveryStatus.ACCEPTED, {"error": None, "sent_at": self._runs.now()}

    def _lasting(self, write: Callable[[], T]) -> T:
        """Write what has happened, through a short absence of the database: losing the note of an accepted message would
        send it again. Raises Unavailable when it lasts as long as the lease."""
        deadline = time.monotonic() + self._runs.lease.total_seconds()
        while True:
            try:
                return write()
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                _log.warning("the database cannot be reached: trying again")
                time.sleep(RETRY_SECONDS)


class _Counter:
    rows = 0


def _export(run: Run, tenant: Tenant) -> Export:
    spec = run.spec
    return Export(
        tenant=tenant,
        name=spec["name"],
        export_type=spec["export_type"],
        format=run.format,
        timezone=spec["timezone"],
        filters=Filters.from_json(spec["filters"]),
        window=Window(run.window_start, run.window_end),
        at=run.created_at,
    )


def _delivery_error(deliveries: list[Delivery]) -> str | None:
    """In one sentence, for the run's row: how many, and the first answer."""
    failed = [d for d in deliveries if d.status in {DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN}]
    if not failed:
        return None
    first = failed[0]
    return f"{len(failed)} of {len(deliveries)} messages were not delivered; to {first.target}: {first.error}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
