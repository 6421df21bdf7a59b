"""The mail settings of the installation, for super admins."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from exports_app.api import parameters
from exports_app.api.access import Operator, Srv
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import mail as schemas

router = APIRouter(
    prefix="/api/mail", tags=["mail"], dependencies=[parameters.CHECKED], route_class=Repeatable
)


@router.get("", response_model=schemas.MailSettingsOut, summary="Get the mail settings")
def settings(srv: Srv, who: Operator) -> Any:
    """For super admins: the values in effect, and where each comes from."""
    return {"items": srv.mail_diagnostics.effective_settings(who)}


@router.post(
    "/test",
    response_model=schemas.MailTestOut,
    openapi_extra=takes(schemas.MailTestIn),
    summary="Send a test email",
)
def test(
    srv: Srv,
    who: Operator,
    body: Annotated[schemas.MailTestIn, Depends(json_body(schemas.MailTestIn))],
) -> Any:
    """For super admins: sends a test email now, and returns what the mail server answered. Up to
    ten a minute."""
    return srv.mail_diagnostics.send_test(who, body.address)
