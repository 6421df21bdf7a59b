"""The tags of a tenant's scheduled exports."""

from collections.abc import Mapping, Sequence
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import FieldError, Invalid, NotFound
from exports_app.domain.schedules import tags
from exports_app.services.core.authorization import require
from exports_app.services.core.interfaces import Store, Transaction
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


def require_room(tx: Transaction, tenant_id: str, given: Sequence[str]) -> None:
    """Raises Invalid where the tenant would have too many different tags."""
    if not given:
        return
    there = {tags.folded(tag) for tag in tx.schedules.tags(tenant_id)}
    new = {tags.folded(tag) for tag in given} - there
    if new and len(there) + len(new) > bounds.TENANT_TAGS:
        most = (
            f"the tenant has {len(there)} different tags, and the maximum is {bounds.TENANT_TAGS}"
        )
        raise Invalid([FieldError("/tags", f"{most}: use existing tags")])
