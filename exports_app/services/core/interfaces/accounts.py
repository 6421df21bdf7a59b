"""Stores of users, second factors, account messages and reset links."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from exports_app.domain.access import Role
from exports_app.services.core.records import (
    AccountMessage,
    Member,
    Membership,
    Page,
    PasswordReset,
    SecondFactor,
    Tenant,
    User,
)


class UserStore(Protocol):
    def get(self, user_id: str, *, lock: bool = False, share: bool = False) -> User | None:
        """share: nobody changes the user until the transaction ends, but others may share it."""

    def by_email(self, email: str, *, lock: bool = False) -> User | None:
        """A person's account."""

    def service_account(self, tenant_id: str) -> User | None: ...
    def demo_password_emails(self) -> list[str]:
        """Of active users who have the public password of the demo, in alphabetical order."""

    def unproven_emails(self) -> list[str]:
        """Of active users whose mailbox is not proven, in alphabetical order."""

    def is_empty(self) -> bool: ...
    def ids(self) -> set[str]:
        """Of all users, the inactive ones too."""

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """By id; unknown ids are left out."""

    def find(self, q: str, page: Page) -> tuple[list[User], int]:
        """Of all people, by name. q: part of the name or of the address."""

    def roles_of(self, user_ids: Collection[str]) -> dict[str, dict[Tenant, Role]]:
        """By user id; who belongs to no tenant is left out."""

    def add(self, user: User) -> None: ...
    def add_new(self, user: User) -> bool:
        """False, with nothing added, where there is an account with this email address already,
        also one that another transaction is just adding."""

    def admins(self, tenant_id: str) -> list[User]:
        """The active ones who are admins of the tenant."""

    def roles(self, user_id: str) -> dict[str, Role]:
        """tenant id -> role."""

    def roles_that_need_a_second_factor(self, user_id: str) -> frozenset[str]:
        """Ids of the tenants that the user belongs to and that require one."""

    def join(self, membership: Membership) -> None:
        """Add the membership or change its role."""

    def leave(self, user_id: str, tenant_id: str) -> None: ...
    def members(self, tenant_id: str) -> list[Member]:
        """By name."""

    def find_members(self, tenant_id: str, q: str, page: Page) -> tuple[list[Member], int]:
        """A page by name, and the number of all. q: parts of a name or an address."""

    def update(self, user_id: str, values: Mapping[str, Any]) -> None: ...
    def use_one_time(self, user: User, now: datetime) -> bool:
        """Note that the one-time password was used. False where it was used before, has expired or
        was replaced."""


class SecondFactorStore(Protocol):
    def get(self, user_id: str) -> SecondFactor | None: ...
    def put(self, factor: SecondFactor) -> None:
        """Add, or replace the existing one."""

    def confirm(self, user_id: str) -> None: ...
    def remove(self, user_id: str) -> bool:
        """With its recovery codes. False where there was none."""

    def use_step(self, user_id: str, step: int) -> bool:
        """Note the step as used. False where it or a later one was used already; of two callers at
        once one gets True."""

    def set_recovery_codes(self, user_id: str, hashes: Collection[str]) -> None:
        """Replace the existing ones."""

    def use_recovery_code(self, user_id: str, code_hash: str) -> bool:
        """Remove it. False where there is no such code; of two callers at once one gets True."""

    def recovery_codes_left(self, user_id: str) -> int: ...
    def secrets(self, after: str, limit: int) -> list[tuple[str, str]]:
        """User ids and encrypted secrets, sorted by id, of ids greater than `after`."""

    def replace_secret(self, user_id: str, old: str, new: str) -> bool:
        """False where the secret is no longer `old`."""


class AccountMessageStore(Protocol):
    def add(self, message: AccountMessage) -> None: ...
    def due(self, now: datetime, limit: int) -> list[AccountMessage]: ...
    def waiting(self, at_most: int) -> int:
        """How many are still to be sent, counted up to `at_most`."""

    def hold(self, reason: str, limit: int) -> int:
        """Up to `limit` messages that wait become unknown, and are not sent any more. Returns how
        many."""

    def release(self, now: datetime) -> None:
        """What is being sent is due: its process has died."""

    def of_subject(self, subject_id: str) -> list[AccountMessage]:
        """The newest first."""

    def change(self, seen: AccountMessage, values: Mapping[str, Any]) -> bool:
        """False when another process changed it since it was seen."""

    def remove(self, message_id: str) -> None: ...
    def forget(self, created_before: datetime, limit: int) -> int:
        """Remove up to `limit` finished messages that were written before the instant.
        Returns their number."""


class PasswordResetStore(Protocol):
    def get(self, reset_id: str) -> PasswordReset | None: ...
    def of_user(self, user_id: str) -> list[PasswordReset]:
        """The newest first, also those that have expired."""

    def add(self, reset: PasswordReset) -> None: ...
    def remove(self, reset_ids: Collection[str]) -> None: ...
    def forget(self, expired_before: datetime, limit: int) -> int:
        """Remove up to `limit` that expired before the instant.
        Returns their number."""
