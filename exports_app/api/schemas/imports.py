"""What an import of campaigns did, or would do."""

from pydantic import Field

from exports_app.api.schemas.base import Output


class DifferenceOut(Output):
    campaign: str
    field: str = Field(description="The column of the file")
    stored: str = Field(description="Empty: none")
    given: str = Field(description="Empty: none")
    line: int
    applied: bool = Field(description="Whether the file's value is stored now")


class JoinedNameOut(Output):
    given: str
    kept: str
    line: int


class ImportOut(Output):
    dry_run: bool
    read_as: str = Field(description="How the file was read, e.g. UTF-8, semicolons")
    campaigns_new: int
    campaigns_known: int
    days_new: int
    days_replaced: int
    differences: list[DifferenceOut] = Field(
        description="Details in which the file differs from what is stored: the first 50"
    )
    differences_count: int
    joined: list[JoinedNameOut] = Field(
        description=(
            "Names that were taken for others, which differ in white space or Unicode form only: "
            "the first 50"
        )
    )
    joined_count: int
    notes: list[str] = Field(description="What to check, e.g. columns that were left out")
