"""An open invitation, as the page shows it."""

from dataclasses import dataclass

from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.tenants.invitations import InvitationStatus, Invited
from exports_app.ui.framework.session import ROLES


@dataclass
class InvitationItem:
    """note: why its link does not help, in words; empty while all is well."""

    id: str
    email: str
    role: str
    by: str
    expires_at: str
    expired: bool
    note: str


def row(invited: Invited) -> InvitationItem:
    invitation, expired = invited.invitation, invited.status is InvitationStatus.EXPIRED
    note = ""
    if invited.status is InvitationStatus.INVITER_LEFT:
        note = f"Not valid: {invited.invited_by} can no longer invite members"
    elif not expired and invited.mail in {DeliveryStatus.FAILED, DeliveryStatus.SKIPPED}:
        note = "The email was not delivered"
    return InvitationItem(
        invitation.id,
        invitation.email,
        ROLES[invitation.role],
        invited.invited_by,
        invitation.expires_at.isoformat(),
        expired,
        note,
    )
