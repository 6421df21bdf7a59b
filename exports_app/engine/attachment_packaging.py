"""What goes with the messages of a run: the file itself, a ZIP with it, or a link to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from exports_app.domain import humanize
from exports_app.domain.errors import RunError
from exports_app.domain.runs.delivery_mode import DeliveryMode, fits
from exports_app.engine.file_writer import writing
from exports_app.services.core.extension_points import Attachment
from exports_app.services.core.interfaces import FileStore
from exports_app.zipped import Package

MOST_ATTACHED = 100_000_000
"""Bytes as they travel: an attachment is held in memory, whatever a scheduled export asks for."""
SHRINKS = 25
"""What text of repeated values becomes smaller by, at the best: a file larger than so many times
the limit is not tried."""
BLOCK = 1 << 20
ZIP_MIME = "application/zip"


@contextmanager
def pack(
    files: FileStore, file: Attachment, wanted: DeliveryMode, limit: int, check: Callable[[], None]
) -> Iterator[tuple[DeliveryMode, Attachment | None]]:
    """Which step of the ladder is taken, and what is attached. The attachment is there until the
    context is left.

    wanted: AUTO takes the first step that fits: attached, as ZIP, as a link. limit: bytes as they
    travel. check: called now and then; what it raises ends it. Raises RunError where what is wanted
    is far too large to be attached.
    """
    size = file.size or 0
    if wanted is DeliveryMode.LINK or (wanted is DeliveryMode.AUTO and not _can_fit(size, limit)):
        yield DeliveryMode.LINK, None
    elif wanted is DeliveryMode.ATTACH or (wanted is DeliveryMode.AUTO and fits(size, limit)):
        yield DeliveryMode.ATTACH, _bearable(file)
    else:
        with files.draft() as draft:
            with writing():
                _zip(file, draft, check)
            zipped = Attachment(draft, f"{file.name}.zip", draft.stat().st_size, ZIP_MIME)
            if wanted is DeliveryMode.AUTO and not fits(draft.stat().st_size, limit):
                yield DeliveryMode.LINK, None
            else:
                yield DeliveryMode.ZIP, _bearable(zipped)


def _can_fit(size: int, limit: int) -> bool:
    return fits(size, limit) or size <= SHRINKS * limit


def _bearable(file: Attachment) -> Attachment:
    if not fits(file.size or 0, MOST_ATTACHED):
        raise RunError(
            f"the file is too large to be attached ({humanize.size(file.size or 0)}): let it go as a link, or choose fewer days",
            code="attachment_too_large",
        )
    return file


def _zip(file: Attachment, path: Path, check: Callable[[], None]) -> None:
    with (
        Package(path) as package,
        file.path.open("rb") as source,
        package.part(file.name, file.size or 0) as part,
    ):
        while block := source.read(BLOCK):
            check()
            part.write(block)
