"""A folder on the server: a mounted share, or one that another program watches."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, field_validator

from exports_app import environment
from exports_app.domain import name_templates
from exports_app.domain.errors import DeliveryError
from exports_app.services.core.extension_points import (
    CHANNELS,
    FileDelivery,
    Receipt,
    Stage,
    Trial,
    TrialResult,
)
from exports_app.services.core.extension_points.channel_config import ChannelConfig, NameTemplate
from exports_app.services.core.extension_points.destinations import BLOCK

NOT_SET = "no folders are set on this server: set EXPORT_FOLDERS"
NO_LINK = "is a link or a file: only real folders are written to"
_LASTING = frozenset(
    {
        *(errno.EISDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG),
        *(errno.EACCES, errno.EPERM, errno.EROFS),
    }
)
"""Errors that another attempt meets too."""
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class FolderSettings(BaseModel):
    """export_folders: absolute paths, separated by commas."""

    export_folders: str = ""

    @field_validator("export_folders")
    @classmethod
    def _are_absolute(cls, value: str) -> str:
        for path in _split(value):
            if not Path(path).is_absolute() or ".." in Path(path).parts:
                raise ValueError("use absolute paths, separated by commas")
        if nested := _nested(value):
            raise ValueError(nested)
        return value


def _split(value: str) -> list[str]:
    return [path.rstrip("/") or "/" for part in value.split(",") if (path := part.strip())]


@cache
def _nested(value: str) -> str | None:
    """Why two folders are not apart: a tenant's part of one would be the whole of the other, or
    another tenant's part of it. None where they are. Links are resolved once for the process."""
    paths = _split(value)
    for inner, outer in permutations(paths, 2):
        if Path(os.path.realpath(inner)).is_relative_to(os.path.realpath(outer)):
            return f"{inner} is in {outer}, or the same folder: name folders that are apart"
    return None


def roots() -> list[str]:
    """Raises SettingsError."""
    read: FolderSettings = environment.read(FolderSettings)
    return _split(read.export_folders)


def _choices(schema: dict[str, Any]) -> None:
    schema["enum"] = roots()


class FolderConfig(ChannelConfig):
    folder: str = Field(
        default_factory=lambda: next(iter(roots()), ""),
        title="Folder",
        description="One of this server's folders for exports. Each tenant has its own part of it.",
        max_length=1_000,
        json_schema_extra=_choices,
    )
    name: NameTemplate = Field(
        "{schedule}/{schedule}_{tick:%Y-%m-%d_%H%M}.{format}",
        title="File name",
        description="With / between folders, which are made where they are missing.",
    )
    overwrite: bool = Field(
        False,
        title="Replace a file of the same name",
        description="Otherwise the delivery fails where there is another file of this name.",
    )

    @field_validator("folder")
    @classmethod
    def _is_a_root(cls, value: str) -> str:
        if value not in (known := roots()):
            raise ValueError(f"must be one of {', '.join(known)}" if known else NOT_SET)
        return value


@CHANNELS.decorate
class Folder:
    key, label, icon = "folder", "Folder", "folder"
    description = "Writes the file to a folder on the server."
    stage = Stage.STORE
    most_bytes: int | None = None
    Config = FolderConfig

    def unconfigured(self) -> str | None:
        return None if roots() else NOT_SET

    def check(self) -> str:
        """Whether each folder can be written to."""
        for root in roots():
            if not (Path(root).is_dir() and os.access(root, os.W_OK | os.X_OK)):
                raise DeliveryError(f"{root} is not a folder that can be written to")
        return f"writes to {', '.join(roots())}"

    def describe(self, config: FolderConfig) -> str:
        return "/".join([config.folder.rstrip("/"), "{tenant}", config.name])

    def send(self, delivery: FileDelivery) -> Receipt:
        config = delivery.config
        *parents, name = name_templates.rendered(config.name, delivery.names).split("/")
        folders = [delivery.names.tenant, *parents]
        location = "/".join([config.folder.rstrip("/"), *folders, name])
        with _reporting(location), _opened(config.folder, folders) as folder:
            draft = f".{delivery.id}.part"
            try:
                _write(folder, draft, delivery.blocks())
                if config.overwrite:
                    os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
                else:
                    _put(folder, draft, name, delivery)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=folder)
            os.fsync(folder)
        return Receipt(location, delivery.report.file_size)

    def test(self, trial: Trial) -> TrialResult:
        config, tenant = trial.config, trial.names.tenant
        example = name_templates.rendered(config.name, trial.names)
        path = Path(config.folder, tenant)
        is_new = not path.exists()
        with _reporting(str(path)), _opened(config.folder, [tenant]) as folder:
            probe = f".{trial.id}.part"
            try:
                _write(folder, probe, iter([b"test\n"]))
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(probe, dir_fd=folder)
        if is_new:
            with suppress(OSError):  # a delivery has put something there
                path.rmdir()
        return TrialResult(
            f"A file was written and removed. For example, a run writes {path}/{example}."
        )


@contextmanager
def _reporting(location: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        if e.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise DeliveryError(f"{location}: a part of the path {NO_LINK}") from e
        raise DeliveryError(
            f"{location} cannot be written: {os.strerror(e.errno or 0)}",
            permanent=e.errno in _LASTING,
        ) from e


@contextmanager
def _opened(root: str, folders: list[str]) -> Iterator[int]:
    """The folder below the root, made where it is missing, one step at a time: no link leads out of
    the root."""
    here = os.open(root, _DIRECTORY)
    try:
        for name in folders:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=here)
            below = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


def _write(folder: int, name: str, blocks: Iterator[bytes]) -> None:
    """Always a new file: what an earlier attempt left under this name may be the delivered file,
    too, where the process ended between the two names."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o666, dir_fd=folder), "wb") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _put(folder: int, draft: str, name: str, delivery: FileDelivery) -> None:
    """Give the draft its name, unless there is another file of this name. One with the same content
    was written by an earlier attempt."""
    try:
        os.link(draft, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        size = os.stat(draft, dir_fd=folder).st_size
        if not _is_there(folder, name, size, delivery):
            raise DeliveryError(
                f"there is another file {name} already: put {{run}} or {{tick:%Y-%m-%d_%H%M}} into"
                " the file name, or have it replaced"
            ) from None
    except OSError as e:
        if e.errno in _NO_LINKS:
            raise DeliveryError(
                "the file system has no hard links: have files of the same name replaced"
            ) from e
        raise


def _is_there(folder: int, name: str, size: int, delivery: FileDelivery) -> bool:
    """Whether the file has the content of the delivery. What is no file, such as a named pipe, is
    not waited for."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    there = os.open(name, flags, dir_fd=folder)
    try:
        found = os.fstat(there)
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:
            return False
        digest = hashlib.sha256()
        while block := os.read(there, BLOCK):
            delivery.check()
            digest.update(block)
        return digest.hexdigest() == delivery.sha256
    finally:
        os.close(there)
