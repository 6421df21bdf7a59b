"""Who changed what of a scheduled export last, field by field."""

from dataclasses import dataclass
from datetime import datetime

from exports_app.domain.access import Permission, Principal
from exports_app.domain.humanize import sentence
from exports_app.services.core.authorization import schedule_of
from exports_app.services.core.interfaces import Store
from exports_app.services.core.records import Action, AuditEntry

NEWEST = 100
"""Entries of the audit that are looked at."""
CHANGES = (Action.SCHEDULE_UPDATED, Action.SCHEDULE_PAUSED)


@dataclass(frozen=True)
class Author:
    """name: at the time of the change; "The app" and the like where no user did it."""

    name: str
    at: datetime


class ChangeAuthors:
    def __init__(self, store: Store) -> None:
        self._store = store

    def by_field(self, who: Principal, schedule_id: str) -> dict[str, Author]:
        """The author of each field's latest change, by the field's name in a `Draft`; without those
        that did not change lately. Raises NotFound, Forbidden."""
        with self._store.read() as tx:
            schedule_of(tx, who, schedule_id, Permission.WRITE)
            entries = tx.audit.of_subject(schedule_id, CHANGES, NEWEST)
        authors: dict[str, Author] = {}
        for entry in entries:
            # A person's name is theirs to write
            author = entry.actor_name if entry.actor_id else sentence(entry.actor_name)
            for name in _fields(entry):
                authors.setdefault(name, Author(author, entry.at))
        return authors


def _fields(entry: AuditEntry) -> list[str]:
    if entry.action is Action.SCHEDULE_PAUSED:
        return ["is_active"]
    return list(entry.detail.get("changed", {}))
