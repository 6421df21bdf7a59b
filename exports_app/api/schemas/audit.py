"""The audit."""

from datetime import datetime
from typing import Any

from pydantic import Field

from exports_app.api.schemas.base import Output, PageOut


class AuditEntryOut(Output):
    id: str
    tenant_id: str | None = Field(
        description="null where it concerns the installation or an account"
    )
    at: datetime
    actor_id: str | None = Field(
        description="null where no user did it: the app, or the command line"
    )
    actor_name: str
    action: str = Field(description="e.g. `schedule.updated`")
    subject_id: str | None
    subject_name: str
    detail: dict[str, Any] = Field(
        description="e.g. `changed`: by field what it was and what it is"
    )
    address: str | None = Field(
        description="from where; null where it is not known, here and below"
    )
    session: str | None = Field(
        description="the browser's session, as in `/api/account/sessions`; null for access tokens"
    )
    request_id: str | None = Field(description="as in the answer's X-Request-ID, and in the log")


class AuditOut(PageOut):
    items: list[AuditEntryOut]
