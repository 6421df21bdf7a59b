"""Tenants and users, as the command line makes them."""

import re
from concurrent.futures import ThreadPoolExecutor

from email_validator import EmailNotValidError

from exports_app.domain import cron
from exports_app.domain.access import Role
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.services import passwords, rules
from exports_app.services.ports import Store
from exports_app.services.records import Membership, Tenant, User, new_id

DEMO_EMAIL = "super@admin.com"
DEMO_PASSWORD = "SuperAdmin123!"  # noqa: S105  (public: the demo's login; a server that is no demo refuses it)
BRAND_COLOR = "#4F46E5"


def _check_tenant(tenant: Tenant) -> None:
    errors = []
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", tenant.slug) or len(tenant.slug) > 60:
        errors.append(FieldError("/slug", "use up to 60 lower-case letters, digits and single hyphens"))
    if not 1 <= len(tenant.name.strip()) <= 200 or not tenant.name.isprintable():
        errors.append(FieldError("/name", "give a name of 1 to 200 characters without control characters"))
    if not re.fullmatch(r"#[0-9A-Fa-f]{6}", tenant.brand_color):
        errors.append(FieldError("/brandColor", "write the colour as #RRGGBB"))
    if tenant.logo_url and not re.fullmatch(r"https://[^\s\"'<>]{1,1990}", tenant.logo_url):
        errors.append(FieldError("/logoUrl", "give an https address"))
    if tenant.timezone:
        try:
            cron.zone(tenant.timezone)
        except ExportsError as e:
            errors.append(FieldError("/timezone", e.message))
    if errors:
        raise Invalid(errors)


class Accounts:
    """For the command line alone, whose user owns the machine: no principal is asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create_tenant(
        self,
        slug: str,
        name: str,
        timezone: str | None = None,
        brand_color: str | None = None,
        logo_url: str | None = None,
        **limits: int | None,
    ) -> Tenant:
        """limits: max_rows, max_mb, keep_days. Raises Invalid; ExportsError when the slug is taken."""
        tenant = Tenant(new_id(), name, slug, brand_color or BRAND_COLOR, logo_url, timezone, **limits)
        _check_tenant(tenant)
        with self._store.write() as tx:
            if tx.tenants.by_slug(slug):
                raise ExportsError(f"there is a tenant {slug!r} already: choose another slug")
            tx.tenants.add(tenant)
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
    ) -> User:
        """tenant: a slug. Raises Invalid; ExportsError when the address is taken or the tenant does not exist."""
        try:
            address = rules.valid_address(email).lower()
        except EmailNotValidError as e:
            raise Invalid([FieldError("/email", str(e))]) from None
        if not 1 <= len(name.strip()) <= 200 or not name.isprintable():
            raise Invalid([FieldError("/name", "give a name of 1 to 200 characters without control characters")])
        if not passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH:
            raise Invalid([FieldError("/password", f"use at least {passwords.MIN_LENGTH} characters")])
        if password == DEMO_PASSWORD:
            raise Invalid([FieldError("/password", "this is the public password of the demo: choose another one")])
        user = User(new_id(), address, name, passwords.hash_password(password), is_super_admin=super_admin)
        with self._store.write() as tx:
            if tx.users.by_email(address):
                raise ExportsError("there is a user with this email address already")
            home = tx.tenants.by_slug(tenant) if tenant else None
            if tenant and home is None:
                raise ExportsError(f"there is no tenant {tenant!r}: make it first with create-tenant")
            tx.users.add(user)
            if home:
                tx.users.join(Membership(user.id, home.id, role))
        return user

    def demo_password_users(self) -> list[str]:
        """Email addresses of active users whose password is the public one of the demo."""
        with self._store.read() as tx:
            users = tx.users.active()
        # bcrypt is slow on purpose, and lets other threads run
        with ThreadPoolExecutor() as pool:
            found = pool.map(lambda user: passwords.matches(DEMO_PASSWORD, user.password_hash), users)
            return [user.email for user, has_it in zip(users, found, strict=True) if has_it]
