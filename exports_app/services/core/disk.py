"""Files that a request writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from exports_app import log
from exports_app.domain.errors import StoreAway

NOT_WRITTEN = "The server cannot store this file: its disk may be full"

_log = log.get(__name__)


@contextmanager
def writing() -> Iterator[None]:
    """Around what writes to the disk. Raises StoreAway; the log has the reason."""
    try:
        yield
    except OSError as e:
        _log.warning("a file cannot be written", reason=e.strerror or type(e).__name__)
        raise StoreAway(NOT_WRITTEN) from e
