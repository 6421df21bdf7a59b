"""Writing a table with a format, and reading it back."""

from pathlib import Path

from exports_app.services.core.extension_points import Format
from tests.contracts.tables import (
    COLUMNS,
    Row,
    readers,
    table,
)


def written(fmt: Format, path: Path, rows: list[Row], chunk: int = 5) -> bytes:
    fmt.write(table(rows, chunk=chunk), path)
    return path.read_bytes()


def comes_back(fmt: Format, path: Path, rows: list[Row]) -> None:
    for reader in readers(fmt.key):
        sheet = reader.read(path, COLUMNS)
        assert sheet.header == [reader.header(c) for c in COLUMNS]
        assert sheet.rows == reader.back(rows)
