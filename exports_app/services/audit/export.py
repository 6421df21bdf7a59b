"""The audit as a file that can be checked without the database, and may then be removed from it.

JSON lines. Each chain has a line that begins it, a line for each entry with its place and its hash,
and a line that ends it.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from exports_app.domain import audit_chain
from exports_app.domain.errors import ExportsError
from exports_app.services.audit import audit_log
from exports_app.services.audit.seals import Seals, content_of
from exports_app.services.audit.verification import Verification
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Checkpoint, new_id
from exports_app.services.keys.derived_keys import AUDIT_SEALS, Keys

FORMAT = "exports_app audit 1"
BATCH = 1_000
LONGEST_LINE = 2**20
"""Characters of a line that are read."""


@dataclass(frozen=True)
class Exported:
    """Of a chain: the first and the last place in the file, and the hash there."""

    chain: str
    name: str
    first: int
    last: int
    hash: str

    @property
    def entries(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class FileReport:
    """What a file holds, and the first thing that is wrong with it. signed: whether this server
    signed all of it."""

    chains: list[Exported]
    signed: bool
    fault: str | None = None


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
        """Write all that is sealed into a new file, and note how far it goes. slug: of one tenant;
        None: of all and of the installation. whole: from the first entry that is left, and not from
        the last export on. accept_key: although seals or checkpoints were made with a SECRET_KEY
        that is not here any more: after this they count as looked at.

        Raises ExportsError where the file exists, where an entry was tampered with, and where
        nothing is to be exported; Unavailable, OSError.
        """
        if file.exists():
            raise ExportsError(f"{file} is there already: name a new file")
        self._seals.seal()
        report = self._verification.check(slug, accept_key=accept_key)
        faults = [f"{one.name}: {one.fault}" for one in report.chains if one.fault] + (
            [] if accept_key else report.faults
        )
        if faults:
            raise ExportsError(f"nothing was exported, since the audit is not whole: {faults[0]}")
        draft = file.with_name(f".{file.name}.{new_id()[:8]}")
        try:
            with draft.open("x", encoding="ascii", newline="\n") as out, self._store.read() as tx:
                exported = [
                    one
                    for chain in report.chains
                    if (one := self._write_chain(tx, out, chain.chain, chain.name, whole=whole))
                ]
                out.flush()
                os.fsync(out.fileno())
            if not exported:
                raise ExportsError(
                    "nothing was exported: no entry was sealed since the last export"
                )
            os.link(draft, file)  # not over a file that came meanwhile
            with file.open("rb") as written:
                sha256 = hashlib.file_digest(written, "sha256").hexdigest()
            self._note(exported, sha256)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        return exported

    def _write_chain(
        self, tx: Transaction, out: TextIO, chain: str, name: str, *, whole: bool
    ) -> Exported | None:
        checkpoint = tx.audit_chain.checkpoint(chain)
        after = 0 if whole or checkpoint is None else checkpoint.position
        previous = checkpoint.hash if after and checkpoint else audit_chain.beginning(chain)
        first, last = None, after
        for link in _links(tx, chain, after):
            if link.fields is None:  # what was removed before
                previous, last = link.hash, link.position
                continue
            if first is None:
                first = link.position
                _line(
                    out,
                    {
                        "format": FORMAT,
                        "chain": chain,
                        "name": name,
                        "position": first,
                        "previous": previous,
                    },
                )
            _line(out, {"position": link.position, "hash": link.hash, "entry": link.fields})
            previous, last = link.hash, link.position
        if first is None:
            return None
        end = {"chain": chain, "entries": last - first + 1, "position": last, "hash": previous}
        end |= {"at": self._clock().isoformat(timespec="microseconds")}
        _line(
            out, {"end": end, "signature": audit_chain.sign(self._keys.current(AUDIT_SEALS), end)}
        )
        return Exported(chain, name, first, last, previous)

    def _note(self, exported: Iterable[Exported], sha256: str) -> None:
        now = self._clock()
        with self._store.write() as tx:
            for one in exported:
                plain = Checkpoint(
                    new_id(), one.chain, one.last, one.hash, one.entries, now, sha256
                )
                signature = audit_chain.sign(self._keys.current(AUDIT_SEALS), content_of(plain))
                tx.audit_chain.add_checkpoint(replace(plain, signature=signature))
                tenant_id = None if one.chain == audit_chain.INSTALLATION else one.chain
                audit_log.note(
                    *(tx, audit_log.COMMAND_LINE, Action.AUDIT_EXPORTED, now),
                    tenant_id=tenant_id,
                    subject_id=None,
                    subject_name="the audit, as a file",
                    first=one.first,
                    last=one.last,
                    file_sha256=sha256,
                )

    def verify_file(
        self, file: Path, progress: Callable[[int], None] = lambda _: None
    ) -> FileReport:
        """Check a file by itself; nothing is asked of the database. progress: called with the
        number of lines read. OSError."""
        return check_file(file, self._keys.accepted(AUDIT_SEALS), progress)


def check_file(
    file: Path, keys: list[bytes], progress: Callable[[int], None] = lambda _: None
) -> FileReport:
    """keys: those whose signatures count."""
    chains: list[Exported] = []
    signed = True
    try:
        with file.open(encoding="ascii") as source:
            lines = _numbered(source, progress)
            for _, begin in lines:
                one, is_signed = _check_chain(begin, lines, keys)
                chains.append(one)
                signed &= is_signed
    except _Broken as e:
        return FileReport(chains, signed, str(e))
    except UnicodeDecodeError:
        return FileReport(chains, signed, "this is no file of an audit export")
    return FileReport(chains, signed, None if chains else "the file is empty")


def _check_chain(
    begin: dict[str, Any], lines: Iterator[tuple[int, dict[str, Any]]], keys: list[bytes]
) -> tuple[Exported, bool]:
    if begin.get("format") != FORMAT or not _has(
        begin, chain=str, name=str, position=int, previous=str
    ):
        raise _Broken("this is no file of an audit export, or one of another version")
    chain, first = begin["chain"], begin["position"]
    if first == 1 and begin["previous"] != audit_chain.beginning(chain):
        raise _Broken(
            f"{begin['name']}: the first entry follows on something: one before it is missing"
        )
    position, previous = first - 1, begin["previous"]
    for number, line in lines:
        if "end" in line:
            end = line["end"]
            if not isinstance(end, dict) or (
                end.get("chain"),
                end.get("position"),
                end.get("hash"),
            ) != (
                chain,
                position,
                previous,
            ):
                raise _Broken(
                    f"line {number}: the end of {begin['name']} does not fit: an entry before it "
                    "was removed or added"
                )
            is_signed = audit_chain.is_signed(keys, end, str(line.get("signature")))
            return Exported(chain, begin["name"], first, position, previous), is_signed
        entry = line.get("entry")
        at = f"line {number}, entry {entry.get('id') if isinstance(entry, dict) else '?'}"
        if line.get("position") != position + 1:
            raise _Broken(
                f"{at}: position {position + 1} was expected: an entry was removed, inserted or "
                "moved"
            )
        if not isinstance(entry, dict) or audit_chain.link(
            previous, position + 1, entry
        ) != line.get("hash"):
            raise _Broken(f"{at}: it was changed, or put in another's place")
        position, previous = position + 1, line["hash"]
    raise _Broken(
        f"{begin['name']}: the file ends before its end: entries after position {position} were "
        "cut off"
    )


class _Broken(Exception):
    pass


def _has(line: dict[str, Any], **types: type) -> bool:
    return all(isinstance(line.get(name), wanted) for name, wanted in types.items())


def _numbered(
    source: TextIO, progress: Callable[[int], None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    while text := source.readline(LONGEST_LINE):
        number += 1
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if not isinstance(line, dict):
            raise _Broken(f"line {number} cannot be read")
        if number % BATCH == 0:
            progress(number)
        yield number, line


def _line(out: TextIO, content: dict[str, Any]) -> None:
    out.write(json.dumps(content, separators=(",", ":"), default=str) + "\n")


def _links(tx: Transaction, chain: str, after: int) -> Iterator[Any]:
    while batch := tx.audit_chain.links(chain, after, BATCH):
        yield from batch
        after = batch[-1].position
