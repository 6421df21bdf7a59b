"""Structured logs: one event a line, a name and its values. No secrets, tokens or full addresses of
recipients go in."""

import logging
import re
import sys
import time
import traceback

import structlog

_OF_LIBRARIES = frozenset({"reflex", "reflex_base", "engineio", "socketio", "asyncio"})
"""Loggers that may write down what strangers send, and the tokens of tabs."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
MOST_ALIKE, ALIKE_SECONDS, MOST_CHARACTERS = 5, 60.0, 4_000

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")

get = structlog.get_logger
bind = structlog.contextvars.bound_contextvars
begin = structlog.contextvars.bind_contextvars
"""From here on, in this task, lines have these values. For events of pages, which have a task
each."""


def configure(level: str) -> None:
    """Readable lines on a terminal, JSON elsewhere; other libraries' records come out the same
    way."""
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
    last: list[structlog.typing.Processor] = (
        [
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        ]  # others print local variables too
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
    """Of what the pages' libraries log: each place in their code MOST_ALIKE times within
    ALIKE_SECONDS, and no tab's token."""

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
    """The text with every address in it masked: an error may name a recipient, and a mail server's
    answer quote one."""
    return _ADDRESS.sub(lambda found: masked(found.group()), text)


def masked(address: str) -> str:
    """An address as it may stand in a log: ``m***@example.com``."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}" if name else "***"
