"""A database that is out of reach for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from exports_app.wiring import Services


@contextmanager
def without_database(services: Services, content: bytes | None = None) -> Iterator[None]:
    """Within the block, the database's file is out of reach. In its place is a file with this
    content, or a folder."""
    file = services.settings.data_dir / "exports.db"
    away = file.with_name("away.db")
    services.database.dispose()  # also takes the write-ahead log into the file
    file.rename(away)
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    try:
        yield
    finally:
        services.database.dispose()
        if content is None:
            file.rmdir()
        else:
            file.unlink()
        away.rename(file)
