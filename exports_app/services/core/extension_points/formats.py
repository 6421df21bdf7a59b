"""What a file format offers."""

from pathlib import Path
from typing import Protocol

from exports_app.domain.table import Table


class Format(Protocol):
    """A file format."""

    key: str
    label: str
    mime: str
    extension: str
    """Without a dot."""

    def write(self, table: Table, path: Path) -> int:
        """Write the whole file to `path`, chunk by chunk: memory must not grow with the number of
        rows. Returns the number of characters that the format cannot hold, and that were left out
        or replaced."""
