"""Structured logs: one event per line, with a name and values.

Secrets, tokens and full addresses of recipients are not logged.
"""

import logging
import os
import re
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from exports_app import __version__

Form = Literal["auto", "text", "json"]
"""auto: text for people on a terminal, else JSON."""

_OF_LIBRARIES = frozenset(
    {"reflex", "reflex_base", "engineio", "socketio", "asyncio", "opentelemetry"}
)
"""Loggers whose records may contain input of strangers, and tokens of tabs, or that say the same
every few seconds."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
MOST_ALIKE = 5
ALIKE_SECONDS = 60.0
MOST_CHARACTERS = 4_000

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")

_HOST = socket.gethostname()
_noted: ContextVar[dict[str, object] | None] = ContextVar("noted", default=None)
"""What became known within the current request, event or run: the same in all threads of it."""

get = structlog.get_logger


@contextmanager
def bind(**values: object) -> Iterator[None]:
    """Add values to all lines within the block: of a request or a run."""
    with structlog.contextvars.bound_contextvars(**values):
        token = _noted.set({})
        try:
            yield
        finally:
            _noted.reset(token)


def begin(**values: object) -> None:
    """Add values to all later lines of this task. For events of pages, each of which has its
    task."""
    structlog.contextvars.bind_contextvars(**values)
    _noted.set({})


def note(**values: object) -> None:
    """Add what has become known, such as the tenant, to all later lines of the request, event or
    run. Also from a thread of it. Outside of one it does nothing."""
    if (noted := _noted.get()) is not None:
        noted.update(values)


def _merge_noted(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    return {**(_noted.get() or {}), **line}


CONTEXT: tuple[Processor, ...] = (structlog.contextvars.merge_contextvars, _merge_noted)
"""Adds what `bind`, `begin` and `note` were given."""


def _add_process(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Where the line comes from. The process is asked each time, since servers fork."""
    return {**line, "host": _HOST, "process": os.getpid(), "version": __version__}


def _for_people(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Without what is the same in all lines of a host."""
    return {name: value for name, value in line.items() if name not in {"host", "version"}}


def configure(level: str, form: Form = "auto") -> None:
    """Write to stderr, one event per line. Records of libraries get the same form."""
    shared: list[Processor] = [
        *CONTEXT,
        _add_process,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_written(form)],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.addFilter(Sparing())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("exports_app").setLevel(level.upper())


def _written(form: Form) -> list[Processor]:
    """The processors that make a line."""
    terminal = sys.stderr.isatty()
    if form == "json" or (form == "auto" and not terminal):
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Other traceback formatters print local variables too
    console = structlog.dev.ConsoleRenderer(
        colors=terminal, exception_formatter=structlog.dev.plain_traceback
    )
    return [_for_people, console]


class Sparing(logging.Filter):
    """Limits the records of the pages' libraries, and masks tabs' tokens in them.

    Each place in their code may log MOST_ALIKE records within ALIKE_SECONDS.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in _OF_LIBRARIES:
            return True
        place, now = (record.pathname, record.lineno), time.monotonic()
        since, count = self._seen.get(place, (now, 0))
        if now - since > ALIKE_SECONDS:
            since, count = now, 0
        self._seen[place] = (since, count + 1)
        if count >= MOST_ALIKE:
            return False
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info))
        record.msg, record.args = _UUID.sub("***", text)[:MOST_CHARACTERS], ()
        record.exc_info = record.exc_text = None
        return True


def without_addresses(text: str) -> str:
    """Mask every address in a text. Errors and mail servers' answers may name recipients."""
    return _ADDRESS.sub(lambda match: masked(match.group()), text)


def masked(address: str) -> str:
    """An address in the form for logs: ``m***@example.com``."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}" if name else "***"
