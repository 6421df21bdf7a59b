"""What the codes of errors mean."""

from pydantic import Field

from exports_app.api.schemas.base import Output


class CauseOut(Output):
    type: str = Field(
        description="Address of this page, relative to the server",
        json_schema_extra={"format": "uri-reference"},
    )
    code: str
    status: int
    title: str
    explanation: str = Field(validation_alias="about")
    fix: str = Field(description="What to do about it")


class CausesOut(Output):
    items: list[CauseOut] = Field(description="In the order of their statuses")
