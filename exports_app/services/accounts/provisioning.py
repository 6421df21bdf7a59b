"""Tenants and users that the command line creates."""

from datetime import datetime
from typing import Any

from email_validator import EmailNotValidError

from exports_app.domain.access import Role
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.services.accounts.administration import reset_second_factor
from exports_app.services.audit import audit_log
from exports_app.services.core.email_addresses import account_address, valid_address
from exports_app.services.core.field_rules import check_name
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.records import Action, Membership, Tenant, User, new_id
from exports_app.services.identity import passwords
from exports_app.services.tenants.validation import check_tenant

DEMO_EMAIL = "super@admin.com"
BRAND_COLOR = "#4F46E5"


class Provisioning:
    """For the command line only, whose user owns the machine: methods take no principal."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create_tenant(
        self,
        slug: str,
        name: str,
        timezone: str | None = None,
        brand_color: str | None = None,
        logo_url: str | None = None,
        **limits: Any,
    ) -> Tenant:
        """limits: max_rows, max_mb, keep_days. Raises Invalid; ExportsError when the slug is
        taken."""
        tenant = Tenant(
            id=new_id(),
            name=name,
            slug=slug,
            brand_color=brand_color or BRAND_COLOR,
            logo_url=logo_url,
            timezone=timezone,
            max_rows=limits.get("max_rows"),
            max_mb=limits.get("max_mb"),
            keep_days=limits.get("keep_days"),
        )
        check_tenant(tenant)
        with self._store.write() as tx:
            if tx.tenants.by_slug(slug):
                raise ExportsError(f"tenant {slug!r} already exists: choose another slug")
            tx.tenants.add(tenant)
            home = {"tenant_id": tenant.id, "subject_id": tenant.id, "subject_name": tenant.name}
            audit_log.note(tx, audit_log.COMMAND_LINE, Action.TENANT_CREATED, self._clock(), **home)
        return tenant

    def create_user(
        self,
        email: str,
        name: str,
        password: str,
        *,
        tenant: str | None = None,
        role: Role = Role.VIEWER,
        super_admin: bool = False,
        one_time: bool = False,
    ) -> User:
        """tenant: a slug. one_time: the password works once, within 72 hours, to set another one.
        Raises Invalid; ExportsError when the address is taken or the tenant does not exist."""
        address = _valid_address(email)
        check_name(name)
        if not one_time:
            passwords.check(password, "/password", address, name)
        hashed = passwords.hash_password(password)
        expiry = _one_time_fields(self._clock()) if one_time else {}
        user = User(new_id(), address, name, hashed, is_super_admin=super_admin, **expiry)
        with self._store.write() as tx:
            if tx.users.by_email(address):
                raise ExportsError("a user with this email address already exists")
            home = _tenant(tx, tenant) if tenant else None
            tx.users.add(user)
            now = self._clock()
            _note_user(tx, Action.USER_CREATED, user, now, super_admin=super_admin)
            if home:
                tx.users.join(Membership(user.id, home.id, role))
                _note_user(tx, Action.MEMBER_ADDED, user, now, tenant_id=home.id, role=role)
        return user

    def give_one_time_password(self, email: str) -> str:
        """A one-time password for an existing account, which is signed out everywhere. Whether its
        mailbox is proven stays as it is. Raises ExportsError where there is no such account."""
        password = passwords.one_time()
        hashed, now = passwords.hash_password(password), self._clock()
        with self._store.write() as tx:
            account = tx.users.by_email(account_address(email))
            user = tx.users.get(account.id, lock=True) if account else None
            if user is None:
                raise ExportsError("no user has this email address")
            values = {"password_hash": hashed, "token_version": user.token_version + 1}
            tx.users.update(user.id, values | _one_time_fields(now))
            _note_user(tx, Action.ONE_TIME_GIVEN, user, now)
        return password

    def unproven(self) -> list[str]:
        """Email addresses of active users whose mailbox is not proven."""
        with self._store.read() as tx:
            return tx.users.unproven_emails()

    def reset_second_factor(self, email: str) -> bool:
        """Remove a user's second factor, and sign them out everywhere. False where there is none.
        Raises ExportsError for an unknown address."""
        with self._store.write() as tx:
            user = tx.users.by_email(account_address(email))
            if user is None:
                raise ExportsError("no user has this email address")
            return reset_second_factor(tx, audit_log.COMMAND_LINE, user, self._clock())

    def demo_password_users(self) -> list[str]:
        """Email addresses of active users whose password is the public one of the demo."""
        with self._store.read() as tx:
            return tx.users.demo_password_emails()


def _valid_address(email: str) -> str:
    """Raises Invalid."""
    try:
        return account_address(valid_address(email))
    except EmailNotValidError as e:
        raise Invalid([FieldError("/email", str(e))]) from None


def _tenant(tx: Transaction, slug: str) -> Tenant:
    """Raises ExportsError."""
    tenant = tx.tenants.by_slug(slug)
    if tenant is None:
        raise ExportsError(f"tenant {slug!r} does not exist: create it first with create-tenant")
    return tenant


def _note_user(
    tx: Transaction,
    action: Action,
    user: User,
    now: datetime,
    tenant_id: str | None = None,
    **detail: Any,
) -> None:
    audit_log.note_user(tx, audit_log.COMMAND_LINE, action, tenant_id, user, now, **detail)


def _one_time_fields(now: datetime) -> dict[str, Any]:
    """Fields of a user whose password is a one-time password."""
    return {"must_change_password": True, "one_time_expires_at": now + passwords.ONE_TIME_LIFETIME}
