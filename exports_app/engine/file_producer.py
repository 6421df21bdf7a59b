"""Where a file is made: a small one in the run's own thread, a large one in a process of its own,
of which a limited number runs at once."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any

from exports_app import log
from exports_app.domain import humanize
from exports_app.domain.errors import ExportsError, RunError, Unavailable
from exports_app.domain.file_summary import SummaryColumns
from exports_app.domain.system_errors import writing
from exports_app.domain.table import Column
from exports_app.engine.fair_semaphore import FairSemaphore
from exports_app.engine.file_writer import (
    CHUNK,
    FileLimits,
    FileWriter,
    WrittenFile,
    as_json,
)
from exports_app.services.core.extension_points import Format
from exports_app.services.core.interfaces import Statement, Store

SMALL = 5_000
"""Rows. For fewer, starting a process takes longer than making the file."""
COUNT_SECONDS = 0.1
"""To count the rows; a query that takes longer is not small."""
WAIT_SECONDS = 0.2
"""Between two checks whether to go on."""
ROOT = Path(__file__).parents[2]
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH")
"""Variables that the process gets: nothing secret."""

_log = log.get(__name__)


class FileProducer:
    """at_once: processes."""

    def __init__(self, store: Store, at_once: int, small: int = SMALL) -> None:
        self._store = store
        self._small = small
        self._turns = FairSemaphore(at_once)

    @property
    def waiting(self) -> int:
        """Callers that wait for a process."""
        return self._turns.waiting

    def make(
        self,
        query: Any,
        columns: Sequence[Column],
        leading: SummaryColumns,
        file_format: Format,
        path: Path,
        limits: FileLimits,
        tenant_id: str,
        progress: Callable[[int], None],
        check: Callable[[], None],
    ) -> WrittenFile:
        """leading: the columns of its summary. tenant_id: of the file; tenants that wait take
        turns. progress: called with the rows so far, at least once a second. check: called several
        times a second. What either raises ends the making.

        Raises RunError over a limit, or with the reason why the process ended.
        """
        if self._is_small(query):
            writer = FileWriter(columns, file_format, path, limits, leading)
            return self._here(query, writer, progress, check)
        with self._turns.take(tenant_id, check):
            try:
                return self._elsewhere(
                    self._store.statement(query),
                    columns,
                    leading,
                    file_format,
                    path,
                    limits,
                    progress,
                    check,
                )
            finally:
                self._checkpoint()

    def has_rows(self, query: Any, seconds: float) -> bool:
        """Whether the query has a row; also True where that is not known after so many seconds."""
        return self._store.count(query, 1, seconds) != 0

    def _checkpoint(self) -> None:
        try:
            self._store.checkpoint()
        except Unavailable as e:  # the file is complete all the same
            _log.warning(
                "the write-ahead log could not be copied: the database cannot be reached",
                reason=e.why,
            )

    def _is_small(self, query: Any) -> bool:
        count = self._store.count(query, self._small, COUNT_SECONDS)
        return count is not None and count < self._small

    def _here(
        self,
        query: Any,
        writer: FileWriter,
        progress: Callable[[int], None],
        check: Callable[[], None],
    ) -> WrittenFile:
        def watched(fetched: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
            for rows in fetched:
                check()
                yield rows

        with self._store.rows(query, CHUNK) as fetched, writing():
            return writer.run(watched(fetched), progress)

    def _elsewhere(
        self,
        statement: Statement,
        columns: Sequence[Column],
        leading: SummaryColumns,
        file_format: Format,
        path: Path,
        limits: FileLimits,
        progress: Callable[[int], None],
        check: Callable[[], None],
    ) -> WrittenFile:
        task = {
            "database": statement.database,
            "sql": statement.sql,
            "parameters": statement.parameters,
            "columns": as_json(columns),
            "leading": asdict(leading),
            "module": type(file_format).__module__,
            "format": type(file_format).__qualname__,
            "path": str(path),
            "limits": asdict(limits),
        }
        with tempfile.TemporaryFile() as trouble, _process(trouble) as process:
            assert process.stdin is not None
            process.stdin.write(json.dumps(task).encode() + b"\n")
            process.stdin.flush()  # it stays open: the process ends when it is closed
            answer = _listen(process, limits, progress, check)
            if answer.get("done"):
                return WrittenFile(**{f.name: answer[f.name] for f in fields(WrittenFile)})
            raise _failure(answer, limits, process, trouble)


@contextmanager
def _process(trouble: IO[bytes]) -> Any:
    env = {name: os.environ[name] for name in INHERITED if name in os.environ}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [env.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-m", "exports_app.engine.subprocess_entry"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=trouble,
        env=env,
        start_new_session=True,  # Ctrl+C goes to the server only, which then ends the process
    )
    try:
        with process:
            try:
                yield process
            finally:
                process.kill()
    finally:
        process.wait()


def _listen(
    process: "subprocess.Popen[bytes]",
    limits: FileLimits,
    progress: Callable[[int], None],
    check: Callable[[], None],
) -> dict[str, Any]:
    """The process's last message; empty where it ended without one."""
    assert process.stdout is not None
    deadline = time.monotonic() + limits.seconds
    unfinished = b""
    while True:
        check()
        if time.monotonic() > deadline:
            raise RunError(
                "creating the file took longer than its limit of "
                f"{humanize.duration(limits.seconds)}: choose a shorter period or"
                " fewer campaigns, or raise its time limit",
                code="time_limit",
            )
        if not select.select([process.stdout], [], [], WAIT_SECONDS)[0]:
            continue
        read = os.read(process.stdout.fileno(), 65_536)
        if not read:
            process.wait()
            return {}
        *lines, unfinished = (unfinished + read).split(b"\n")
        for line in lines:
            message: dict[str, Any] = json.loads(line)
            if "done" in message or "error" in message:
                return message
            progress(message["rows"])


def _failure(
    answer: dict[str, Any],
    limits: FileLimits,
    process: "subprocess.Popen[bytes]",
    trouble: IO[bytes],
) -> ExportsError:
    if answer.get("code") == "memory_limit":
        return RunError(
            f"creating the file needed more than its {humanize.size(limits.memory)} of memory: "
            "the server's operator can raise"
            " EXPORT_MEMORY_MB",
            code="memory_limit",
        )
    if answer.get("code") == Unavailable.code:
        return Unavailable(answer["error"])
    if "error" in answer:
        return RunError(answer["error"], code=answer["code"], permanent=answer["permanent"])
    trouble.seek(0)
    text = trouble.read().decode(errors="replace")[-4000:]
    code = process.returncode
    _log.error("the process that made a file ended early", code=code, trouble=text)
    if code is not None and code < 0:
        why = "perhaps the machine ran out of memory" if code == -9 else "see the server's log"
        reason = f"the process that made the file was killed (signal {-code}): {why}"
        return RunError(reason, code="process_killed", permanent=False)
    return RunError(
        "the process that made the file ended with an error: see the server's log",
        code="process_failed",
    )
