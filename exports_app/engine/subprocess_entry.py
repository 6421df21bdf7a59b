"""Make one file in a process of its own: `python -m exports_app.engine.subprocess_entry`, started
by `maker.py`.

It gets its task as one line of JSON on its standard input, and answers on its standard output with
lines of JSON: the rows so far, then what was made, or why it was not. It starts in a tenth of a
second, since it knows neither the ORM nor the web: the SQL comes compiled, and only the one format
is imported. Its input stays open as long as its parent lives; when it ends, so does it.
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
from exports_app.domain.table import Column, Kind, Ratio
from exports_app.engine.file_writer import FileLimits, FileWriter, not_written
from exports_app.engine.row_sources import rows_of

NICE = 5
"""Behind the server in the queue for a processor: pages come first."""


def main() -> int:
    task = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICE)
    gc.disable()  # rows are tuples and make no cycles: looking for some costs a tenth of the time
    limits = FileLimits(**task["limits"])
    _limit_memory(limits.memory)
    try:
        _tell(**asdict(_make(task, limits)), done=True)
    except ExportsError as e:
        _tell(error=e.message, code=e.code)
    except MemoryError:
        _tell(error="", code="memory_limit")
    except OSError as e:
        told = not_written(e)
        _tell(error=told.message, code=told.code)
    return 0


def _limit_memory(count: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    count = count if most == resource.RLIM_INFINITY else min(count, most)
    resource.setrlimit(resource.RLIMIT_DATA, (count, count))


def _make(task: dict[str, Any], limits: FileLimits) -> Any:
    make_format = getattr(importlib.import_module(task["module"]), task["format"])
    making = FileWriter(
        [_column(c) for c in task["columns"]], make_format(), Path(task["path"]), limits
    )
    with rows_of(task) as fetched:
        return making.run(fetched, lambda rows: _tell(rows=rows))


def _column(held: dict[str, Any]) -> Column:
    ratio = held["ratio"]
    return Column(**held | {"kind": Kind(held["kind"]), "ratio": Ratio(**ratio) if ratio else None})


def _tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """The parent writes nothing more: what comes next is the end, whether it was killed or closed
    the pipe."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
