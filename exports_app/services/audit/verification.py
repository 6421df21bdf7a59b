"""Verification: whether audit entries were changed, removed, inserted or moved in the database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial

from exports_app.domain import audit_chain
from exports_app.domain.errors import ExportsError
from exports_app.services.audit.seals import is_sealed, is_valid
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import ChainedEntry, Checkpoint, Seal
from exports_app.services.keys.derived_keys import Keys

BATCH = 2_000

Progress = Callable[[int, int], None]
"""Called with the number of checked entries, and of all."""


@dataclass(frozen=True)
class CheckedChain:
    """A checked chain: the number of its entries, and the position and the hash of the last one.
    fault: the first thing that is wrong."""

    chain: str
    name: str
    entries: int
    position: int
    hash: str
    fault: str | None = None


@dataclass(frozen=True)
class VerificationReport:
    """faults: those of no single chain. waiting_since: the instant of the oldest entry that is not
    sealed yet."""

    chains: list[CheckedChain]
    faults: list[str]
    waiting_since: datetime | None

    @property
    def all_faults(self) -> list[str]:
        of_chains = [f"{chain.name}: {chain.fault}" for chain in self.chains if chain.fault]
        return of_chains + self.faults


@dataclass
class _Walk:
    """The progress of a chain's check."""

    position: int
    hash: str
    sealed: int
    """The position of the last seal so far; at first the latest one where seals may begin."""
    entries: int = 0
    is_first_seal: bool = True


@dataclass
class _Unproven:
    """Seals without a valid signature, until a later valid one follows."""

    pending: list[Seal] = field(default_factory=list)
    lasting: list[Seal] = field(default_factory=list)


class Verification:
    def __init__(self, store: Store, clock: Clock, keys: Keys) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys

    def check(
        self,
        slug: str | None = None,
        progress: Progress = lambda _done, _all: None,
        *,
        accept_key: bool = False,
    ) -> VerificationReport:
        """Compute all hashes anew. slug: of a tenant; None: all tenants and the installation.
        accept_key: also accept checkpoints signed with a key that this server no longer has. Raises
        ExportsError for an unknown slug, Unavailable."""
        with self._store.read() as tx:
            names = {tenant.id: f"tenant {tenant.slug}" for tenant in tx.tenants.within(None)}
            only = None if slug is None else _tenant(tx, slug)
            chains = tx.audit_chain.chains() if only is None else [only]
            total = tx.audit_chain.count_links(only)
            done = 0
            checked = []
            for chain in chains:
                tick = partial(_report, progress, done, total)
                result = self._chain(tx, chain, names.get(chain, chain), tick, accept_key)
                checked.append(result)
                done += result.entries
            faults = [*self._seals(tx), *_unsealed(tx)]
            return VerificationReport(checked, faults, tx.audit_chain.waiting_since())

    def _chain(
        self, tx: Transaction, chain: str, name: str, tick: Callable[[int], None], accept_key: bool
    ) -> CheckedChain:
        walk = _Walk(0, audit_chain.beginning(chain), 0)
        fault = self._walk(tx, chain, walk, tick, accept_key)
        return CheckedChain(chain, name, walk.entries, walk.position, walk.hash, fault)

    def _walk(
        self,
        tx: Transaction,
        chain: str,
        walk: _Walk,
        tick: Callable[[int], None],
        accept_key: bool,
    ) -> str | None:
        checkpoint = tx.audit_chain.checkpoint(chain)
        if checkpoint is not None and not (accept_key or is_valid(self._keys, checkpoint)):
            return (
                f"the checkpoint at position {checkpoint.position} was not made with this server's "
                "SECRET_KEY"
            )
        for link in _links(tx, chain):
            was_removed = (
                link.fields is None
                and walk.position == 0
                and checkpoint
                and link.position <= checkpoint.position
            )
            # This entry and all before it were removed after an export; the following ones must
            # still lead to the checkpoint
            if was_removed:
                walk.position = link.position
                walk.hash = link.hash
                walk.sealed = link.position
            elif fault := _step(chain, walk, link):
                return fault
            if checkpoint and link.position == checkpoint.position and link.hash != checkpoint.hash:
                return f"entries up to position {link.position} are not those that were exported"
            if walk.entries % BATCH == 0:
                tick(walk.entries)
        return _end(tx, chain, walk, checkpoint)

    def _seals(self, tx: Transaction) -> Iterator[str]:
        """The first fault in the sequence of seals."""
        unproven, last = _Unproven(), None
        missing, removed = 0, 0
        exported, looked_at = self._exported(tx), 0
        for seal in _all_seals(tx):
            missing = seal.number - 1 if last is None else missing
            removed = max(removed, seal.position) if not seal.chain else removed
            if last is not None and seal.number != last.number + 1:
                yield f"seal {last.number + 1} was removed"
                return
            if last is not None and seal.previous != last.signature:
                yield (
                    f"seal {seal.number} does not follow on seal {last.number}: one of the two was "
                    "changed"
                )
                return
            self._judge(seal, unproven)
            if seal.chain and seal.position <= exported(seal.chain):
                looked_at = seal.number
            last = seal
        if missing > removed:
            yield f"seal {removed + 1} was removed"
            return
        for seal in unproven.lasting + unproven.pending:
            # A seal without a chain is covered by the export of a later one
            if seal.position <= exported(seal.chain) if seal.chain else seal.number < looked_at:
                continue
            yield (
                f"seal {seal.number} (position {seal.position} of {seal.chain or 'no chain'}) was "
                "changed, or made with a"
                " SECRET_KEY that this server does not have"
            )
            return

    def _exported(self, tx: Transaction) -> Callable[[str], int]:
        """A function that returns the position up to which a chain was exported; 0 without a valid
        checkpoint."""

        @cache
        def position(chain: str) -> int:
            checkpoint = tx.audit_chain.checkpoint(chain)
            return checkpoint.position if checkpoint and is_valid(self._keys, checkpoint) else 0

        return position

    def _judge(self, seal: Seal, unproven: _Unproven) -> None:
        if not is_sealed(self._keys, seal):
            unproven.pending.append(seal)
        elif seal.begins_anew:  # its maker could not check the seals before either
            unproven.lasting += unproven.pending
            unproven.pending = []
        else:
            unproven.pending = []


def _report(progress: Progress, before: int, total: int, checked: int) -> None:
    """before: entries of the chains before. checked: entries of this one."""
    progress(before + checked, total)


def _tenant(tx: Transaction, slug: str) -> str:
    tenant = tx.tenants.by_slug(slug)
    if tenant is None:
        raise ExportsError(f"tenant {slug} does not exist")
    return tenant.id


def _links(tx: Transaction, chain: str) -> Iterator[ChainedEntry]:
    after = -1
    while batch := tx.audit_chain.links(chain, after, BATCH):
        yield from batch
        after = batch[-1].position


def _all_seals(tx: Transaction) -> Iterator[Seal]:
    after = 0
    while batch := tx.audit_chain.seals(after, BATCH):
        yield from batch
        after = batch[-1].number


def _step(chain: str, walk: _Walk, link: ChainedEntry) -> str | None:
    """Check the next entry. Returns its fault."""
    expected = walk.position + 1
    if link.position != expected:
        return f"the entry at position {expected} was removed"
    if link.fields is None:
        return f"entry {link.entry_id} at position {expected} was removed"
    at = f"entry {link.entry_id} at position {expected}"
    if audit_chain.chain_of(link.fields["tenant_id"]) != chain:
        return f"{at} was changed: it belongs to another tenant"
    if audit_chain.link(walk.hash, expected, link.fields) != link.hash:
        return f"{at} was changed, or put in another's place"
    walk.position = expected
    walk.hash = link.hash
    walk.entries += 1
    return _seal(walk, link, at) if link.seal else None


def _seal(walk: _Walk, link: ChainedEntry, at: str) -> str | None:
    assert link.seal is not None
    sealed_hash, entries = link.seal
    begins = link.position - entries
    if sealed_hash != link.hash:
        return f"{at} is not the one that was sealed: it, or the seal, was changed"
    # The first seal that is left may also cover entries that were removed after an export
    if begins != walk.sealed and not (walk.is_first_seal and begins < walk.sealed):
        return (
            f"{at} ends a seal of {entries} entries, where there are {link.position - walk.sealed}"
        )
    walk.sealed, walk.is_first_seal = link.position, False
    return None


def _end(tx: Transaction, chain: str, walk: _Walk, checkpoint: Checkpoint | None) -> str | None:
    if checkpoint and checkpoint.position > walk.position:
        return (
            f"the entries from position {walk.position + 1} to {checkpoint.position}, which were "
            "exported, are not there"
        )
    if seal := tx.audit_chain.first_without_link(chain, walk.position):
        return (
            f"the entries from position {walk.position + 1} on were removed: seal {seal.number} "
            "covers them"
        )
    if walk.position > walk.sealed:
        return f"the entry at position {walk.sealed + 1} was inserted: no seal covers it"
    return None


def _unsealed(tx: Transaction) -> Iterator[str]:
    if removed := tx.audit_chain.removed_unsealed_entry():
        yield f"entry {removed} was removed before it was sealed"
    if inserted := tx.audit_chain.entry_outside_chains():
        yield (
            f"entry {inserted} was inserted beside the chain: it has no place there and does not "
            "wait for one"
        )
