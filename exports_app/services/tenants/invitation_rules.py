"""Rules of all invitations: who may invite, how many may be open, and their audit entries."""

from datetime import datetime

from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import (
    AlreadyInvited,
    AlreadyMember,
    LimitReached,
    NotFound,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.field_rules import is_uuid
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Action, Invitation, User
from exports_app.services.identity.authentication import Auth

MAX_OPEN = 500
"""The most open invitations of one tenant."""


def note_invitation(
    tx: Transaction,
    who: Principal,
    action: Action,
    invitation: Invitation,
    now: datetime,
    **detail: str,
) -> None:
    audit_log.note(
        tx,
        who,
        action,
        now,
        tenant_id=invitation.tenant_id,
        subject_id=invitation.id,
        subject_name=invitation.email,
        **detail,
    )


def may_still_invite(tx: Transaction, auth: Auth, invitation: Invitation) -> bool:
    """Whether its sender may still invite: not after they were removed, and not while they lack a
    required second factor."""
    inviter = tx.users.get(invitation.invited_by)
    if inviter is None or not inviter.is_active:
        return False
    return auth.signed_in(tx, inviter).can(Permission.MANAGE, invitation.tenant_id)


def revoke_of_previous_holder(tx: Transaction, user: User, now: datetime) -> None:
    """Revoke what an account sent before its mailbox was proven: a previous holder may have invited
    accomplices."""
    for invitation in tx.invitations.open_from(user.id):
        if tx.invitations.revoke(
            invitation.id, now
        ):  # False where it was accepted at the same moment
            note_invitation(tx, Principal(user.id), Action.INVITATION_REVOKED, invitation, now)


def open_invitation(
    tx: Transaction, tenant_id: str, invitation_id: str, *, lock: bool = False
) -> Invitation:
    """Raises NotFound for one that was accepted or revoked, or is another tenant's."""
    known = is_uuid(invitation_id)
    invitation = tx.invitations.get(invitation_id, lock=lock) if known else None
    if invitation is None or invitation.tenant_id != tenant_id or not invitation.is_open:
        raise NotFound
    return invitation


def check_not_member(tx: Transaction, tenant_id: str, address: str) -> None:
    """Looks only at this tenant's members, whom its admins know anyway. Raises Conflict."""
    if any(member.user.email == address for member in tx.users.members(tenant_id)):
        raise AlreadyMember("This person is already a member: change their role instead")


def make_room(tx: Transaction, tenant_id: str, address: str, now: datetime) -> None:
    """Revoke an expired invitation of the address. Raises Conflict where one is open, or too many
    are."""
    before = tx.invitations.open_for(tenant_id, address)
    if before is not None:
        if before.expires_at > now:
            raise AlreadyInvited
        tx.invitations.update(before.id, {"revoked_at": now})
    waiting = [
        invitation
        for invitation in tx.invitations.open_in(tenant_id)
        if invitation.expires_at > now
    ]
    if len(waiting) >= MAX_OPEN:
        raise LimitReached(
            f"{MAX_OPEN} invitations are open: revoke those that are no longer needed"
        )
