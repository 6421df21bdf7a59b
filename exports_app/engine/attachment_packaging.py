"""What goes with the messages of a run: the file itself, a ZIP with it, or a link to it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from exports_app.domain import humanize
from exports_app.domain.errors import RunError
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.engine.file_writer import writing
from exports_app.services.core.extension_points import Attachment, Channel, LimitsAttachments
from exports_app.services.core.interfaces import FileStore
from exports_app.services.delivery.channels import attaches
from exports_app.zipped import Package

SHRINKS = 25
"""The best compression ratio of text with repeated values: a file larger than so many times the
limit is not packed."""
BLOCK = 1 << 20
ZIP_MIME = "application/zip"


@contextmanager
def pack(
    files: FileStore,
    file: Attachment,
    wanted: DeliveryMode,
    channel: Channel,
    limit: int,
    check: Callable[[], None],
    passed: Collection[DeliveryMode] = (),
) -> Iterator[tuple[DeliveryMode, Attachment | None]]:
    """The mode that is used, and the attachment, which is there until the context is left.

    wanted: AUTO takes the first mode that fits: attached, as ZIP, as a link; but none of `passed`,
    which the receiving server refused as too large. limit: bytes that AUTO may attach, in the
    encoding of the message. check: called between blocks; what it raises ends the packing. Raises
    RunError where the attachment is too large for any message of the channel.
    """
    size = file.size or 0
    auto = wanted is DeliveryMode.AUTO
    zips = DeliveryMode.ZIP not in passed and _may_fit(channel, size, limit)
    if wanted is DeliveryMode.LINK or (auto and not zips):
        yield DeliveryMode.LINK, None
    elif wanted is DeliveryMode.ATTACH or (
        auto and DeliveryMode.ATTACH not in passed and attaches(channel, size, limit)
    ):
        yield DeliveryMode.ATTACH, _attachable(channel, file)
    else:
        with files.draft() as draft:
            with writing():
                _zip(file, draft, check)
            zipped = Attachment(draft, f"{file.name}.zip", draft.stat().st_size, ZIP_MIME)
            packed = zipped.size or 0
            useless = DeliveryMode.ATTACH in passed and packed >= size
            if auto and (useless or not attaches(channel, packed, limit)):
                yield DeliveryMode.LINK, None
            else:
                yield DeliveryMode.ZIP, _attachable(channel, zipped)


def _may_fit(channel: Channel, size: int, limit: int) -> bool:
    return attaches(channel, size, limit) or size <= SHRINKS * limit


def _attachable(channel: Channel, file: Attachment) -> Attachment:
    size = file.size or 0
    most = channel.most_attached if isinstance(channel, LimitsAttachments) else size
    if not attaches(channel, size, most):
        raise RunError(
            f"the file is too large to be attached ({humanize.size(size)}):"
            " send it as a link, or choose fewer days",
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
