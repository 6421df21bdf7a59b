"""What an API key may be given."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exports_app.domain import bounds
from exports_app.domain.access import OF_SCHEDULES, SCOPES, Permission, Principal
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.services.core.authorization import require, schedule_of
from exports_app.services.core.field_rules import is_uuid, line_of, one_of
from exports_app.services.core.interfaces import Transaction


@dataclass(frozen=True)
class KeyDraft:
    """tenant_ids, schedule_ids: to what the key is limited; None: to nothing. expires_at: None:
    never."""

    name: str
    scopes: Collection[str]
    expires_at: datetime | None = None
    tenant_ids: Sequence[str] | None = None
    schedule_ids: Sequence[str] | None = None


def checked(draft: KeyDraft, tenant_id: str | None, now: datetime) -> KeyDraft:
    """Raises Invalid."""
    errors, scopes = list[FieldError](), set(draft.scopes)
    may_have = SCOPES if draft.schedule_ids is None else OF_SCHEDULES
    if not scopes or not scopes <= may_have:
        of = "" if draft.schedule_ids is None else " for a key limited to scheduled exports"
        errors.append(FieldError("/scopes", f"each {one_of(sorted(may_have))}{of}; at least one"))
    if draft.expires_at is not None and not now < draft.expires_at <= now + timedelta(
        days=bounds.KEY_DAYS
    ):
        why = f"must be in the next {bounds.KEY_DAYS} days; leave it out for a key without an end"
        errors.append(FieldError("/expiresAt", why))
    if draft.tenant_ids is not None and (tenant_id or draft.schedule_ids is not None):
        why = "leave it out: the tenant is known" if tenant_id else "leave it out with chosen ones"
        errors.append(FieldError("/tenantIds", why))
    for pointer, ids, most in (
        ("/tenantIds", draft.tenant_ids, bounds.KEY_TENANTS),
        ("/scheduledExportIds", draft.schedule_ids, bounds.KEY_SCHEDULES),
    ):
        if ids is not None and not 1 <= len(set(ids)) <= most:
            errors.append(FieldError(pointer, f"name 1 to {most}; leave it out for all"))
    try:
        name = line_of(draft.name, bounds.KEY_NAME)
    except Invalid as e:
        errors[:0] = e.errors
    if errors:
        raise Invalid(errors)
    return replace(
        draft,
        name=name,
        tenant_ids=_once(draft.tenant_ids),
        schedule_ids=_once(draft.schedule_ids),
    )


def _once(ids: Sequence[str] | None) -> list[str] | None:
    return None if ids is None else list(dict.fromkeys(ids))


def check_reach(tx: Transaction, who: Principal, tenant_id: str | None, draft: KeyDraft) -> None:
    """Whether the caller has what the key is to reach. Raises Forbidden, Invalid."""
    for scope in sorted(draft.scopes) if tenant_id else []:
        require(who, Permission(scope), tenant_id or "")
    errors = [
        FieldError(f"/scheduledExportIds/{i}", "is no scheduled export that the key can reach")
        for i, schedule_id in enumerate(draft.schedule_ids or ())
        if not _reaches(tx, who, tenant_id, schedule_id)
    ]
    errors += [
        FieldError(f"/tenantIds/{i}", "is no tenant of yours")
        for i, chosen in enumerate(draft.tenant_ids or ())
        if not is_uuid(chosen) or who.role(chosen) is None or tx.tenants.get(chosen) is None
    ]
    if errors:
        raise Invalid(errors)


def _reaches(tx: Transaction, who: Principal, tenant_id: str | None, schedule_id: str) -> bool:
    try:
        schedule = schedule_of(tx, who, schedule_id, Permission.READ)
    except ExportsError:
        return False
    return tenant_id in (None, schedule.tenant_id)
