"""One action on many scheduled exports."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from annotated_types import MaxLen
from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Output
from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus

Tags = Annotated[list[bounds.Tag], MaxLen(bounds.SENT_TAGS)]


class Action(StrEnum):
    ACTIVATE = "activate"
    PAUSE = "pause"
    RUN = "run"
    DELETE = "delete"
    RESTORE = "restore"
    TAG = "tag"
    TRANSFER = "transfer"


FIELDS: dict[str, Action] = {
    "add_tags": Action.TAG,
    "remove_tags": Action.TAG,
    "owner_id": Action.TRANSFER,
    "send_to": Action.RUN,
}
"""Which action has the field."""


class FilterIn(Input):
    """As the parameters of the list."""

    tenant_id: UUID
    export_type: kinds.ExportType | None = None
    format: kinds.Format | None = None
    last_status: RunStatus | None = None
    is_active: bool | None = None
    failing: bool | None = None
    tags: Annotated[list[bounds.Tag], MaxLen(bounds.TAGS)] = Field(default_factory=list)
    owner_id: UUID | None = None
    q: bounds.Search = ""


class BulkIn(Input):
    action: Action
    ids: Annotated[list[UUID], MaxLen(bounds.BULK)] | None = Field(
        default=None, description="Of scheduled exports; for restore, of deleted ones"
    )
    filter: FilterIn | None = Field(
        default=None,
        description=(
            "In place of ids: all scheduled exports that match. Refused where more than"
            f" {bounds.BULK:,} do"
        ),
    )
    add_tags: Tags = Field(default_factory=list, description="For tag")
    remove_tags: Tags = Field(default_factory=list, description="For tag")
    owner_id: UUID | None = Field(default=None, description="For transfer: the new owner")
    send_to: SendTo = Field(default=SendTo.RECIPIENTS, description="For run")

    def checked(self) -> Self:
        """Raises Invalid where fields are missing or do not belong together."""
        errors = [
            FieldError(f"/{type(self).model_fields[name].alias}", f"is for the action {of} only")
            for name, of in FIELDS.items()
            if name in self.model_fields_set and self.action is not of
        ]
        if (self.ids is None) == (self.filter is None):
            errors.append(FieldError("/ids", "send either ids or a filter"))
        if self.filter is not None and self.action is Action.RESTORE:
            errors.append(FieldError("/filter", "finds no deleted ones: send their ids"))
        if self.action is Action.TAG and not (self.add_tags or self.remove_tags):
            errors.append(FieldError("/addTags", "send tags to add or to remove"))
        if self.action is Action.TRANSFER and self.owner_id is None:
            errors.append(FieldError("/ownerId", "is required: the new owner"))
        if errors:
            raise Invalid(errors)
        return self


class BulkItemOut(Output):
    id: kinds.Uuid
    status: Literal["done", "failed"]
    code: str | None = Field(default=None, description="Of the error, stable; null if done")
    detail: str | None = Field(default=None, description="Why it failed, in a sentence")


class BulkOut(Output):
    done: int = Field(description="How many")
    failed: int = Field(description="How many")
    items: list[BulkItemOut] = Field(description="Each once, those that were done first")


def item(schedule_id: str, code: str | None = None, detail: str | None = None) -> dict[str, Any]:
    status = "done" if code is None else "failed"
    return {"id": schedule_id, "status": status, "code": code, "detail": detail}
