"""Accepting an invitation. Its link shows the offer, and can be used once.

An account belongs to the person who reads its mailbox. So a link's effect depends on how it was
delivered:

- A mailed link proves the mailbox. It creates an account, or hands over one whose mailbox was never
  proven: with a new password, all sessions ended, and no second factor. Memberships of that account
  stay, since they were given to the address. The account of a super admin is never handed over.
- A link that an admin passed on proves nothing. It creates an account where there is none. An
  existing account has to sign in; if its mailbox was never proven, only the invitation of a super
  admin counts.
- An account whose mailbox is proven has to sign in.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exports_app.domain.access import Principal, Role, require_person
from exports_app.domain.errors import (
    AccountExists,
)
from exports_app.services.accounts import previous_holder
from exports_app.services.accounts.acceptance_rules import (
    Acceptance,
    account_needs_password,
    check_acceptance,
    valid_invitation,
)
from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.field_rules import check_name
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.rate_limits import Counts, RateLimit
from exports_app.services.core.records import (
    Action,
    Membership,
    Tenant,
    User,
    new_id,
)
from exports_app.services.identity import passwords
from exports_app.services.identity.account_links import AccountLinks, LinkKind
from exports_app.services.identity.authentication import Auth
from exports_app.services.identity.guess_limits import GuessLimits
from exports_app.services.identity.refused_links import RefusedLinks
from exports_app.services.tenants.invitation_rules import note_invitation

RATE = "20/hour"
"""Attempts to accept one invitation."""


class AcceptanceStep(StrEnum):
    """How an invitation is accepted. EITHER: a passed-on link must not reveal whether the address
    has an account: sign in if it has one, else choose a name and a password."""

    SIGN_IN = "sign_in"
    SET_PASSWORD = "set_password"  # noqa: S105  (a name)
    EITHER = "either"


@dataclass(frozen=True)
class Offer:
    """What a link shows. invited_by: a name."""

    tenant: Tenant
    invited_by: str
    email: str
    role: Role
    expires_at: datetime
    way: AcceptanceStep


@dataclass(frozen=True)
class Joined:
    tenant: Tenant
    role: Role
    user: User


class InvitationAcceptance:
    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Clock,
        links: AccountLinks,
        counts: Counts,
        refused: RefusedLinks,
        guesses: GuessLimits,
        auth: Auth,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._links = links
        self._refused = refused
        self._guesses = guesses
        self._auth = auth
        self._limit = RateLimit(RATE, counts, "invitation-accept")

    def look(self, token: str) -> Offer:
        """Raises LinkNotValid, which is noted."""
        with self._refused.noted(LinkKind.INVITATION, token):
            return self._look(token)

    def _look(self, token: str) -> Offer:
        link = self._links.read(LinkKind.INVITATION, token)
        with self._store.read() as tx:
            invitation, tenant = valid_invitation(tx, self._auth, link)
            account = tx.users.by_email(invitation.email)
            inviter = tx.users.names([invitation.invited_by])[invitation.invited_by]
        way = AcceptanceStep.EITHER
        if invitation.mailed:
            way = (
                AcceptanceStep.SET_PASSWORD
                if account_needs_password(invitation, account)
                else AcceptanceStep.SIGN_IN
            )
        return Offer(tenant, inviter, invitation.email, invitation.role, invitation.expires_at, way)

    def accept(
        self,
        token: str,
        who: Principal | None,
        name: str | None = None,
        password: str | None = None,
    ) -> Joined:
        """who: the signed-in caller, if any. name, password: of the account that is created or
        handed over; ignored otherwise. After choosing a password, the user can sign in without a
        wait.

        Raises LinkNotValid, TooManyRequests, and WrongAccount where another account is signed in;
        these are noted. Unauthenticated where the account has to sign in; OwnPasswordFirst; Invalid
        where a name or password is missing or not allowed; Conflict where a super admin is needed,
        and for a member.
        """
        with self._refused.noted(LinkKind.INVITATION, token, who):
            return self._accept(token, who, name, password)

    def _accept(
        self, token: str, who: Principal | None, name: str | None, password: str | None
    ) -> Joined:
        if who is not None:
            require_person(who)
        link = self._links.read(LinkKind.INVITATION, token)
        self._limit.hit(link.subject_id)
        given = password is not None
        with self._store.read() as tx:
            entry = check_acceptance(tx, self._auth, link, who, has_password=given)
        chosen, hashed = "", ""
        if entry.sets_password:
            chosen = _name(name)
            passwords.check(password or "", "/password", entry.invitation.email, chosen)
            # Slow, so before the transaction
            hashed = passwords.hash_password(password or "", entry.invitation.email)
        now = self._clock()
        with self._store.write() as tx:
            entry = check_acceptance(
                tx, self._auth, link, who, has_password=bool(hashed), lock=True
            )
            user, changes = _owner(tx, entry, chosen, hashed, now)
            joined = _join(tx, entry, user, now)
            tenants = {joined.tenant.id, *tx.users.roles(user.id)}
        if entry.sets_password:
            self._guesses.trust_network(joined.user.email, request_context.current().address)
        # The account may have a new name in all its tenants
        for change in [*changes, *(Change(Topic.TENANTS, tenant_id) for tenant_id in tenants)]:
            self._changes.publish(change)
        return joined


def _owner(
    tx: Transaction, entry: Acceptance, name: str, hashed: str, now: datetime
) -> tuple[User, list[Change]]:
    """The account that becomes a member, with a proven mailbox where the link was mailed; and the
    changes to publish."""
    account, proven_at = entry.account, now if entry.invitation.mailed else None
    if account is None:
        return _new_account(tx, entry.invitation.email, name, hashed, proven_at), []
    if entry.sets_password:
        return _hand_over(tx, account, name, hashed, now)
    if proven_at is not None and account.email_proven_at is None:
        tx.users.update(account.id, {"email_proven_at": proven_at})
        _note(tx, Action.MAILBOX_PROVEN, account, now)
    return account, []


def _new_account(
    tx: Transaction, email: str, name: str, hashed: str, proven_at: datetime | None
) -> User:
    user = User(new_id(), email, name, hashed, email_proven_at=proven_at)
    if not tx.users.add_new(
        user
    ):  # an invitation of another tenant was accepted at the same moment
        raise AccountExists
    return user


def _hand_over(
    tx: Transaction, account: User, name: str, hashed: str, now: datetime
) -> tuple[User, list[Change]]:
    """Give the account to the person who reads its mailbox, and end what a previous holder set
    up."""
    values = {
        "name": name,
        "password_hash": hashed,
        "must_change_password": False,
        "one_time_expires_at": None,
        "token_version": account.token_version + 1,
        "email_proven_at": now,
    }
    tx.users.update(account.id, values)
    for action in (Action.MAILBOX_PROVEN, Action.PASSWORD_CHANGED):
        _note(tx, action, account, now)
    changes = previous_holder.end(tx, account, now)
    owner = tx.users.get(account.id)
    assert owner is not None
    return owner, changes


def _join(tx: Transaction, entry: Acceptance, user: User, now: datetime) -> Joined:
    invitation, who = entry.invitation, Principal(user.id)
    if entry.account is None:
        _note(tx, Action.USER_CREATED, user, now)
    tx.users.join(Membership(user.id, entry.tenant.id, invitation.role))
    tx.invitations.update(invitation.id, {"accepted_at": now})
    note_invitation(tx, who, Action.MEMBER_JOINED, invitation, now, role=invitation.role)
    return Joined(entry.tenant, invitation.role, user)


def _note(tx: Transaction, action: Action, user: User, now: datetime) -> None:
    audit_log.note_user(tx, Principal(user.id), action, None, user, now)


def _name(name: str | None) -> str:
    name = (name or "").strip()
    check_name(name)
    return name
