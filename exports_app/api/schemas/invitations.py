"""Invitations to a tenant, and accepting one."""

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Output, TenantNameOut
from exports_app.domain import bounds


class InviteIn(Input):
    email: kinds.Email
    role: kinds.RoleKey = Field("viewer", description="admin or viewer")


class InvitationOut(Output):
    id: kinds.Uuid
    email: kinds.EmailOut
    role: kinds.RoleOut
    invited_by: str = Field(description="Name of the person who sent the link")
    created_at: At
    expires_at: At
    status: kinds.InvitationStatusOut = Field(
        description=(
            "open, expired, or inviter_left: the inviter can no longer invite people. In "
            "the last two cases resend the invitation"
        )
    )
    mail: kinds.DeliveryStatusOut | None = Field(
        description=(
            "Status of the message with the link: pending, sending, accepted, failed or "
            "skipped; null if there is no message and the link is shared manually"
        )
    )


class InvitedOut(InvitationOut):
    link: kinds.UriOut | None = Field(
        repr=False, description="Link to share, shown once; null if a mail server is set"
    )


class InvitationsOut(Output):
    items: list[InvitationOut]


class LinkTokenIn(Input):
    token: bounds.LinkToken = Field(
        repr=False, description="Token from the link: the part after the #"
    )


class AcceptIn(LinkTokenIn):
    name: bounds.Name | None = None
    password: kinds.Password | None = Field(
        None, repr=False, description="Password of the new account, see `way`"
    )


class OfferOut(Output):
    tenant: TenantNameOut
    invited_by: str
    email: kinds.EmailOut
    role: kinds.RoleOut
    expires_at: At
    way: kinds.AcceptanceStepOut = Field(
        description=(
            "How to call accept. sign_in: with the account's access token; set_password: with "
            "a name and a password; either: depends on whether there is an account"
        )
    )


class JoinedOut(Output):
    tenant: TenantNameOut
    email: kinds.EmailOut
    role: kinds.RoleOut
