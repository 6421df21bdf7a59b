"""Files that a page's browser sends for an import. The page gets a one-time code, the browser sends
the file to the code's address, and the page then finds it under the same code.

A code and its file belong to one session and one tenant. Rights are checked when the code is made,
when the file begins to arrive, when it has arrived, and when it is read.
"""

import hashlib
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    Busy,
    FieldError,
    FileRemoved,
    Invalid,
    NotFound,
    SessionEnded,
    StoreAway,
    TooLarge,
    UnknownCode,
)
from exports_app.services.core.authorization import require
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.interfaces import UPLOAD_NAME, Clock, FileStore, Store, Transaction
from exports_app.services.core.rate_limits import RateLimit
from exports_app.services.core.records import Code, new_id
from exports_app.services.identity.sessions import Sessions, id_of

MIB = 1024 * 1024
LIMIT = 50 * MIB
"""Bytes of a file."""
TOO_LARGE = f"The file is larger than {LIMIT // MIB} MB: split it and import the parts"
CODE_LIFETIME = timedelta(minutes=5)
"""Until the file begins to arrive."""
KEPT = timedelta(hours=1)
"""How long a file is kept for the page, see `Retention`, which removes it."""
OF_SESSION = 3
"""Codes and files that a session has at a time. With one more, the oldest is removed."""
OF_USER = 2
"""Files that one user sends at a time to this server."""
AT_A_TIME = 20
"""Files that all users send at a time to this server."""
LONGEST_NAME = 255
"""Characters of a file name."""

WAITING, ARRIVED = "upload", "uploaded"
"""The purposes of codes."""
NOT_HERE = (
    "The file is not where this server keeps files: choose it again. If that does not help, the"
    " servers have different FILES_URL, and need the same one"
)
UNKNOWN = "This upload link works for one file only: choose the file again on the page"


@dataclass(frozen=True)
class UploadedFile:
    """name: as the browser gave it, without folders. path: a local file, to be opened at once."""

    tenant_id: str
    name: str
    path: Path


@dataclass(frozen=True)
class Incoming:
    """A file that is about to arrive. path: where to write it."""

    who: Principal
    session_id: str
    tenant_id: str
    name: str
    code_hash: str
    path: Path


class Uploads:
    """limit: on the codes of one user."""

    def __init__(
        self, store: Store, files: FileStore, clock: Clock, sessions: Sessions, limit: RateLimit
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._sessions = sessions
        self._limit = limit
        self._open = Counter[str]()
        self._opening = threading.Lock()

    def begin(self, who: Principal, session_id: str, tenant_id: str, name: str, size: int) -> str:
        """A code for one file, to be sent within CODE_LIFETIME. name, size: the file's, in bytes.
        Raises NotFound, Forbidden, Invalid, TooLarge, TooManyRequests, and Unauthenticated when the
        session is over."""
        require(who, Permission.CAMPAIGNS, tenant_id)
        if size > LIMIT:
            raise TooLarge(TOO_LARGE)
        if size < 1:
            raise Invalid([FieldError("/size", "the file is empty: choose another one")])
        name = plain_name(name)
        self._limit.hit(who.user_id)
        code, content = secrets.token_urlsafe(32), {"tenant_id": tenant_id, "name": name}
        with write_as(self._store, who) as (tx, who):
            self._require(tx, who, session_id, tenant_id)
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
            dropped = self._make_room(tx, session_id)
            expires_at = self._clock() + CODE_LIFETIME
            tx.codes.add(
                Code(_hash(code), WAITING, id_of(session_id), who.user_id, content, expires_at)
            )
        self._remove(dropped)
        return code

    @contextmanager
    def receive(self, code: str, session_id: str) -> Iterator[Incoming]:
        """The file of a code, to be written to `Incoming.path` and then given to `keep`. The code
        is used up. What was not kept is removed at the end.

        Raises Unauthenticated without a live session, NotFound for a code that is not this
        session's or no longer good, Forbidden, StoreAway, and Busy, which leaves the code valid.
        """
        visit = self._sessions.visit(session_id)
        if visit is None:
            raise SessionEnded("Your session has ended: sign in again, then choose the file again")
        who, code_hash = visit.who, _hash(code)
        with self.place_for(who.user_id):
            with self._store.write() as tx:
                waiting = tx.codes.take(code_hash, WAITING, id_of(session_id), self._clock())
            if waiting is None:
                raise UnknownCode(UNKNOWN)
            tenant_id, name = waiting.content["tenant_id"], waiting.content["name"]
            require(who, Permission.CAMPAIGNS, tenant_id)
            with self._files.draft() as path:
                yield Incoming(who, session_id, tenant_id, name, code_hash, path)

    def keep(self, incoming: Incoming) -> None:
        """Keep the file, which has arrived as a whole, for KEPT. Raises NotFound, Forbidden,
        Unauthenticated where the sender's rights ended meanwhile, and StoreAway."""
        key = f"{incoming.tenant_id}/{new_id()}/{UPLOAD_NAME}"
        self._check(incoming)
        self._files.keep(incoming.path, key)
        try:
            dropped = self._note(incoming, key)
        except BaseException:
            self._remove([key])
            raise
        self._remove(dropped)

    def find(self, who: Principal, session_id: str, code: str) -> UploadedFile:
        """The file that was sent to the code's address. Raises NotFound where there is none in this
        session, Forbidden, Gone, StoreAway."""
        with self._store.read() as tx:
            arrived = tx.codes.find(_hash(code), ARRIVED, id_of(session_id), self._clock())
        if arrived is None or arrived.user_id != who.user_id:
            raise UnknownCode("The file is no longer available: choose it again")
        require(who, Permission.CAMPAIGNS, arrived.content["tenant_id"])
        path = self._files.find(arrived.content["key"])
        if path is None:
            raise FileRemoved(NOT_HERE)
        return UploadedFile(arrived.content["tenant_id"], arrived.content["name"], path)

    def forget(self, who: Principal, session_id: str, code: str) -> None:
        """Remove the file that was sent to the code's address, if there is one."""
        with write_as(self._store, who) as (tx, who):
            arrived = tx.codes.take(_hash(code), ARRIVED, id_of(session_id), self._clock())
        if arrived is not None:
            self._remove([arrived.content["key"]])

    def _check(self, incoming: Incoming) -> None:
        with write_as(self._store, incoming.who) as (tx, who):
            self._require(tx, who, incoming.session_id, incoming.tenant_id)

    def _note(self, incoming: Incoming, key: str) -> list[str]:
        """Returns the keys of files that made room for it."""
        content = {"tenant_id": incoming.tenant_id, "name": incoming.name, "key": key}
        with write_as(self._store, incoming.who) as (tx, who):
            self._require(tx, who, incoming.session_id, incoming.tenant_id)
            dropped = self._make_room(tx, incoming.session_id)
            tx.codes.add(
                Code(
                    incoming.code_hash,
                    ARRIVED,
                    id_of(incoming.session_id),
                    who.user_id,
                    content,
                    self._clock() + KEPT,
                )
            )
        return dropped

    def _require(self, tx: Transaction, who: Principal, session_id: str, tenant_id: str) -> None:
        require(who, Permission.CAMPAIGNS, tenant_id)
        live = tx.sessions.live(id_of(session_id), self._clock())
        if live is None or live[1].id != who.user_id:
            raise SessionEnded

    def _make_room(self, tx: Transaction, session_id: str) -> list[str]:
        """Remove the session's oldest codes, so that there is room for one more. Returns the keys
        of their files."""
        now, holder = self._clock(), id_of(session_id)
        held = [
            code
            for purpose in (WAITING, ARRIVED)
            for code in tx.codes.of_holder(purpose, holder, now)
        ]
        begun = {WAITING: CODE_LIFETIME, ARRIVED: KEPT}
        held.sort(key=lambda code: code.expires_at - begun[code.purpose])
        taken = [
            tx.codes.take(code.code_hash, code.purpose, holder, now)
            for code in held[: max(0, len(held) - OF_SESSION + 1)]
        ]
        return [code.content["key"] for code in taken if code and "key" in code.content]

    @contextmanager
    def place_for(self, user_id: str) -> Iterator[None]:
        """Among the files that arrive at a time, within the block. Raises Busy."""
        with self._opening:
            if self._open[user_id] >= OF_USER or self._open.total() >= AT_A_TIME:
                raise Busy(
                    5,
                    "Too many uploads right now: wait a few seconds, then try again",
                )
            self._open[user_id] += 1
        try:
            yield
        finally:
            with self._opening:
                self._open[user_id] -= 1
                self._open += Counter()  # forgets those with none

    def _remove(self, keys: list[str]) -> None:
        for key in keys:
            with suppress(OSError, StoreAway):  # `Retention` removes it later
                self._files.remove(key)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def plain_name(name: str) -> str:
    """The name without folders, which some browsers give, and without what cannot be shown."""
    last = name[-4 * LONGEST_NAME :].replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if c.isprintable())
    return shown[-LONGEST_NAME:].strip() or "file"
