"""Whether this process fits the installation: servers and workers over one database need the same
keys, the same store of files and the same default time zone. A start notes them in the database,
and compares them from then on."""

import errno
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from exports_app import log
from exports_app.domain.errors import ExportsError, Unavailable
from exports_app.services.audit import audit_log
from exports_app.services.core.interfaces import Clock, FileStore, Store
from exports_app.services.core.records import Action, InstallationRecord, new_id
from exports_app.services.keys.derived_keys import FINGERPRINTS, Keys
from exports_app.services.keys.fingerprints import fingerprint, is_among

FULL = {errno.ENOSPC, errno.EDQUOT}
ATTEMPTS = 5
"""At noting, while other processes do so at the same time."""
ACCEPT = "stop all servers and workers and run 'python -m exports_app accept-settings'"
NAMES = {
    "signing_key": "secret key",
    "encryption_key": "encryption key",
    "file_store": "file store",
    "time_zone": "time zone",
}
"""Of the record's fields, for people."""
LOST_KEY = f"if it is lost for good, {ACCEPT}"

_log = log.get(__name__)


@dataclass(frozen=True)
class Mismatch:
    """code: stable. message: one line, which says what to do."""

    code: str
    message: str


class Misfit(ExportsError):
    """This process does not fit the installation."""

    code = "misfit"


@dataclass(frozen=True)
class _Seen:
    """record: what to note, where there is no mismatch."""

    record: InstallationRecord
    mismatches: list[Mismatch]


class Installation:
    """signing, encryption: the keys of this process. alone: no other process works on the database
    at the same time, so that another time zone is a new setting and no mistake."""

    def __init__(
        self,
        store: Store,
        files: FileStore,
        clock: Clock,
        signing: Keys,
        encryption: Keys,
        time_zone: str,
        *,
        alone: bool,
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._signing = partial(signing.accepted, FINGERPRINTS)
        self._encryption = partial(encryption.accepted, FINGERPRINTS)
        self._time_zone = time_zone
        self._alone = alone

    def mismatches(self) -> list[Mismatch]:
        """What does not fit. Writes nothing. Raises Unavailable, StoreAway."""
        noted = self._noted()
        return [] if noted is None else self._see_all(noted).mismatches

    def confirm(self) -> None:
        """Compare what is noted with what this process has, and note what is new: at the first
        start everything, after a rotation the newest keys. Raises Misfit, Unavailable,
        StoreAway."""
        self._note(self._see_all, identify=True)

    def confirm_keys(self) -> None:
        """As `confirm`, of the keys alone. Raises Misfit, Unavailable."""
        self._note(self._see_keys, identify=False)

    def _note(self, see: Callable[[InstallationRecord], _Seen], *, identify: bool) -> None:
        for _ in range(ATTEMPTS):
            noted = self._noted() or self._begin()
            seen = see(noted)
            if seen.mismatches:
                raise Misfit(seen.mismatches[0].message)
            new = seen.record
            if identify and not new.file_store:
                new = replace(new, file_store=self._identify())
            if new == noted or self._replace(noted, new):
                return
        raise Unavailable

    def _identify(self) -> str:
        """The store's id; empty where its disk is full, on which the app waits for room."""
        try:
            return self._files.identify(new_id())
        except OSError as e:
            if e.errno not in FULL:
                raise
            _log.warning("the disk of the files is full: the next start notes its store's id")
            return ""

    def accept(self) -> list[str]:
        """Note what this process has, whatever was noted, with an audit entry where that changes
        something. No other process may run. Returns the names of what changed. Raises Unavailable,
        StoreAway."""
        noted = self._noted() or self._begin()
        new = replace(
            self._with_keys(noted),
            file_store=self._files.identity() or self._files.identify(new_id()),
            time_zone=self._time_zone,
        )
        accepted = [
            text for name, text in NAMES.items() if getattr(noted, name) != getattr(new, name)
        ]
        with self._store.write() as tx:
            if not tx.installation.replace(noted, new):
                raise Unavailable
            if accepted:
                audit_log.note(
                    *(tx, audit_log.COMMAND_LINE, Action.SETTINGS_ACCEPTED, self._clock()),
                    tenant_id=None,
                    subject_id=None,
                    subject_name=", ".join(accepted),
                )
        return accepted

    def forget_file_store(self) -> None:
        """The next start notes the store that it finds, because files were put there from a backup.
        Raises Unavailable."""
        noted = self._noted()
        if noted is not None:
            self._replace(noted, replace(noted, file_store=""))

    def _noted(self) -> InstallationRecord | None:
        with self._store.read() as tx:
            return tx.installation.noted()

    def _begin(self) -> InstallationRecord:
        with self._store.write() as tx:
            tx.installation.add(InstallationRecord(salt=secrets.token_hex(16)))
            begun = tx.installation.noted()
        assert begun is not None
        return begun

    def _replace(self, old: InstallationRecord, new: InstallationRecord) -> bool:
        with self._store.write() as tx:
            return tx.installation.replace(old, new)

    def _see_all(self, noted: InstallationRecord) -> _Seen:
        seen = self._see_keys(noted)
        store = self._files.identity()
        if noted.file_store not in {"", store}:
            seen.mismatches.append(OTHER_FILE_STORE if store else NO_FILE_STORE)
        if noted.time_zone not in {"", self._time_zone} and not self._alone:
            seen.mismatches.append(_zone_mismatch(noted.time_zone, self._time_zone))
        record = replace(seen.record, file_store=store, time_zone=self._time_zone)
        return _Seen(record, seen.mismatches)

    def _see_keys(self, noted: InstallationRecord) -> _Seen:
        mismatches = [
            mismatch
            for kept, keys, mismatch in (
                (noted.signing_key, self._signing(), SIGNING),
                (noted.encryption_key, self._encryption(), ENCRYPTION),
            )
            if kept and not is_among(kept, keys, noted.salt)
        ]
        return _Seen(self._with_keys(noted), mismatches)

    def _with_keys(self, noted: InstallationRecord) -> InstallationRecord:
        """With the newest keys of this process."""
        return replace(
            noted,
            signing_key=fingerprint(self._signing()[0], noted.salt),
            encryption_key=fingerprint(self._encryption()[0], noted.salt),
        )


SIGNING = Mismatch(
    "secret_key_differs",
    "SECRET_KEY is not the key that this installation uses: set the one that the other servers and"
    " workers have (or had). If it is a new one, add the old one to SECRET_KEY_PREVIOUS, as"
    f" docs/secrets.md, Rotating keys, says; {LOST_KEY}",
)
ENCRYPTION = Mismatch(
    "encryption_key_differs",
    "ENCRYPTION_KEY is not the key that this installation uses: set the one that the other servers"
    " and workers have (or had). If it is a new one, add the old one to ENCRYPTION_KEY_PREVIOUS;"
    f" {LOST_KEY}",
)
NO_FILE_STORE = Mismatch(
    "file_store_differs",
    "FILES_URL is not where this installation keeps its files: a file store_id is missing there."
    " Set the FILES_URL (or DATA_DIR) of the other servers and workers, and check that the folder"
    f" is mounted; if its files are lost or in a new place, {ACCEPT}",
)
OTHER_FILE_STORE = Mismatch(
    "file_store_differs",
    "FILES_URL is not where this installation keeps its files: store_id there is that of another"
    " store. Set the FILES_URL (or DATA_DIR) of the other servers and workers; if the files are in"
    f" a new place, {ACCEPT}",
)


def _zone_mismatch(noted: str, ours: str) -> Mismatch:
    return Mismatch(
        "time_zone_differs",
        f"TZ is {ours} here, and {noted} in this installation: set TZ={noted} here, or, to change"
        f" it everywhere, {ACCEPT}",
    )
