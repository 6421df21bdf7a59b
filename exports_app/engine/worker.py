"""Execute one claimed run to its end: make the file, deliver it, close. The same code in a server
and in a worker process."""

import time
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from functools import partial

from exports_app import log, tracing
from exports_app.domain.errors import (
    DeliveryError,
    ExportsError,
    RunError,
    Unavailable,
)
from exports_app.domain.humanize import counted
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.policies import EmptyMeans, WhenEmpty
from exports_app.domain.runs.states import RunStatus, outcome
from exports_app.domain.system_errors import out_of_resources, passes, writing
from exports_app.engine.file_producer import FileProducer
from exports_app.engine.file_writer import FileLimits, WrittenFile
from exports_app.engine.lasting_writes import lasting
from exports_app.engine.run_delivery import RunDelivery, delivery_error, destinations_off
from exports_app.services.core.extension_points import (
    EXPORT_TYPES,
    FORMATS,
    TellsData,
    leading_columns,
)
from exports_app.services.core.interfaces import FileStore
from exports_app.services.core.records import Run, Tenant
from exports_app.services.runs.ending import RunEndings
from exports_app.services.runs.execution import RunExecution
from exports_app.services.runs.export_context import Export
from exports_app.services.runs.lease import LeaseLost, Leases
from exports_app.services.runs.produced_file import ProducedFile
from exports_app.services.schedules.filters import Filters

PROGRESS_SECONDS = 0.6
"""Between two updates of the rows so far."""
DESTINATIONS_OFF = "destinations_off"
LOST = "lease lost: someone cancelled the run, or another worker took it over"

_log = log.get(__name__)


class Stopped(Exception):
    """The server stops: give the run back."""


class Worker:
    """limits: of a file, where its tenant and its schedule say nothing else."""

    def __init__(
        self,
        leases: Leases,
        execution: RunExecution,
        endings: RunEndings,
        delivery: RunDelivery,
        files: FileStore,
        producer: FileProducer,
        limits: FileLimits,
    ) -> None:
        self._leases = leases
        self._execution = execution
        self._endings = endings
        self._delivery = delivery
        self._files = files
        self._producer = producer
        self._limits = limits

    @property
    def waiting(self) -> int:
        """Runs that wait for their turn to make a large file, or for a slow mail server; their
        threads are idle."""
        return self._producer.waiting + self._delivery.waiting

    def waits_for_mail(self, run: Run) -> bool:
        """Whether the run waits for a slow mail server."""
        return self._delivery.waits(run)

    def execute(self, run: Run, check: Callable[[], None]) -> None:
        """Never raises. check: called between chunks and before each message; raises Stopped or
        LeaseLost."""
        ids = {"schedule": run.scheduled_export_id, "tenant": run.tenant_id}
        with (
            log.bind(run=run.id, attempt=run.number, **ids),
            tracing.span("run", "consumer", run.id) as span,
        ):
            span.set(run=run.id, attempt=run.number, **ids)
            try:
                self._execute(run, check)
            except LeaseLost:
                _log.warning(LOST)
            except Stopped:
                self._give_back(run)
            except ExportsError as e:
                span.fail(e.code)
                self._fail(run, e)
            except Exception as e:  # noqa: BLE001  (every run must end with a reason; the log has the traceback)
                span.fail(type(e).__name__)
                _log.exception("run failed unexpectedly")
                if isinstance(e, OSError) and passes(e):
                    return self._fail(run, out_of_resources(e))
                reason = f"an unexpected error: see the server's log under run {run.id}"
                self._fail(run, RunError(reason, code="internal"))

    def _execute(self, run: Run, check: Callable[[], None]) -> None:
        check()
        _require_known(run)
        tenant = self._execution.access(run)
        export = Export.of_run(run, tenant, self._execution.owner_address(run))
        file = self._existing_file(run) or self._produce(run, export, check)
        if file is None:
            return
        with tracing.span("deliver"):
            deliveries = self._delivery.deliver(run, export, file, check)
        error = delivery_error(deliveries)
        if error is not None and any(self._delivery.is_due(run, d) for d in deliveries):
            raise DeliveryError(error, permanent=False)
        if destinations_off(deliveries):
            self._skip(run, "nothing was sent: its destinations are switched off", DESTINATIONS_OFF)
            return
        status = outcome(d.status for d in deliveries)
        lasting(
            self._leases.duration,
            partial(self._endings.close, run, status, error, DeliveryError.code if error else None),
        )
        _log.info(
            "run finished",
            status=status,
            rows=file.rows,
            bytes=file.size,
            deliveries=len(deliveries),
        )

    def _fail(self, run: Run, error: ExportsError) -> None:
        """Retry the run later, or end it."""
        try:
            status = lasting(self._leases.duration, partial(self._endings.fail, run, error))
        except LeaseLost:
            _log.warning(LOST)
        except Unavailable:
            # The lease ends without a result, and then the run is recovered
            _log.exception(
                "the failure could not be written", reason=log.without_addresses(error.message)
            )
        else:
            _log.warning(
                "run failed",
                code=error.code,
                reason=log.without_addresses(error.message),
                status=status,
            )

    def _give_back(self, run: Run) -> None:
        try:
            self._endings.release(run)
        except LeaseLost:
            _log.warning(LOST)
        except Unavailable:
            _log.exception("the run could not be given back: it returns when its lease ends")
        else:
            _log.info("run given back: the server stops")

    # The file

    def _existing_file(self, run: Run) -> ProducedFile | None:
        """The file of an earlier attempt: all recipients get the same one, however many attempts
        there are."""
        path = self._files.find(run.file_key) if run.file_key else None
        if path is None or run.file_name is None or run.file_size is None:
            return None
        rows = run.record_count or 0
        return ProducedFile(path, run.file_name, run.file_size, rows, run.sha256 or "", run.summary)

    def _produce(self, run: Run, export: Export, check: Callable[[], None]) -> ProducedFile | None:
        """None: there was no data, and the run is closed."""
        spec = run.spec
        export_type = EXPORT_TYPES.require(spec.export_type)
        file_format = FORMATS.require(run.format)
        self._execution.require_room(export.tenant)
        self._check_campaigns(run, export.filters)
        with tracing.span("make file") as span, self._files.draft() as draft:
            written = self._producer.make(
                export_type.select(export.scope()),
                export_type.columns(),
                leading_columns(export_type),
                file_format,
                draft,
                self._limits_of(run, export.tenant),
                run.tenant_id,
                self._progress(run),
                check,
            )
            span.set(rows=written.rows, bytes=written.size)
            check()
            if spec.when_empty != WhenEmpty.SEND and self._is_empty(run, export, written):
                self._empty(run, fail=spec.when_empty == WhenEmpty.FAIL)
                return None
            self._execution.require_room(export.tenant, written.size)
            name = export.file_name()
            key = f"{run.tenant_id}/{run.id}/{run.lease_token}.{file_format.extension}"
            with writing():
                self._files.keep(draft, key)
        return self._note_file(run, name, key, written)

    def _is_empty(self, run: Run, export: Export, written: WrittenFile) -> bool:
        """Asked for after the file was made: data that came meanwhile is not left out."""
        export_type = EXPORT_TYPES.require(run.spec.export_type)
        if written.rows == 0:
            return True
        if run.spec.empty_means != EmptyMeans.NO_METRICS or not isinstance(export_type, TellsData):
            return False
        return not self._producer.has_rows(export_type.data(export.scope()), run.spec.time_limit)

    def _note_file(self, run: Run, name: str, key: str, written: WrittenFile) -> ProducedFile:
        """Write the kept file into the run's row."""
        try:
            summary = self._execution.summary(run, written.summary)
            self._execution.note(
                run,
                file_name=name,
                file_key=key,
                file_removed_at=None,
                file_size=written.size,
                sha256=written.sha256,
                record_count=written.rows,
                removed_characters=written.removed_characters,
                summary=summary,
            )
        except BaseException:  # whatever it is: a file that no run names must not stay
            self._files.remove(key)
            raise
        path = self._files.find(key)
        assert path is not None
        return ProducedFile(path, name, written.size, written.rows, written.sha256, summary)

    def _limits_of(self, run: Run, tenant: Tenant) -> FileLimits:
        limits = self._limits
        return replace(
            limits,
            rows=limits.rows if tenant.max_rows is None else tenant.max_rows,
            size=limits.size if tenant.max_mb is None else tenant.max_mb * 1_000_000,
            seconds=run.spec.time_limit,
        )

    def _check_campaigns(self, run: Run, filters: Filters) -> None:
        if missing := self._execution.missing_campaigns(run, filters.campaign_ids):
            exist = "exists" if len(missing) == 1 else "exist"
            raise RunError(
                f"{len(missing)} of its {counted(len(filters.campaign_ids), 'campaign')} no longer "
                f"{exist} ({', '.join(missing[:3])}): edit the scheduled export and choose others",
                code="campaign_missing",
            )

    def _progress(self, run: Run) -> Callable[[int], None]:
        """A function that updates the run's rows so far, at most once in PROGRESS_SECONDS."""
        written = 0.0

        def note(rows: int) -> None:
            nonlocal written
            if time.monotonic() - written >= PROGRESS_SECONDS:
                self._execution.note(run, record_count=rows)
                written = time.monotonic()

        return note

    def _empty(self, run: Run, *, fail: bool) -> None:
        if fail:
            raise RunError(
                "there was no data for its dates, and it is set to fail then", code="no_data"
            )
        self._execution.note(run, record_count=0)
        self._skip(run, "there was no data for its dates: nothing was sent", "no_data")

    def _skip(self, run: Run, reason: str, code: str) -> None:
        close = partial(self._endings.close, run, RunStatus.SKIPPED, reason, code)
        lasting(self._leases.duration, close)
        _log.info("run skipped", code=code)


def _require_known(run: Run) -> None:
    """Raises RunError, to be tried again by a worker of the newer version that stored the run:
    what it says may be the reason why a file must not go out in another form."""
    known: tuple[tuple[str, type[StrEnum]], ...] = (
        (run.spec.delivery, DeliveryMode),
        (run.spec.when_empty, WhenEmpty),
        (run.spec.empty_means, EmptyMeans),
    )
    for value, values in known:
        if value not in list(values):
            raise RunError(
                f"this version does not know what {value!r} means: upgrade all servers and workers",
                code="newer_version",
                permanent=False,
            )
