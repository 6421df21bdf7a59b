"""The export of the audit: a file that can be checked without the database. Entries that a file
holds may be removed from the database."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from exports_app.domain import audit_chain
from exports_app.domain.errors import ExportsError
from exports_app.services.audit import audit_log
from exports_app.services.audit.export_file import (
    FORMAT,
    Exported,
    FileReport,
    check_file,
    write_line,
)
from exports_app.services.audit.seals import Seals, content_of
from exports_app.services.audit.verification import CheckedChain, Verification
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, ChainedEntry, Checkpoint, new_id
from exports_app.services.keys.derived_keys import AUDIT_SEALS, Keys

BATCH = 1_000
"""Entries read from the database at a time."""


class AuditExport:
    def __init__(
        self, store: Store, clock: Clock, keys: Keys, seals: Seals, verification: Verification
    ) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys
        self._seals = seals
        self._verification = verification

    def write(
        self, file: Path, slug: str | None = None, *, whole: bool = False, accept_key: bool = False
    ) -> list[Exported]:
        """Write all sealed entries into a new file, and note a checkpoint for each chain.

        slug: of one tenant; None: all tenants and the installation. whole: from the first entry
        that is left; else from the last export on. accept_key: also where seals or checkpoints
        were signed with a SECRET_KEY that this server no longer has; they count as checked
        afterwards.

        Raises ExportsError where the file exists, where an entry was tampered with, and where
        there is nothing to export; Unavailable, OSError.
        """
        if file.exists():
            raise ExportsError(f"{file} already exists: name a new file")
        chains = self._checked_chains(slug, accept_key=accept_key)
        draft = file.with_name(f".{file.name}.{new_id()[:8]}")
        try:
            exported = self._write_draft(draft, chains, whole=whole)
            os.link(draft, file)  # never over a file that someone else made meanwhile
            with file.open("rb") as written:
                sha256 = hashlib.file_digest(written, "sha256").hexdigest()
            self._note(exported, sha256)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        return exported

    def verify_file(
        self, file: Path, progress: Callable[[int], None] = lambda _: None
    ) -> FileReport:
        """As `check_file`, with this server's keys. Reads nothing from the database."""
        return check_file(file, self._keys.accepted(AUDIT_SEALS), progress)

    def _checked_chains(self, slug: str | None, *, accept_key: bool) -> list[CheckedChain]:
        """All chains, sealed up to now. Raises ExportsError where one was tampered with."""
        self._seals.seal()
        report = self._verification.check(slug, accept_key=accept_key)
        faults = [f"{chain.name}: {chain.fault}" for chain in report.chains if chain.fault]
        if not accept_key:
            faults += report.faults
        if faults:
            raise ExportsError(
                f"nothing was exported, because the audit log failed verification: {faults[0]}"
            )
        return report.chains

    def _write_draft(
        self, draft: Path, chains: Sequence[CheckedChain], *, whole: bool
    ) -> list[Exported]:
        """Raises ExportsError where no chain has anything to export."""
        exported = []
        with draft.open("x", encoding="ascii", newline="\n") as out, self._store.read() as tx:
            for chain in chains:
                written = self._write_chain(tx, out, chain.chain, chain.name, whole=whole)
                if written is not None:
                    exported.append(written)
            out.flush()
            os.fsync(out.fileno())
        if not exported:
            raise ExportsError("nothing was exported: no entries were sealed since the last export")
        return exported

    def _write_chain(
        self, tx: Transaction, out: TextIO, chain: str, name: str, *, whole: bool
    ) -> Exported | None:
        """None where there is nothing to export."""
        checkpoint = tx.audit_chain.checkpoint(chain)
        after = 0 if whole or checkpoint is None else checkpoint.position
        previous = checkpoint.hash if after and checkpoint else audit_chain.beginning(chain)
        first, last = None, after
        for link in _links(tx, chain, after):
            if link.fields is None:  # removed after an earlier export
                previous, last = link.hash, link.position
                continue
            if first is None:
                first = link.position
                begin = {"format": FORMAT, "chain": chain, "name": name}
                write_line(out, begin | {"position": first, "previous": previous})
            entry = {"position": link.position, "hash": link.hash, "entry": link.fields}
            write_line(out, entry)
            previous, last = link.hash, link.position
        if first is None:
            return None
        exported = Exported(chain, name, first, last, previous)
        self._write_end(out, exported)
        return exported

    def _write_end(self, out: TextIO, exported: Exported) -> None:
        end = {
            "chain": exported.chain,
            "entries": exported.entries,
            "position": exported.last,
            "hash": exported.hash,
            "at": self._clock().isoformat(timespec="microseconds"),
        }
        signature = audit_chain.sign(self._keys.current(AUDIT_SEALS), end)
        write_line(out, {"end": end, "signature": signature})

    def _note(self, exported: Iterable[Exported], sha256: str) -> None:
        """Checkpoints, and entries in the audit."""
        now = self._clock()
        with self._store.write() as tx:
            for chain in exported:
                unsigned = Checkpoint(
                    new_id(), chain.chain, chain.last, chain.hash, chain.entries, now, sha256
                )
                signature = audit_chain.sign(self._keys.current(AUDIT_SEALS), content_of(unsigned))
                tx.audit_chain.add_checkpoint(replace(unsigned, signature=signature))
                audit_log.note(
                    *(tx, audit_log.COMMAND_LINE, Action.AUDIT_EXPORTED, now),
                    tenant_id=audit_chain.tenant_of(chain.chain),
                    subject_id=None,
                    subject_name="the audit, as a file",
                    first=chain.first,
                    last=chain.last,
                    file_sha256=sha256,
                )


def _links(tx: Transaction, chain: str, after: int) -> Iterator[ChainedEntry]:
    while batch := tx.audit_chain.links(chain, after, BATCH):
        yield from batch
        after = batch[-1].position
