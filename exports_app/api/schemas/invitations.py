"""Invitations to a tenant, and accepting one."""

from datetime import datetime

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas.base import Output, TenantNameOut
from exports_app.domain import bounds


class InviteIn(Input):
    email: bounds.Address
    role: bounds.Key = Field("viewer", description="admin or viewer")


class InvitationOut(Output):
    id: str
    email: str
    role: str
    invited_by: str = Field(description="the name of the person who sent its link")
    created_at: datetime
    expires_at: datetime
    status: str = Field(
        description=(
            "open, expired, or inviter_left: that person may not invite any more; in both cases "
            "send it again"
        )
    )
    mail: str | None = Field(
        description="how the message with the link fares: pending, sending, accepted, failed, "
        "skipped; null where the link is passed on"
    )


class InvitedOut(InvitationOut):
    link: str | None = Field(
        repr=False, description="to be passed on, shown once; null where a mail server is set"
    )


class InvitationsOut(Output):
    items: list[InvitationOut]


class LinkTokenIn(Input):
    token: bounds.LinkToken = Field(repr=False, description="what follows the # of the link")


class AcceptIn(LinkTokenIn):
    name: bounds.Name | None = None
    password: bounds.Password | None = Field(
        None, repr=False, description="of the account that is made, see `way`"
    )


class OfferOut(Output):
    tenant: TenantNameOut
    invited_by: str
    email: str
    role: str
    expires_at: datetime
    way: str = Field(
        description="sign_in: call accept with the account's access token; set_password: with "
        "a name and a password; either: the one or the other, depending on whether there is an "
        "account"
    )


class JoinedOut(Output):
    tenant: TenantNameOut
    email: str
    role: str
