"""What goes with the emails of a run: the file itself, a ZIP with it, or a link to it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from exports_app.domain import humanize
from exports_app.domain.errors import RunError
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.system_errors import writing
from exports_app.services.core.extension_points import Attachment, Batch
from exports_app.zipped import Package

LINE = 57
"""Bytes encoded in a line of 76 characters (RFC 2045, 6.8), which CRLF follows."""
SHRINKS = 25
"""The best compression ratio of text with repeated values: a file larger than so many times the
limit is not packed."""
BLOCK = 1 << 20
ZIP_MIME = "application/zip"
WAY_OUT = "send it as a link, or choose fewer days"


def encoded(size: int) -> int:
    """Bytes that an attachment of `size` bytes takes in a message."""
    lines, rest = divmod(size, LINE)
    return lines * 78 + ((rest + 2) // 3 * 4 + 2 if rest else 0)


@contextmanager
def pack(
    batch: Batch, most: int, passed: Collection[DeliveryMode] = ()
) -> Iterator[tuple[DeliveryMode, Attachment | None]]:
    """The mode that is used, and the attachment, which is there until the context is left.

    AUTO takes the first mode that fits: attached, as ZIP, as a link; but none of `passed`, which
    the receiving server refused as too large. most: bytes of an encoded attachment in any mode.
    Raises RunError where the attachment is larger, and what the batch's `check` raises.
    """
    file, wanted, limit = batch.file, batch.mode, batch.most_attached
    size = file.size or 0
    auto = wanted is DeliveryMode.AUTO
    zips = DeliveryMode.ZIP not in passed and _may_fit(size, limit)
    if wanted is DeliveryMode.LINK or (auto and not zips):
        yield DeliveryMode.LINK, None
    elif wanted is DeliveryMode.ATTACH or (
        auto and DeliveryMode.ATTACH not in passed and encoded(size) <= limit
    ):
        yield DeliveryMode.ATTACH, _attachable(file, most)
    else:
        with batch.draft() as draft:
            with writing():
                _zip(batch, draft)
            zipped = Attachment(draft, f"{file.name}.zip", draft.stat().st_size, ZIP_MIME)
            packed = zipped.size or 0
            useless = DeliveryMode.ATTACH in passed and packed >= size
            if auto and (useless or encoded(packed) > limit):
                yield DeliveryMode.LINK, None
            else:
                yield DeliveryMode.ZIP, _attachable(zipped, most)


def _may_fit(size: int, limit: int) -> bool:
    return encoded(size) <= limit or size <= SHRINKS * limit


def _attachable(file: Attachment, most: int) -> Attachment:
    size = file.size or 0
    if encoded(size) > most:
        raise RunError(
            f"the file is too large to be attached ({humanize.size(size)}): {WAY_OUT}",
            code="attachment_too_large",
        )
    return file


def _zip(batch: Batch, path: Path) -> None:
    file = batch.file
    with (
        Package(path) as package,
        file.path.open("rb") as source,
        package.part(file.name, file.size or 0) as part,
    ):
        while block := source.read(BLOCK):
            batch.check()
            part.write(block)
