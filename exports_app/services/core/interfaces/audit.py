"""Stores of audit entries and of their chains."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from exports_app.services.core.interfaces.tenants import Tenants
from exports_app.services.core.records import (
    Action,
    AuditEntry,
    ChainedEntry,
    Checkpoint,
    Page,
    Seal,
)


@dataclass(frozen=True)
class AuditFilter:
    """area: the first part of an action, e.g. ``member``. since, before: instants. q: part of the
    actor's or the subject's name, an address, or the beginning of a session's or request's id.
    Empty values do not filter. installation: only entries of no tenant."""

    area: str = ""
    since: datetime | None = None
    before: datetime | None = None
    q: str = ""
    installation: bool = False


class AuditStore(Protocol):
    """Entries are only ever added."""

    def add(self, entries: Iterable[AuditEntry]) -> None: ...
    def find(self, within: Tenants, where: AuditFilter, page: Page) -> tuple[list[AuditEntry], int]:
        """The newest first, or with page.sort ``at`` the oldest, and the number of all."""

    def of_subject(self, subject_id: str, actions: Sequence[Action], most: int) -> list[AuditEntry]:
        """The newest entries with one of these actions, newest first."""


class AuditChainStore(Protocol):
    """The positions of audit entries in their chains. Fields of entries are returned as they are in
    the database, also if they were tampered with."""

    def try_lock(self) -> bool:
        """Whether no other process seals; then none does until the transaction ends."""

    def waiting(self, limit: int) -> list[dict[str, Any]]:
        """The fields of queued entries, the oldest first."""

    def waiting_since(self) -> datetime | None:
        """The instant of the oldest queued entry."""

    def last_link(self, chain: str) -> ChainedEntry | None: ...
    def add_links(self, chain: str, links: Sequence[ChainedEntry]) -> None:
        """Also takes them out of the queue."""

    def last_seal(self) -> Seal | None: ...
    def add_seal(self, seal: Seal) -> None: ...
    def seals(self, after: int, limit: int) -> list[Seal]:
        """By number, here and below."""

    def chains(self) -> list[str]:
        """All chains with an entry, a seal or a checkpoint."""

    def links(self, chain: str, after: int, limit: int) -> list[ChainedEntry]:
        """Links after a position, in order, with the fields of their entries."""

    def count_links(self, chain: str | None) -> int:
        """None: of all chains."""

    def first_without_link(self, chain: str, after: int) -> Seal | None:
        """A seal at a later position without a link."""

    def entry_outside_chains(self) -> str | None:
        """The id of an entry that has no position in a chain and does not wait for one."""

    def removed_unsealed_entry(self) -> str | None:
        """The id of an entry that waits to be sealed, but was removed."""

    def checkpoint(self, chain: str) -> Checkpoint | None:
        """The one with the highest position."""

    def add_checkpoint(self, checkpoint: Checkpoint) -> None: ...
    def remove(self, chain: str, up_to: int, before: datetime, limit: int) -> int:
        """Remove up to `limit` of the first entries of a chain, up to a position, that were made
        before the instant. The link of the last one stays. Returns their number."""

    def unneeded_seals(self, count: int) -> int | None:
        """The number of the last of the first `count` seals, if all their entries were removed."""

    def remove_seals(self, up_to: int) -> None:
        """Remove the seals up to this number."""
