"""Saved views of the list of scheduled exports."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas.base import Output, PartialInput
from exports_app.domain import bounds
from exports_app.services.schedules.service import SORTS
from exports_app.services.schedules.view_filters import ME, STATES, WITHOUT_ACCESS, ViewFilters

Name = Annotated[bounds.ViewName, Field(description="one of each name for its maker")]
Shared = Annotated[
    bool, Field(description="with all who may read the tenant's; needs exports.write")
]
STATE = f"{', '.join(STATES)}; empty: all"
OWNER = f"a user's id, {ME} or {WITHOUT_ACCESS}; empty: all"
SORT = f"{', '.join(SORTS)}, with - before it for descending; empty: the newest first"


class ViewFiltersIn(Input):
    """What is left out or empty narrows nothing."""

    q: bounds.Search = ""
    state: bounds.Key = Field("", description=STATE)
    export_type: bounds.Key = ""
    format: bounds.Key = ""
    last_status: bounds.Key = ""
    tags: list[bounds.Tag] = Field(
        default_factory=list, max_length=bounds.TAGS, description="what has all of these"
    )
    owner: bounds.Id = Field("", description=OWNER)
    sort: bounds.Key = Field("", description=SORT)

    def filters(self) -> ViewFilters:
        return ViewFilters(**{**vars(self), "tags": tuple(self.tags)})


class ViewIn(Input):
    name: Name
    filters: ViewFiltersIn = Field(default_factory=ViewFiltersIn)
    is_shared: Shared = False


class ViewChange(PartialInput):
    """All optional: what is left out keeps its value. filters: all of them anew."""

    name: Name = ""
    filters: ViewFiltersIn = Field(default_factory=ViewFiltersIn)
    is_shared: Shared = False
    version: int | None = Field(
        default=None, description="the version you edited: 409 when someone else was quicker"
    )


class ViewFiltersOut(Output):
    q: str
    state: str
    export_type: str
    format: str
    last_status: str
    tags: list[str]
    owner: str
    sort: str


class ViewOut(Output):
    id: str
    tenant_id: str
    maker_id: str
    name: str
    filters: ViewFiltersOut
    lost: list[str] = Field(
        description="filters that no longer exist here, for example of a removed export type"
    )
    is_shared: bool
    version: int
    created_at: datetime
    updated_at: datetime


class ViewsOut(Output):
    items: list[ViewOut]
