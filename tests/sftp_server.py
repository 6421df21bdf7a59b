"""An SFTP server of the tests' own: it shows one folder, and fails as a test tells it to."""

import asyncio
import gc
import os
import socket
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import asyncssh

from tests.world import DEADLINE

USER, PASSWORD = "ann", "correct horse"


class Behaviour:
    """What a test changes while the server runs. before: called with the name of an operation and
    its path, e.g. ("rename", "/a"); it may raise an SFTPError. without: what is not offered."""

    def __init__(self) -> None:
        self.before: Callable[[str, str], None] = lambda operation, path: None
        self.seen: list[str] = []
        self.sign_ins = 0


class _Files(asyncssh.SFTPServer):
    behaviour: Behaviour
    root: Path

    def __init__(self, chan: asyncssh.SSHServerChannel) -> None:
        super().__init__(chan, chroot=os.fsencode(self.root))

    def _before(self, operation: str, path: bytes) -> None:
        self.behaviour.seen.append(operation)
        self.behaviour.before(operation, os.fsdecode(path))

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        self._before("read" if pflags == asyncssh.FXF_READ else "write", path)
        return super().open(path, pflags, attrs)

    def close(self, file_obj: object) -> Any:
        self._before("close", b"")
        return super().close(file_obj)

    def stat(self, path: bytes) -> Any:
        self._before("stat", path)
        return super().stat(path)

    def lstat(self, path: bytes) -> Any:
        self._before("lstat", path)
        return super().lstat(path)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> Any:
        self._before("mkdir", path)
        return super().mkdir(path, attrs)

    def remove(self, path: bytes) -> Any:
        self._before("remove", path)
        return super().remove(path)

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._before("rename", newpath)
        return super().rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._before("posix_rename", newpath)
        return super().posix_rename(oldpath, newpath)


class SftpServer:
    """Listens on a port of 127.0.0.1 until it is closed. keys: what it identifies itself with."""

    def __init__(self, root: Path, accepts: asyncssh.SSHKey | None = None) -> None:
        self.behaviour = Behaviour()
        kinds = ("ssh-ed25519", "ecdsa-sha2-nistp256")
        self.keys = [asyncssh.generate_private_key(kind) for kind in kinds]
        self._accepts = accepts
        self._root = root
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._started: Future[int] = Future()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)
        self._thread.start()
        self.port = self._started.result(DEADLINE)

    @property
    def host_keys(self) -> list[str]:
        return [f"{key.get_algorithm()} {key.get_fingerprint()}" for key in self.keys]

    def config(self, **values: Any) -> dict[str, Any]:
        """Of a destination here, by the names of the API."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": USER,
            "password": PASSWORD,
            "hostKey": self.host_keys[0],
            "name": "{schedule}.{format}",
            **values,
        }

    def drop(self) -> None:
        """End all connections without a word. To be called in the server's thread."""
        for connection in self._connections:
            connection.abort()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()
        self._connections.clear()
        # A connection that its client gave up within the handshake keeps its socket until it is
        # collected: here, and not as a fault of whatever test runs then
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        outer = self

        class Sign(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                outer._connections.append(conn)

            def begin_auth(self, username: str) -> bool:
                outer.behaviour.sign_ins += 1
                return True

            def password_auth_supported(self) -> bool:
                return outer._accepts is None

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == (USER, PASSWORD)

            def public_key_auth_supported(self) -> bool:
                return outer._accepts is not None

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return outer._accepts is not None and key == outer._accepts.convert_to_public()

        files = type("Files", (_Files,), {"behaviour": self.behaviour, "root": self._root})
        async with await asyncssh.listen(
            "127.0.0.1",
            0,
            family=socket.AF_INET,
            server_factory=Sign,
            server_host_keys=self.keys,
            sftp_factory=files,
            config=None,
        ) as server:
            self._started.set_result(server.get_port())
            await self._over.wait()
            server.close()
            for _ in range(10):  # one that was being accepted is known then
                await asyncio.sleep(0)
            self.drop()
            for connection in self._connections:
                await connection.wait_closed()
            await asyncio.sleep(0)  # their sockets are closed
