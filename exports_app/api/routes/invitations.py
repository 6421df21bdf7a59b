"""What the holder of an invitation's link can do. The link's token is sent in the body: no log has
it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from exports_app.api import parameters
from exports_app.api.access import Anyone, Srv
from exports_app.api.request_body import strangers_body, takes
from exports_app.api.schemas import invitations as schemas

router = APIRouter(prefix="/api/invitations", tags=["invitations"], dependencies=[parameters.OPEN])


@router.post(
    "/look",
    response_model=schemas.OfferOut,
    openapi_extra=takes(schemas.LinkTokenIn),
    summary="Look up an invitation",
)
def look(
    srv: Srv, body: Annotated[schemas.LinkTokenIn, Depends(strangers_body(schemas.LinkTokenIn))]
) -> Any:
    """What the invitation offers, and how to accept it. 410 once its link no longer works."""
    return srv.invitation_acceptance.look(body.token)


@router.post(
    "/accept",
    response_model=schemas.JoinedOut,
    openapi_extra=takes(schemas.AcceptIn),
    summary="Accept an invitation",
)
def accept(
    srv: Srv,
    who: Anyone,
    body: Annotated[schemas.AcceptIn, Depends(strangers_body(schemas.AcceptIn))],
) -> Any:
    """Send the access token of the invited address's account; or, without a token, a name and a
    password: see `way` in the response of `look`. 401 with the code `sign_in_required` if the
    account has to sign in first. 403 with `wrong_account` if another account is signed in, and with
    `own_password_first` if it is signed in with a one-time password."""
    joined = srv.invitation_acceptance.accept(body.token, who, body.name, body.password)
    return {"tenant": joined.tenant, "email": joined.user.email, "role": joined.role}
