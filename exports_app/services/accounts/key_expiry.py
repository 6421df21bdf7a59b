"""An email about an API key that expires soon: to its owner, or to the tenant's admins."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from exports_app.domain import bidi
from exports_app.domain.timing import instants
from exports_app.services.accounts.password_reset_email import home_tenant
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import AccountMessage, ApiKey, Tenant, User
from exports_app.services.identity.account_links import KEY_EXPIRY
from exports_app.services.identity.account_messages import AccountEmail, AccountMessages

AHEAD = timedelta(days=7)
"""How long before the end. Who makes a key that ends within this time knows."""
OWN_PAGE, TENANT_PAGE = "/settings/keys", "/settings/tenant-keys"
BATCH = 100
"""Keys in one transaction."""


class KeyExpiry:
    def __init__(self, store: Store, clock: Clock, messages: AccountMessages) -> None:
        self._store = store
        self._clock = clock
        self._messages = messages
        messages.register(KEY_EXPIRY, _write)

    def mail(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Write the emails, once for each key. Returns for how many keys. Nothing without a mail
        server: they are written once there is one. Raises Unavailable."""
        done = 0
        while self._messages.available() and not stopped():
            with self._store.write() as tx:
                now = self._clock()
                keys = tx.api_keys.expiring(now, now + AHEAD, BATCH)
                done += sum(self._mail(tx, key, now) for key in keys)
            if len(keys) < BATCH:
                break
        return done

    def _mail(self, tx: Transaction, key: ApiKey, now: datetime) -> bool:
        if not tx.api_keys.expiry_mailed(key.id, now):
            return False  # by another server
        if key.expires_at is None or key.expires_at - key.created_at <= AHEAD:
            return False
        _, readers = _readers(tx, key)
        for reader in readers:
            self._messages.send(tx, KEY_EXPIRY, key.id, reader.email)
        return bool(readers)


def _readers(tx: Transaction, key: ApiKey) -> tuple[Tenant | None, Sequence[User]]:
    """Whose email it is, and the tenant whose key it is."""
    holder = tx.users.get(key.user_id)
    if holder is None or not holder.is_active:
        return None, []
    if holder.service_of is None:
        return None, [holder]
    return tx.tenants.get(holder.service_of), tx.users.admins(holder.service_of)


def _write(tx: Transaction, message: AccountMessage, now: datetime) -> AccountEmail | None:
    key = tx.api_keys.get(message.subject_id)
    if key is None or key.expires_at is None or not key.is_live(now):
        return None
    tenant, readers = _readers(tx, key)
    reader = next((user for user in readers if user.email == message.target), None)
    if reader is None:
        return None
    of = f"an admin of {bidi.isolated(tenant.name)}" if tenant else "the owner of the key"
    branding = tenant or home_tenant(tx, reader)
    zone = branding.timezone if branding and branding.timezone else "UTC"
    end = instants.in_words(key.expires_at, zone)
    return AccountEmail(
        title="An API key expires soon",
        lead=(
            f"The API key {bidi.isolated(key.name)} expires on {end}. Programs that use it are "
            "refused from then on. Create a new key, and replace this one with it."
        ),
        button="Open the API keys",
        page=TENANT_PAGE if tenant else OWN_PAGE,
        expires_at=key.expires_at,
        why=f"This message was sent automatically, once, because you are {of}.",
        facts=[("Key", f"{key.prefix}…")],
        tenant=branding,
    )
