"""The slug of a scheduled export: one of its tenant has it, deleted ones aside."""

from collections.abc import Callable

from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.schedules import slugs
from exports_app.services.core.interfaces import Store, Transaction

BATCH = 100
"""That get their slug in one transaction: SQLite's other writers wait for it."""
TAKEN = "another scheduled export of this tenant has this slug: choose another one"


def made(tx: Transaction, tenant_id: str, name: str) -> str:
    """Of a name. Also deleted ones keep theirs, so that they can be restored. The tenant must be
    locked."""
    wanted = slugs.of_name(name)
    return slugs.numbered(wanted, tx.schedules.slugs(tenant_id, slugs.beginning(wanted)))


def is_taken(tx: Transaction, tenant_id: str, slug: str) -> bool:
    """By one that is not deleted."""
    return slug in tx.schedules.slugs(tenant_id, slug, deleted=False)


def require_free(tx: Transaction, tenant_id: str, slug: str) -> None:
    """The tenant must be locked. Raises Invalid."""
    if is_taken(tx, tenant_id, slug):
        raise Invalid([FieldError("/slug", TAKEN)])


class Slugs:
    """For the engine only: methods take no principal."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def fill(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Give a slug to those that versions without slugs created. Returns how many they were.
        stopped: checked between batches. Raises Unavailable."""
        filled = 0
        while not stopped():
            with self._store.read() as tx:
                found = tx.schedules.without_slug(BATCH)
            if not found:
                break
            with self._store.write() as tx:
                for tenant_id in sorted({one.tenant_id for one in found}):
                    tx.tenants.get(tenant_id, lock=True)
                rows = tx.schedules.of_ids([one.id for one in found], lock=True)
                for one in sorted(rows, key=lambda row: row.created_at):
                    if one.slug is None:
                        slug = made(tx, one.tenant_id, one.name)
                        tx.schedules.change(one.id, {"slug": slug})
                        filled += 1
        return filled
