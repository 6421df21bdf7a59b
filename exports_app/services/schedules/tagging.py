"""The tags of a tenant's scheduled exports."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import FieldError, Invalid, NotFound
from exports_app.domain.humanize import counted
from exports_app.domain.schedules import tags
from exports_app.services.core.authorization import require
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Schedule
from exports_app.services.schedules import validation as rules
from exports_app.services.schedules.batches import Batch, Work
from exports_app.services.schedules.draft_values import draft_of
from exports_app.services.schedules.edits import Edit, edit_of
from exports_app.services.schedules.validation import check_tags


class Tags:
    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, who: Principal, tenant_id: str) -> list[str]:
        """The tenant's tags in alphabetical order, each once, as it is spelt somewhere. Raises
        NotFound, Forbidden."""
        require(who, Permission.READ, tenant_id)
        with self._store.read() as tx:
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
            return sorted(tags.merged(tx.schedules.tags(tenant_id)), key=tags.folded)


def with_folded_tags(where: Mapping[str, Any]) -> dict[str, Any]:
    """Filters of a list, with tags as they are compared. Raises Invalid."""
    if not (given := where.get("tags")):
        return dict(where)
    if errors := check_tags(given):
        raise Invalid([FieldError("/tag", error.detail) for error in errors[:1]])
    return {**where, "tags": tuple(sorted({tags.folded(tag) for tag in given}))}


def folded_tags(tx: Transaction, tenant_id: str) -> set[str]:
    """The tenant's tags as they are compared."""
    return {tags.folded(tag) for tag in tx.schedules.tags(tenant_id)}


def lacks_room(there: Collection[str], given: Sequence[str]) -> str:
    """Why the tenant would have too many different tags; empty where it would not. there:
    `folded_tags`."""
    new = {tags.folded(tag) for tag in given}.difference(there)
    if not new or len(there) + len(new) <= bounds.TENANT_TAGS:
        return ""
    has = counted(len(there), "different tag")
    return f"the tenant has {has}, and the maximum is {bounds.TENANT_TAGS}"


def require_room(there: Collection[str], given: Sequence[str]) -> None:
    """Raises Invalid where the tenant would have too many different tags. It must be locked: one at
    a time counts and adds."""
    if most := lacks_room(there, given):
        raise Invalid([FieldError("/tags", f"{most}: use existing tags")])


class TagChange(Work):
    """Adds tags to each, and removes others."""

    locks_tenants = True

    def __init__(self, add: Sequence[str], remove: Sequence[str], clock: Clock) -> None:
        self._add = add
        self._remove = remove
        self._clock = clock

    def plan(self, old: Schedule) -> Edit | None:
        wanted = tuple(tags.changed(old.tags, self._add, self._remove))
        draft = replace(draft_of(old), tags=wanted)
        checked = rules.check(draft, self._clock(), 0, {"tags"})
        return edit_of(old, checked, None, "")

    def check(self, batch: Batch, old: Schedule, edit: Edit) -> Edit:
        wanted = edit.values.get("tags", ())
        there = batch.once(f"tags {old.tenant_id}", lambda: folded_tags(batch.tx, old.tenant_id))
        require_room(there, wanted)
        there |= {tags.folded(tag) for tag in wanted}
        return edit
