"""API keys: of a person, and of a tenant.

A person's key acts as this person. A tenant's key acts as the tenant's service account, an account
of no person, and goes on working when whoever made it leaves. No key can do anything here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from exports_app.domain import api_keys, bounds
from exports_app.domain.access import (
    Permission,
    Principal,
    is_recent,
    require_own_password,
    require_person,
    require_recent,
)
from exports_app.domain.errors import (
    LimitReached,
    NotFound,
)
from exports_app.services.accounts import api_key_rules
from exports_app.services.accounts.api_key_rules import KeyDraft
from exports_app.services.audit import audit_log
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import check_page, is_uuid, line_of
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import (
    Action,
    ApiKey,
    Page,
    User,
    new_id,
    service_address,
)
from exports_app.services.identity.authentication import Auth
from exports_app.services.tenants.tenant_settings import tenant_of

KEPT = 50
"""Keys that have ended and stay in the list, for each owner."""
NO_PASSWORD = "!"  # noqa: S105  (no password has this hash)
SERVICE_NAME = "API keys"
"""The name of each service account, as the owner of what it creates."""


@dataclass(frozen=True)
class KnownKey:
    """created_by: the name of the person."""

    key: ApiKey
    created_by: str


class ApiKeys:
    """tenant_id: None, here and below: the caller's own keys. All methods raise KeyNotAllowed for a
    caller with a key, and OwnPasswordFirst; of a tenant also NotFound, and Forbidden unless the
    caller manages it."""

    def __init__(self, store: Store, changes: Changes, clock: Clock, auth: Auth) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._auth = auth

    def find(self, who: Principal, tenant_id: str | None, page: Page) -> tuple[list[KnownKey], int]:
        """The newest first, with those that have ended, and the number of all. Raises Invalid."""
        check_page(page)
        with self._store.read() as tx:
            holder = _holder(tx, who, tenant_id)
            keys, total = tx.api_keys.find(holder.id, page) if holder else ([], 0)
            return _known(tx, keys), total

    def get(self, who: Principal, tenant_id: str | None, key_id: str) -> KnownKey:
        """Raises NotFound."""
        with self._store.read() as tx:
            return _known(tx, [_key(tx, _holder(tx, who, tenant_id), key_id)])[0]

    def check(self, who: Principal, tenant_id: str | None) -> None:
        """Raises what every method raises for a caller who may not call it."""
        with self._store.read() as tx:
            _holder(tx, who, tenant_id)

    def check_recent(self, who: Principal) -> None:
        """Raises SignInAgain for a caller who needs their password to create a key."""
        require_recent(who, self._clock())

    def create(
        self, who: Principal, tenant_id: str | None, draft: KeyDraft, password: str = ""
    ) -> tuple[KnownKey, str]:
        """Also returns the key itself, which nobody can find out later. password: the caller's,
        needed where their sign-in is not recent. Raises Invalid, also for a wrong password;
        SignInAgain without one; TooManyRequests after wrong ones; LimitReached."""
        self.check(who, tenant_id)
        draft = api_key_rules.checked(draft, tenant_id, self._clock())
        self._confirm(who, password)
        with self._store.read() as tx:
            seen = _holder(tx, who, tenant_id)
        with write_as(self._store, who, taking_from=seen.id if seen else "") as (tx, who):
            holder = self._ready(tx, who, tenant_id)
            api_key_rules.check_reach(tx, who, tenant_id, draft)
            now = self._clock()
            most = bounds.TENANT_KEYS if tenant_id else bounds.USER_KEYS
            if tx.api_keys.live(holder.id, now) >= most:
                raise LimitReached(
                    f"There are {most} API keys, the most there can be: revoke one first"
                )
            text = api_keys.new()
            key = ApiKey(
                *(new_id(), holder.id, draft.name, text[: api_keys.SHOWN], api_keys.hash_of(text)),
                scopes=sorted(set(draft.scopes)),
                tenant_ids=None if draft.tenant_ids is None else list(draft.tenant_ids),
                schedule_ids=None if draft.schedule_ids is None else list(draft.schedule_ids),
                created_at=now,
                created_by=who.user_id,
                expires_at=draft.expires_at,
            )
            tx.api_keys.add(key)
            tx.api_keys.forget_ended(holder.id, now, KEPT)
            detail = {"scopes": key.scopes, "expires": str(key.expires_at or "never")}
            _note(tx, who, Action.KEY_CREATED, tenant_id, key, now, **detail)
            made = _known(tx, [key])[0]
        self._publish(tenant_id)
        return made, text

    def _confirm(self, who: Principal, password: str) -> None:
        """A key outlives the sign-in: a stolen session must not be enough to create one."""
        if not password:
            self.check_recent(who)
        elif not is_recent(who, self._clock()):
            with self._store.read() as tx:
                user = _holder(tx, who, None)
            assert user is not None
            self._auth.check_current(who, user, password)

    def rename(self, who: Principal, tenant_id: str | None, key_id: str, name: str) -> KnownKey:
        """Raises NotFound, Invalid."""
        name = line_of(name, bounds.KEY_NAME)
        with write_as(self._store, who) as (tx, who):
            key = _key(tx, _holder(tx, who, tenant_id), key_id)
            if name != key.name:
                tx.api_keys.rename(key.id, name)
                changed = {"name": [key.name, name]}
                key = replace(key, name=name)
                now = self._clock()
                _note(tx, who, Action.KEY_RENAMED, tenant_id, key, now, changed=changed)
            return _known(tx, [key])[0]

    def revoke(self, who: Principal, tenant_id: str | None, key_id: str) -> None:
        """It ends at once: what it is writing is committed before. Nothing for one that was revoked
        already. With a tenant's last key its service account ends too, until there is another one:
        the schedules that it owns fail. Raises NotFound."""
        with self._store.read() as tx:
            seen = _holder(tx, who, tenant_id)
        with write_as(self._store, who, taking_from=seen.id if seen else "") as (tx, who):
            holder = _holder(tx, who, tenant_id)
            key, now = _key(tx, holder, key_id), self._clock()
            if not tx.api_keys.revoke(key.id, now):
                return
            _note(tx, who, Action.KEY_REVOKED, tenant_id, key, now)
            if tenant_id and not tx.api_keys.unrevoked(key.user_id):
                tx.users.update(key.user_id, {"is_active": False})
        self._publish(tenant_id)

    def is_last(self, who: Principal, tenant_id: str, key_id: str) -> bool:
        """Whether all other keys of the tenant were revoked. Raises NotFound."""
        with self._store.read() as tx:
            key = _key(tx, _holder(tx, who, tenant_id), key_id)
            return key.revoked_at is None and tx.api_keys.unrevoked(key.user_id) == 1

    def _ready(self, tx: Transaction, who: Principal, tenant_id: str | None) -> User:
        """Who holds the new key. A tenant's first key creates the service account."""
        if tenant_id is None:
            holder = _holder(tx, who, None)
            assert holder is not None
            return holder
        tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)  # one at a time creates
        holder = _holder(tx, who, tenant_id)
        if holder is None:
            holder = User(
                *(new_id(), service_address(tenant_id), SERVICE_NAME, NO_PASSWORD),
                email_proven_at=self._clock(),
                service_of=tenant_id,
            )
            tx.users.add(holder)
        elif not holder.is_active:
            tx.users.update(holder.id, {"is_active": True})
        return holder

    def _publish(self, tenant_id: str | None) -> None:
        if tenant_id:
            self._changes.publish(Change(Topic.TENANTS, tenant_id))


def _holder(tx: Transaction, who: Principal, tenant_id: str | None) -> User | None:
    """None for a tenant that never had a key."""
    require_person(who)
    if tenant_id is None:
        require_own_password(who)
        return tx.users.get(who.user_id)
    tenant_of(tx, who, tenant_id, Permission.MANAGE)
    return tx.users.service_account(tenant_id)


def _key(tx: Transaction, holder: User | None, key_id: str) -> ApiKey:
    key = tx.api_keys.get(key_id) if is_uuid(key_id) else None
    if key is None or holder is None or key.user_id != holder.id:
        raise NotFound
    return key


def _known(tx: Transaction, keys: Sequence[ApiKey]) -> list[KnownKey]:
    names = tx.users.names({key.created_by for key in keys})
    return [KnownKey(key, names.get(key.created_by, audit_log.GONE)) for key in keys]


def _note(
    tx: Transaction,
    who: Principal,
    action: Action,
    tenant_id: str | None,
    key: ApiKey,
    now: datetime,
    **detail: Any,
) -> None:
    audit_log.note(
        tx,
        who,
        action,
        now,
        tenant_id=tenant_id,
        subject_id=key.id,
        subject_name=key.name,
        **detail,
    )
