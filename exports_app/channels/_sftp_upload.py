"""Writing files over SFTP: under a hidden name, which is changed once all of it is there."""

import hashlib
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import asyncssh

from exports_app.channels._sftp_config import SftpConfig
from exports_app.channels._sftp_connection import answer, briefly, said
from exports_app.domain import name_templates
from exports_app.domain.errors import DeliveryError
from exports_app.services.core.extension_points import FileDelivery
from exports_app.services.core.extension_points.destinations import BLOCK

AT_ONCE = 2 * BLOCK
"""Bytes that are under way at a time: with less, a distant server would be slow."""
_FOR_GOOD = (
    asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPNoSuchFile,
    asyncssh.SFTPNoSuchPath,
    asyncssh.SFTPNotADirectory,
    asyncssh.SFTPOpUnsupported,
    asyncssh.SFTPWriteProtect,
    asyncssh.SFTPInvalidFilename,
)
_LOST = (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost)


def most_seconds(size: int) -> float:
    """For a file of this many bytes: 10 minutes, and 50 KB a second."""
    return 600 + size / 50_000


class Upload:
    """is_unclear: whether the file was being given its name, and the server has not answered."""

    def __init__(self, delivery: FileDelivery) -> None:
        self.is_unclear = False
        self._delivery = delivery
        self._config: SftpConfig = delivery.config
        self._size = 0

    async def run(self, sftp: asyncssh.SFTPClient) -> str:
        """Returns the path of the file. Raises DeliveryError, and errors of asyncssh."""
        config, delivery = self._config, self._delivery
        *parents, name = name_templates.rendered(config.name, delivery.names).split("/")
        folder = config.folder
        for parent in parents:
            folder = _joined(folder, parent)
            await _make(sftp, folder)
        draft = _joined(folder, f".{delivery.id}.part")
        try:
            await self._write(sftp, draft)
            return await self._put(sftp, draft, folder, name)
        except BaseException:
            await _remove(sftp, draft)
            raise

    async def _write(self, sftp: asyncssh.SFTPClient, draft: str) -> None:
        at = 0
        with reporting(draft, "be written"):
            file = await answer(sftp.open(draft, "wb"))
            try:
                for block in self._delivery.blocks(AT_ONCE):
                    await answer(file.write(block, at))
                    at += len(block)
                with suppress(asyncssh.SFTPOpUnsupported):
                    await answer(file.fsync())
            except BaseException:
                await briefly(file.close())  # some servers remove no open file
                raise
            await answer(file.close())
            there = (await answer(sftp.stat(draft))).size if self._config.check_size else None
        self._size = at
        if there is not None and there != at:
            raise DeliveryError(
                f"the server has {there:,} bytes of {at:,}: see whether it has room left",
                permanent=False,
            )

    async def _put(self, sftp: asyncssh.SFTPClient, draft: str, folder: str, name: str) -> str:
        """Give the draft its name. A file with the same content was written by an earlier
        attempt. Without a rename that replaces, a taken name gets an addition."""
        path = _joined(folder, name)
        if self._config.overwrite:
            with reporting(path, "be replaced"), suppress(asyncssh.SFTPOpUnsupported):
                await self._rename(sftp.posix_rename(draft, path))
                return path
        if await self._is_named(sftp, draft, path):
            return path
        if self._config.overwrite:
            stem, dot, extension = name.rpartition(".")
            addition = self._delivery.id[:8]
            unique = f"{stem}-{addition}.{extension}" if dot else f"{name}-{addition}"
            path = _joined(folder, unique)
            if await self._is_named(sftp, draft, path):
                return path
        raise DeliveryError(
            f"there is another file {path} already: put {{run}} or {{tick:%Y-%m-%d_%H%M}} into the"
            " file name, or have it replaced"
        )

    async def _is_named(self, sftp: asyncssh.SFTPClient, draft: str, path: str) -> bool:
        """False where there is another file of this name. Some servers would replace it."""
        if not await _is_there(sftp, path):
            try:
                await self._rename(sftp.rename(draft, path))
            except _LOST:
                raise
            except asyncssh.SFTPError:
                if not await _is_there(sftp, path):
                    with reporting(path, "be written"):
                        raise
            else:
                return True
        if not await self._is_same(sftp, path):
            return False
        await _remove(sftp, draft)
        return True

    async def _rename(self, asked: Coroutine[Any, Any, None]) -> None:
        self.is_unclear = True
        try:
            await answer(asked)
        except asyncssh.SFTPError as e:
            self.is_unclear = isinstance(e, _LOST)
            raise
        self.is_unclear = False

    async def _is_same(self, sftp: asyncssh.SFTPClient, path: str) -> bool:
        """Whether a file there has the content; False where the server does not show it."""
        size, digest, read = self._size, hashlib.sha256(), 0
        try:
            if (await answer(sftp.stat(path))).size != size:
                return False
            file = await answer(sftp.open(path, "rb"))
            try:
                while read <= size and (block := await answer(file.read(AT_ONCE, read))):
                    digest.update(cast("bytes", block))
                    read += len(block)
            finally:
                await answer(file.close())
        except _LOST:
            raise
        except asyncssh.SFTPError:
            return False
        return digest.hexdigest() == self._delivery.sha256


class Probe:
    """Does what a delivery does, and removes it."""

    def __init__(self, config: SftpConfig, probe_id: str) -> None:
        folder = config.folder
        self._draft = _joined(folder, f".{probe_id}.part")
        self._named = _joined(folder, f".{probe_id}.test")

    async def run(self, sftp: asyncssh.SFTPClient) -> None:
        """Raises DeliveryError, and errors of asyncssh."""
        try:
            with reporting(self._draft, "be written"):
                file = await answer(sftp.open(self._draft, "wb"))
                try:
                    await answer(file.write(b"test\n", 0))
                finally:
                    await answer(file.close())
            with reporting(self._draft, "be renamed"):
                await answer(sftp.rename(self._draft, self._named))
            with reporting(self._named, "be removed"):
                await answer(sftp.remove(self._named))
        except BaseException:
            await _remove(sftp, self._draft)
            raise


@contextmanager
def reporting(path: str, what: str) -> Iterator[None]:
    """A refusal of the server, in words. Raises DeliveryError."""
    try:
        yield
    except _LOST:
        raise
    except asyncssh.SFTPError as e:
        is_for_good = isinstance(e, _FOR_GOOD)
        fix = ". Check the folder, and what the account may do there" if is_for_good else ""
        raise DeliveryError(f"{path} cannot {what}: {said(e)}{fix}", permanent=is_for_good) from e


def _joined(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name


async def _is_there(sftp: asyncssh.SFTPClient, path: str) -> bool:
    """False where the server does not tell, too: the rename shows it then."""
    try:
        await answer(sftp.lstat(path))
    except _LOST:
        raise
    except asyncssh.SFTPError:
        return False
    return True


async def _make(sftp: asyncssh.SFTPClient, folder: str) -> None:
    try:
        await answer(sftp.mkdir(folder))
    except _LOST:
        raise
    except asyncssh.SFTPError:
        if not await _is_there(sftp, folder):
            with reporting(folder, "be made"):
                raise


async def _remove(sftp: asyncssh.SFTPClient, path: str) -> None:
    """Where that fails, the next attempt writes over it."""
    await briefly(sftp.remove(path))
