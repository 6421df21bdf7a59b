"""Housekeeping of the audit: gives new entries their positions in the chains, seals them, and
removes exported ones.

An entry is queued in the transaction that writes it, and gets its position here. So an entry that
commits late gets its position late, and none falls between two seals, whatever its `at`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from exports_app import log
from exports_app.domain import audit_chain
from exports_app.domain.errors import ExportsError
from exports_app.services.audit import audit_log
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, ChainedEntry, Checkpoint, Seal, new_id
from exports_app.services.keys.derived_keys import AUDIT_SEALS, Keys

BATCH = 500
"""Entries in one transaction, which blocks other writers on SQLite."""
REMOVE = 200
"""Entries or seals removed in one transaction."""

_log = log.get(__name__)


class Seals:
    """keep_days: how long exported entries are kept; None: for ever."""

    def __init__(
        self, store: Store, clock: Clock, keys: Keys, keep_days: int | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys
        self._keep_days = keep_days

    def seal(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Seal all queued entries, in batches. While another server seals, returns at once.

        stopped: checked between batches. Returns the number of entries. Raises Unavailable.
        """
        sealed = 0
        while not stopped():
            with self._store.read() as tx:
                if not (tx.audit_chain.waiting(1) or self._key_changed(tx)):
                    break
            with self._store.write() as tx:
                count = self._seal_batch(tx) if tx.audit_chain.try_lock() else 0
            sealed += count
            if count < BATCH:
                break
        return sealed

    def _seal_batch(self, tx: Transaction) -> int:
        """While this process holds the lock."""
        if self._key_changed(tx):
            self._add(tx, "", 0, 0, "")
        entries = sorted(tx.audit_chain.waiting(BATCH), key=_chain)
        for chain, group in groupby(entries, key=_chain):
            links = self._link(tx, chain, list(group))
            self._add(tx, chain, links[-1].position, len(links), links[-1].hash)
        return len(entries)

    def _link(
        self, tx: Transaction, chain: str, entries: Sequence[dict[str, Any]]
    ) -> list[ChainedEntry]:
        last = tx.audit_chain.last_link(chain)
        position, previous = (
            (last.position, last.hash) if last else (0, audit_chain.beginning(chain))
        )
        links = []
        for fields in entries:
            position += 1
            previous = audit_chain.link(previous, position, fields)
            links.append(ChainedEntry(position, previous, fields["id"]))
        tx.audit_chain.add_links(chain, links)
        return links

    def _add(self, tx: Transaction, chain: str, position: int, entries: int, hashed: str) -> None:
        last = tx.audit_chain.last_seal()
        known = last is None or is_sealed(self._keys, last)
        if last is not None and not known:
            _log.error(
                "the audit's last seal was not made with this SECRET_KEY: run audit verify",
                seal=last.number,
            )
        number, previous = (last.number + 1, last.signature) if last else (1, "")
        seal = Seal(number, chain, position, entries, hashed, self._clock(), not known, previous)
        tx.audit_chain.add_seal(
            replace(
                seal, signature=audit_chain.sign(self._keys.current(AUDIT_SEALS), content_of(seal))
            )
        )
        # In logs on another machine, this line cannot be changed from here
        _log.info(
            "audit sealed",
            seal=number,
            chain=chain,
            position=position,
            entries=entries,
            hash=hashed,
        )

    def _key_changed(self, tx: Transaction) -> bool:
        """Whether the last seal was signed with an earlier key that is still accepted. Then a seal
        with the current key follows at once, while both keys are there."""
        last = tx.audit_chain.last_seal()
        if last is None or self._is_current(last):
            return False
        return is_sealed(self._keys, last)

    def sign_again(self) -> int:
        """Call it after a rotation of keys, while earlier keys are still accepted: the last seal
        and the newest checkpoint of each chain are signed with the current key. Returns the number
        of signed checkpoints. Raises ExportsError while another server seals with an earlier key;
        Unavailable."""
        self.seal()
        with self._store.read() as tx:
            if self._key_changed(tx):
                raise ExportsError("a server is sealing the audit log right now: run this again")
            checkpoints = [tx.audit_chain.checkpoint(chain) for chain in tx.audit_chain.chains()]
        earlier = [
            checkpoint
            for checkpoint in checkpoints
            if checkpoint and is_valid(self._keys, checkpoint) and not self._is_current(checkpoint)
        ]
        for checkpoint in earlier:
            with self._store.write() as tx:
                tx.audit_chain.add_checkpoint(self._signed_again(checkpoint))
        return len(earlier)

    def _signed_again(self, checkpoint: Checkpoint) -> Checkpoint:
        # The newest checkpoint, also if a clock was set back
        at = max(self._clock(), checkpoint.at + timedelta(microseconds=1))
        plain = replace(checkpoint, id=new_id(), at=at)
        return replace(
            plain, signature=audit_chain.sign(self._keys.current(AUDIT_SEALS), content_of(plain))
        )

    def _is_current(self, record: Seal | Checkpoint) -> bool:
        """Whether it was signed with the current key."""
        return audit_chain.is_signed(
            [self._keys.current(AUDIT_SEALS)], content_of(record), record.signature
        )

    def sweep(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Remove exported entries that are older than keep_days. Returns their number. Raises
        Unavailable."""
        if self._keep_days is None:
            return 0
        before = self._clock() - timedelta(days=self._keep_days)
        with self._store.read() as tx:
            checkpoints = [tx.audit_chain.checkpoint(chain) for chain in tx.audit_chain.chains()]
        removed = sum(
            self._shorten(checkpoint, before, stopped)
            for checkpoint in checkpoints
            if checkpoint and is_valid(self._keys, checkpoint)
        )
        while not stopped() and self._remove_seals():
            pass
        return removed

    def _remove_seals(self) -> bool:
        """Remove a batch of seals without entries. Returns whether there was one."""
        with self._store.write() as tx:
            up_to = tx.audit_chain.unneeded_seals(REMOVE) if tx.audit_chain.try_lock() else None
            if up_to is None:
                return False
            self._add(tx, "", up_to, 0, "")  # a signed record that these seals may be missing
            tx.audit_chain.remove_seals(up_to)
            return True

    def _shorten(
        self, checkpoint: Checkpoint, before: datetime, stopped: Callable[[], bool]
    ) -> int:
        removed = 0
        count = REMOVE
        while count == REMOVE and not stopped():
            with self._store.write() as tx:
                count = tx.audit_chain.remove(checkpoint.chain, checkpoint.position, before, REMOVE)
            removed += count
        if removed:
            with self._store.write() as tx:
                audit_log.note(
                    *(tx, audit_log.APP, Action.AUDIT_REMOVED, self._clock()),
                    tenant_id=audit_chain.tenant_of(checkpoint.chain),
                    subject_id=None,
                    subject_name="entries that an export holds",
                    entries=removed,
                    made_before=before.isoformat(),
                )
            _log.info("old audit entries removed", chain=checkpoint.chain, entries=removed)
        return removed


def _chain(fields: dict[str, Any]) -> str:
    return audit_chain.chain_of(fields["tenant_id"])


def content_of(record: Seal | Checkpoint) -> dict[str, Any]:
    """The content that is signed."""
    content = asdict(record) | {"at": record.at.isoformat(timespec="microseconds")}
    del content["signature"]
    return content


def is_sealed(keys: Keys, seal: Seal) -> bool:
    """Whether it was signed with an accepted key."""
    return audit_chain.is_signed(keys.accepted(AUDIT_SEALS), content_of(seal), seal.signature)


def is_valid(keys: Keys, checkpoint: Checkpoint) -> bool:
    """Whether it was signed with an accepted key."""
    return audit_chain.is_signed(
        keys.accepted(AUDIT_SEALS), content_of(checkpoint), checkpoint.signature
    )
