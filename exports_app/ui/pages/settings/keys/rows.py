"""An API key, as the pages show it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from exports_app.domain.access import Permission
from exports_app.domain.humanize import counted
from exports_app.services.accounts.api_keys import KnownKey

SCOPES = {
    str(Permission.READ): "Read exports",
    str(Permission.WRITE): "Change and run exports",
    str(Permission.CAMPAIGNS): "Change campaigns",
    str(Permission.MANAGE): "Manage the tenant",
}
SOON = timedelta(days=7)


@dataclass
class KeyRow:
    """may, limits: in words; limits is empty where there are none. Instants are ISO 8601, empty:
    never. state: active, soon (it expires within a week), expired or revoked."""

    id: str
    name: str
    prefix: str
    may: str
    limits: str
    created_at: str
    created_by: str
    expires_at: str
    used_at: str
    used_from: str
    state: str


def row(known: KnownKey, now: datetime) -> KeyRow:
    key = known.key
    return KeyRow(
        key.id,
        key.name,
        f"{key.prefix}…",
        ", ".join(SCOPES.get(scope, scope) for scope in _in_order(key.scopes)),
        _limits(key.tenant_ids, key.schedule_ids),
        key.created_at.isoformat(),
        known.created_by,
        _iso(key.expires_at),
        _iso(key.last_used_at),
        key.last_used_address or "",
        _state(key.revoked_at, key.expires_at, now),
    )


def _in_order(scopes: list[str]) -> list[str]:
    known = [scope for scope in SCOPES if scope in scopes]
    return known + [scope for scope in scopes if scope not in SCOPES]


def _limits(tenant_ids: list[str] | None, schedule_ids: list[str] | None) -> str:
    if schedule_ids is not None:
        return f"only {counted(len(schedule_ids), 'scheduled export')}"
    return "" if tenant_ids is None else f"only {counted(len(tenant_ids), 'tenant')}"


def _state(revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> str:
    if revoked_at is not None:
        return "revoked"
    if expires_at is None or now + SOON < expires_at:
        return "active"
    return "soon" if now < expires_at else "expired"


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
