"""Whether a caller may accept an invitation, and whether its account needs a password."""

from dataclasses import dataclass

from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    AccountDeactivated,
    AlreadyMember,
    FieldError,
    Invalid,
    LinkNotValid,
    MailboxNotProven,
    OwnPasswordFirst,
    SignInRequired,
    WrongAccount,
)
from exports_app.services.core.current_rights import check_sign_in, principal_of
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Invitation, Tenant, User
from exports_app.services.identity.account_links import AccountLink
from exports_app.services.identity.authentication import Auth
from exports_app.services.tenants.invitation_rules import may_still_invite


@dataclass(frozen=True)
class Acceptance:
    """An invitation that may be accepted. account: of its address; None: it will be created.
    sets_password: the account is created, or handed over to the person who reads its mailbox."""

    invitation: Invitation
    tenant: Tenant
    account: User | None
    sets_password: bool


def valid_invitation(
    tx: Transaction, auth: Auth, link: AccountLink, *, lock: bool = False
) -> tuple[Invitation, Tenant]:
    """lock: the account, the tenant and the invitation, in the order of all transactions. Raises
    LinkNotValid once the link was used, revoked or replaced, or its sender may not invite any
    more."""
    seen = tx.invitations.get(link.subject_id)
    if seen is not None and lock:
        tx.users.by_email(seen.email, lock=True)
    tenant = tx.tenants.get(seen.tenant_id, lock=lock) if seen else None
    invitation = tx.invitations.get(link.subject_id, lock=lock) if lock else seen
    if (
        invitation is None
        or tenant is None
        or not invitation.is_open
        or invitation.generation != link.generation
        or invitation.mailed != link.mailed
        or not may_still_invite(tx, auth, invitation)
    ):
        raise LinkNotValid
    return invitation, tenant


def account_needs_password(invitation: Invitation, account: User | None) -> bool:
    if account is None:
        return True
    settled = account.email_proven_at is not None or account.is_super_admin
    return invitation.mailed and not settled


def check_acceptance(
    tx: Transaction,
    auth: Auth,
    link: AccountLink,
    who: Principal | None,
    *,
    has_password: bool,
    lock: bool = False,
) -> Acceptance:
    """Whether this caller may accept, and how. Raises what `InvitationAcceptance.accept` raises."""
    invitation, tenant = valid_invitation(tx, auth, link, lock=lock)
    sign_in = SignInRequired(f"Sign in as {invitation.email}, then accept the invitation")
    if not invitation.mailed and who is None and not has_password:
        # The inviter has this link: it must not reveal whether there is an account
        raise sign_in
    account = tx.users.by_email(invitation.email, lock=lock)
    if who is not None and (account is None or account.id != who.user_id):
        raise WrongAccount(
            f"This invitation is for {invitation.email}, and another account is signed in: sign "
            "out, then open the link again"
        )
    if who is not None and account is not None:
        check_sign_in(who, account)
    sets_password = account_needs_password(invitation, account)
    if sets_password and account is not None and not account.is_active:
        raise AccountDeactivated
    if sets_password and not has_password:
        raise Invalid([FieldError("/password", "choose a password for this account")])
    if not sets_password and who is None:
        raise sign_in
    if account is not None and not sets_password:
        if account.must_change_password:  # another person knows the password
            raise OwnPasswordFirst
        _check_proof(tx, invitation, account)
    if account is not None and tenant.id in tx.users.roles(account.id):
        raise AlreadyMember("You are already a member of this tenant")
    return Acceptance(invitation, tenant, account, sets_password)


def _check_proof(tx: Transaction, invitation: Invitation, account: User) -> None:
    """An account whose mailbox was never proven may use a passed-on link only if a super admin sent
    the invitation: anyone may have created the account under this address."""
    if invitation.mailed or account.email_proven_at is not None:
        return
    inviter = principal_of(tx, invitation.invited_by)
    if inviter is None or not inviter.is_super_admin:
        raise MailboxNotProven
