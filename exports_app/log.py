"""Structured logs: one event per line, with a name and values.

Secrets, tokens and full addresses of recipients are not logged.
"""

import logging
import re
import sys
import time
import traceback

import structlog

_OF_LIBRARIES = frozenset({"reflex", "reflex_base", "engineio", "socketio", "asyncio"})
"""Loggers whose records may contain input of strangers, and tokens of tabs."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
MOST_ALIKE = 5
ALIKE_SECONDS = 60.0
MOST_CHARACTERS = 4_000

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")

get = structlog.get_logger
bind = structlog.contextvars.bound_contextvars
begin = structlog.contextvars.bind_contextvars
"""Add values to all later lines of this task. For events of pages, each of which has its task."""


def configure(level: str) -> None:
    """Write readable lines to a terminal, else JSON. Records of libraries get the same form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
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
    terminal = sys.stderr.isatty()
    # Other traceback formatters print local variables too
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    last: list[structlog.typing.Processor] = (
        [console]
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.addFilter(Sparing())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("exports_app").setLevel(level.upper())


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
