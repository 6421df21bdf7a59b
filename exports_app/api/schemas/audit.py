"""The audit."""

from typing import Any

from pydantic import Field

from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Output, PageOut


class AuditEntryOut(Output):
    id: kinds.Uuid
    tenant_id: kinds.Uuid | None = Field(
        description="null if the entry is about the installation or an account"
    )
    at: At
    actor_id: kinds.Uuid | None = Field(
        description="null if the actor is not a user but the app or the command line"
    )
    actor_name: str
    action: kinds.AuditActionOut = Field(description="e.g. `schedule.updated`")
    subject_id: kinds.Uuid | None
    subject_name: str
    detail: dict[str, Any] = Field(
        description=(
            "e.g. `changed`: old and new value by field, with the names and units of the API. "
            "People are named in it as they were at the time"
        )
    )
    address: str | None = Field(
        description="IP address of the request; null if unknown, also in the fields below"
    )
    session: str | None = Field(
        description=(
            "ID of the browser's session, as in `/api/account/sessions`; null for access tokens"
        )
    )
    request_id: str | None = Field(
        description="As in the response's X-Request-ID header, and in the log"
    )


class AuditOut(PageOut):
    items: list[AuditEntryOut]
