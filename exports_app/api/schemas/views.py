"""Saved views of the list of scheduled exports."""

from typing import Annotated, Any

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Id, Output
from exports_app.api.schemas.changes import Fixed, Found, PartialInput
from exports_app.api.schemas.patches import Patch, patch_of
from exports_app.domain import bounds
from exports_app.domain.runs.states import EXECUTED, RunStatus
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.partial import Partial
from exports_app.services.schedules.service import SORTS
from exports_app.services.schedules.view_filters import ME, STATES, WITHOUT_ACCESS, ViewFilters

Name = Annotated[
    bounds.ViewName, kinds.said(minLength=1), Field(description="Unique among your views")
]
Shared = Annotated[
    bool,
    Field(
        description=(
            "Whether the view is shared with everyone who can see the tenant's scheduled exports. "
            "Sharing needs exports.write"
        )
    ),
]
State = Annotated[bounds.Key, kinds.either(lambda: STATES)]
ExportType = Annotated[bounds.Key, kinds.either(EXPORT_TYPES.keys)]
Format = Annotated[bounds.Key, kinds.either(FORMATS.keys)]
LastStatus = Annotated[
    bounds.Key, kinds.either(lambda: (status for status in RunStatus if status in EXECUTED))
]
Owner = Annotated[Id, kinds.said(pattern=f"^({kinds.UUID}|{ME}|{WITHOUT_ACCESS})?$")]
Sort = Annotated[bounds.Key, kinds.order_or_usual(SORTS)]
STATE = f"{', '.join(STATES)}; empty: all"
OWNER = f"A user's ID, {ME} or {WITHOUT_ACCESS}; empty: all"
SORT = f"{', '.join(SORTS)}, with a leading - for descending; empty: newest first"


class ViewFiltersIn(Input):
    """Filters that are left out or empty do not apply."""

    q: bounds.Search = ""
    state: State = Field("", description=STATE)
    export_type: ExportType = ""
    format: Format = ""
    last_status: LastStatus = ""
    tags: list[bounds.Tag] = Field(
        default_factory=list,
        max_length=bounds.TAGS,
        description="Only scheduled exports with all of these tags",
    )
    owner: Owner = Field("", description=OWNER)
    sort: Sort = Field("", description=SORT)

    def filters(self) -> ViewFilters:
        return ViewFilters(**{**vars(self), "tags": tuple(self.tags)})

    def changes(self) -> Partial:
        """Those that the caller sent."""
        sent = self.given()
        return Partial(sent | {"tags": tuple(sent["tags"])} if "tags" in sent else sent)


class ViewIn(Input):
    name: Name
    filters: ViewFiltersIn = Field(default_factory=ViewFiltersIn)
    is_shared: Shared = False


class ViewChange(PartialInput):
    """All fields are optional: those left out keep their value. filters replaces all filters."""

    id: Fixed = None
    tenant_id: Fixed = None
    maker_id: Fixed = None
    created_at: Fixed = None
    lost: Found = None
    updated_at: Found = None
    name: Name = ""
    filters: ViewFiltersIn = Field(default_factory=ViewFiltersIn)
    is_shared: Shared = False
    version: int | None = Field(
        default=None, description="The version you edited: 409 if someone has changed it since"
    )


ViewPatch = patch_of(
    ViewChange,
    "ViewPatch",
    ViewIn,
    filters=patch_of(ViewFiltersIn, "ViewFiltersPatch", ViewFiltersIn),
)


def view_values(body: ViewChange) -> dict[str, Any]:
    """The sent fields as the service takes them."""
    values = {name: value for name, value in body.given().items() if name != "version"}
    if "filters" in values:
        sent: ViewFiltersIn = values["filters"]
        merges = isinstance(body, Patch) and body.filters is not None
        values["filters"] = sent.changes() if merges else sent.filters()
    return values


class ViewFiltersOut(Output):
    q: str
    state: State
    export_type: ExportType
    format: Format
    last_status: LastStatus
    tags: list[str]
    owner: Owner
    sort: Sort


class ViewOut(Output):
    id: kinds.Uuid
    tenant_id: kinds.Uuid
    maker_id: kinds.Uuid
    name: str
    filters: ViewFiltersOut
    lost: list[str] = Field(
        description="Filters that no longer exist, for example for a removed export type"
    )
    is_shared: bool
    version: int
    created_at: At
    updated_at: At


class ViewsOut(Output):
    items: list[ViewOut]
