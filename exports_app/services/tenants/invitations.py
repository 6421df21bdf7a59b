"""Invitations to a tenant. Its admins enter an address and a role; membership begins when the
person accepts (`accounts.invitation_acceptance`). Nothing here depends on whether the address has
an account."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from email_validator import EmailNotValidError

from exports_app.domain import bidi
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.email_addresses import account_address, valid_address
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.rate_limits import Counts, RateLimit
from exports_app.services.core.records import AccountMessage, Action, Invitation, new_id
from exports_app.services.identity.account_links import AccountLink, AccountLinks, LinkKind
from exports_app.services.identity.account_messages import AccountEmail, AccountMessages
from exports_app.services.identity.authentication import Auth
from exports_app.services.tenants.invitation_rules import (
    check_not_member,
    make_room,
    may_still_invite,
    note_invitation,
    open_invitation,
)
from exports_app.services.tenants.members import role_of
from exports_app.services.tenants.tenant_settings import tenant_of

LIFETIME = timedelta(hours=72)
"""Of a link."""
TENANT_RATE = "200/hour"
"""Links that one tenant may send in all."""
ADDRESS_RATE = "5/hour"
"""Links that one tenant may send to one address."""


class InvitationStatus(StrEnum):
    """OPEN: its link can be used. EXPIRED: send it again. INVITER_LEFT: its link cannot be used,
    because its sender may not invite any more; another admin can send it again."""

    OPEN = "open"
    EXPIRED = "expired"
    INVITER_LEFT = "inviter_left"


@dataclass(frozen=True)
class Invited:
    """An invitation as the tenant's admins see it.

    invited_by: a name. mail: the status of the message with the latest link; None where none is
    sent. link: to be passed on, shown once and only without a mail server.
    """

    invitation: Invitation
    invited_by: str
    status: InvitationStatus
    mail: DeliveryStatus | None = None
    link: str | None = field(default=None, repr=False)


class Invitations:
    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Clock,
        links: AccountLinks,
        mail: AccountMessages,
        counts: Counts,
        auth: Auth,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._links = links
        self._mail = mail
        self._auth = auth
        self._tenant_limit = RateLimit(TENANT_RATE, counts, "invitations")
        self._address_limit = RateLimit(ADDRESS_RATE, counts, "invitations-address")
        mail.register(LinkKind.INVITATION, self._compose)

    def find(self, who: Principal, tenant_id: str) -> list[Invited]:
        """Those that were neither accepted nor revoked, the newest first. Raises NotFound,
        Forbidden."""
        with self._store.read() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
            return self._described(tx, tx.invitations.open_in(tenant_id))

    def invite(self, who: Principal, tenant_id: str, email: str, role: str) -> Invited:
        """Works the same for addresses with and without an account.

        Raises NotFound, Forbidden, Invalid, TooManyRequests; Conflict where the address belongs to
        a member of this tenant or is invited already, and where too many invitations are open.
        """
        with self._store.read() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
        address = _address(email)
        invited_role = role_of(role)
        self._count(tenant_id, address)
        with write_as(self._store, who) as (tx, who):
            tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
            now = self._clock()
            check_not_member(tx, tenant_id, address)
            make_room(tx, tenant_id, address, now)
            invitation = Invitation(
                id=new_id(),
                tenant_id=tenant_id,
                email=address,
                role=invited_role,
                invited_by=who.user_id,
                created_at=now,
                expires_at=now + LIFETIME,
                mailed=self._mail.available(),
            )
            tx.invitations.add(invitation)
            invited = self._send(tx, who, Action.MEMBER_INVITED, invitation)
        self._publish(tenant_id)
        return invited

    def resend(self, who: Principal, tenant_id: str, invitation_id: str) -> Invited:
        """With a new link; the caller becomes its sender. The old link no longer works.

        Raises NotFound, Forbidden, TooManyRequests; Conflict where the person is a member by now.
        """
        with self._store.read() as tx:
            tenant_of(tx, who, tenant_id, Permission.MANAGE)
            address = open_invitation(tx, tenant_id, invitation_id).email
        self._count(tenant_id, address)
        with write_as(self._store, who) as (tx, who):
            tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
            now = self._clock()
            invitation = open_invitation(tx, tenant_id, invitation_id, lock=True)
            check_not_member(tx, tenant_id, invitation.email)
            renewed = replace(
                invitation,
                generation=invitation.generation + 1,
                expires_at=now + LIFETIME,
                invited_by=who.user_id,
                mailed=self._mail.available(),
            )
            tx.invitations.update(invitation.id, vars(renewed))
            invited = self._send(tx, who, Action.INVITATION_RESENT, renewed)
        self._publish(tenant_id)
        return invited

    def revoke(self, who: Principal, tenant_id: str, invitation_id: str) -> None:
        """Its link no longer works. Raises NotFound, Forbidden; NotFound too once it was
        accepted."""
        with write_as(self._store, who) as (tx, who):
            tenant_of(tx, who, tenant_id, Permission.MANAGE, lock=True)
            now = self._clock()
            invitation = open_invitation(tx, tenant_id, invitation_id, lock=True)
            tx.invitations.update(invitation.id, {"revoked_at": now})
            note_invitation(tx, who, Action.INVITATION_REVOKED, invitation, now)
        self._publish(tenant_id)

    def _send(
        self, tx: Transaction, who: Principal, action: Action, invitation: Invitation
    ) -> Invited:
        """Mail the link after the commit, or return it where there is no mail server."""
        note_invitation(tx, who, action, invitation, self._clock(), role=invitation.role)
        if invitation.mailed:
            self._mail.send(
                tx,
                LinkKind.INVITATION,
                invitation.id,
                invitation.email,
                invitation.generation,
            )
        described = self._described(tx, [invitation])[0]
        if invitation.mailed:
            return described
        return replace(described, link=self._links.url(_link(invitation)))

    def _described(self, tx: Transaction, invitations: Iterable[Invitation]) -> list[Invited]:
        invitations, now = list(invitations), self._clock()
        names = tx.users.names({invitation.invited_by for invitation in invitations})
        may_invite = dict[str, bool]()
        described = []
        for invitation in invitations:
            inviter = invitation.invited_by
            if inviter not in may_invite:
                may_invite[inviter] = may_still_invite(tx, self._auth, invitation)
            status = InvitationStatus.OPEN
            if invitation.expires_at <= now:
                status = InvitationStatus.EXPIRED
            elif not may_invite[inviter]:
                status = InvitationStatus.INVITER_LEFT
            name = names.get(inviter, "")
            described.append(Invited(invitation, name, status, _mail_status(tx, invitation)))
        return described

    def _compose(
        self, tx: Transaction, message: AccountMessage, now: datetime
    ) -> AccountEmail | None:
        """The message at the time it is sent; None where its link no longer works."""
        invitation = tx.invitations.get(message.subject_id)
        if (
            invitation is None
            or not invitation.is_open
            or not invitation.mailed
            or invitation.expires_at <= now
            or invitation.generation != message.generation
            or not may_still_invite(tx, self._auth, invitation)
        ):
            return None
        tenant = tx.tenants.get(invitation.tenant_id)
        assert tenant is not None
        inviter = bidi.isolated(tx.users.names([invitation.invited_by])[invitation.invited_by])
        invited_to = bidi.isolated(tenant.name)
        return AccountEmail(
            title=f"You are invited to {invited_to}",
            lead=(
                f"{inviter} invites you to {invited_to}. You decide: nothing happens until you "
                "accept."
            ),
            button="Open the invitation",
            expires_at=invitation.expires_at,
            why=(
                f"You received this message because {inviter} entered your address. If you do not "
                "expect it, ignore it."
            ),
            facts=[("Role", invitation.role.capitalize())],
            tenant=tenant,
        )

    def _count(self, tenant_id: str, address: str) -> None:
        """Raises TooManyRequests."""
        self._address_limit.hit(tenant_id, address)
        self._tenant_limit.hit(tenant_id)

    def _publish(self, tenant_id: str) -> None:
        self._changes.publish(Change(Topic.TENANTS, tenant_id))


def _link(invitation: Invitation) -> AccountLink:
    """A link to be passed on, which proves no mailbox."""
    return AccountLink(
        LinkKind.INVITATION,
        invitation.id,
        invitation.generation,
        invitation.expires_at,
        mailed=False,
    )


def _mail_status(tx: Transaction, invitation: Invitation) -> DeliveryStatus | None:
    if not invitation.mailed:
        return None
    messages = tx.account_messages.of_subject(invitation.id)
    return next((m.status for m in messages if m.generation == invitation.generation), None)


def _address(email: str) -> str:
    try:
        return account_address(valid_address(email))
    except EmailNotValidError as e:
        raise Invalid([FieldError("/email", str(e))]) from None
