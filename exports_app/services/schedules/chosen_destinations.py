"""The destinations that a scheduled export names."""

from collections.abc import Collection, Sequence

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Transaction

UNKNOWN = "no destination of this tenant has this ID"


def merged(ids: Sequence[str]) -> tuple[str, ...]:
    """Each once, in order."""
    return tuple(dict.fromkeys(ids))


def wrong(ids: Sequence[str]) -> list[FieldError]:
    """The errors that need no database."""
    if len(merged(ids)) > bounds.DESTINATIONS:
        return [FieldError("/destinationIds", f"use at most {bounds.DESTINATIONS} destinations")]
    return [
        FieldError(f"/destinationIds/{i}", UNKNOWN) for i, x in enumerate(ids) if not is_uuid(x)
    ]


def require_known(tx: Transaction, tenant_id: str, ids: Sequence[str]) -> None:
    """Raises Invalid for those that are deleted, or another tenant's."""
    if errors := unknown(ids, known(tx, tenant_id, ids)):
        raise Invalid(errors)


def known(tx: Transaction, tenant_id: str, ids: Collection[str]) -> set[str]:
    """Those that the tenant has."""
    found = tx.destinations.of_ids(ids) if ids else []
    return {one.id for one in found if one.tenant_id == tenant_id and one.deleted_at is None}


def unknown(ids: Sequence[str], there: Collection[str]) -> list[FieldError]:
    return [
        FieldError(f"/destinationIds/{i}", UNKNOWN) for i, x in enumerate(ids) if x not in there
    ]
