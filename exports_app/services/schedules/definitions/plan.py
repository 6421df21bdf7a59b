"""What applying a definition would change."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exports_app.services.audit.audit_log import changed
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.definitions.fields import json_name, named, values_of
from exports_app.services.schedules.draft_values import columns
from exports_app.services.schedules.edits import Edit
from exports_app.services.schedules.validation import Draft


class Kind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class FieldChange:
    """field: the API's name. old, new: as in JSON; None also where there is no such value."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Entry:
    """A scheduled export that is changed. at: its index in the definition; None: it is not in it.
    old: None for a new one. draft: None for one that is deleted. edit: of one that exists."""

    kind: Kind
    slug: str
    name: str
    fields: tuple[FieldChange, ...]
    at: int | None = None
    old: Schedule | None = None
    draft: Draft | None = None
    edit: Edit | None = None

    @property
    def id(self) -> str | None:
        """None for a new one."""
        return self.old.id if self.old else None


@dataclass(frozen=True)
class Plan:
    """unchanged: scheduled exports that are as the definition says. others: those that it does not
    name and that stay as they are."""

    changes: tuple[Entry, ...]
    unchanged: int
    others: int

    def of_kind(self, kind: Kind) -> list[Entry]:
        return [entry for entry in self.changes if entry.kind is kind]

    @property
    def digest(self) -> str:
        """Two plans that make the same changes have the same one."""
        said = [
            [entry.kind, entry.slug, [[each.field, each.old, each.new] for each in entry.fields]]
            for entry in self.changes
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def created(at: int, slug: str, draft: Draft, names: Mapping[str, str]) -> Entry:
    """names: of destinations, by id."""
    fields = tuple(
        FieldChange(name, None, value) for name, value in values_of(draft, names).items()
    )
    return Entry(Kind.CREATE, slug, draft.name, fields, at, draft=draft)


def updated(at: int, old: Schedule, draft: Draft, edit: Edit, names: Mapping[str, str]) -> Entry:
    """names: of destinations, by id."""
    said = (str(old.slug), draft.name)
    return Entry(Kind.UPDATE, *said, tuple(_differing(old, draft, names)), at, old, draft, edit)


def deleted(old: Schedule, edit: Edit) -> Entry:
    return Entry(Kind.DELETE, str(old.slug), old.name, (), old=old, edit=edit)


def _differing(old: Schedule, draft: Draft, names: Mapping[str, str]) -> Iterator[FieldChange]:
    before, after = (named(values, names) for values in (vars(old), columns(draft)))
    differing: Mapping[str, Sequence[Any]] = changed(before, after)
    for name, (was, becomes) in differing.items():
        yield FieldChange(json_name(name), was, becomes)
