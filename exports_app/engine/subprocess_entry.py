"""Make one file in a process of its own: `python -m exports_app.engine.subprocess_entry`, started
by `file_producer.py`.

It reads its task as one line of JSON from its standard input, and writes lines of JSON to its
standard output: the rows so far, then the figures of the file, or the error. It starts in 0.1 s,
since it imports neither the ORM nor the web server: the SQL comes compiled, and only one format is
imported. It ends when its input is closed, as it is when its parent ends.
"""

import gc
import importlib
import json
import os
import resource
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from exports_app.domain.errors import ExportsError
from exports_app.domain.file_summary import SummaryColumns
from exports_app.domain.system_errors import not_written
from exports_app.domain.table import Column, Kind, Ratio
from exports_app.engine.file_writer import FileLimits, FileWriter
from exports_app.engine.row_sources import rows_of

NICE = 5
"""A lower priority than the server's: pages come first."""


def main() -> int:
    task = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICE)
    gc.disable()  # rows are tuples without cycles: the search for some takes 10% of the time
    limits = FileLimits(**task["limits"])
    _limit_memory(limits.memory)
    try:
        _send(**asdict(_make(task, limits)), done=True)
    except ExportsError as e:
        _send(error=e.message, code=e.code, permanent=e.permanent)
    except MemoryError:
        _send(error="", code="memory_limit")
    except OSError as e:
        error = not_written(e)
        _send(error=error.message, code=error.code, permanent=error.permanent)
    return 0


def _limit_memory(count: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    count = count if most == resource.RLIM_INFINITY else min(count, most)
    resource.setrlimit(resource.RLIMIT_DATA, (count, count))


def _make(task: dict[str, Any], limits: FileLimits) -> Any:
    make_format = getattr(importlib.import_module(task["module"]), task["format"])
    columns = [_column(c) for c in task["columns"]]
    leading = SummaryColumns(**{name: _tuple(of) for name, of in task["leading"].items()})
    writer = FileWriter(columns, make_format(), Path(task["path"]), limits, leading)
    with rows_of(task) as fetched:
        return writer.run(fetched, lambda rows: _send(rows=rows))


def _column(values: dict[str, Any]) -> Column:
    ratio = Ratio(**values["ratio"]) if values["ratio"] else None
    return Column(**values | {"kind": Kind(values["kind"]), "ratio": ratio})


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _send(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """The parent writes nothing after the task: a read returns when it closed the pipe or ended."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
