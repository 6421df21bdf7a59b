"""Scheduled exports as code."""

from typing import Annotated, Any

from annotated_types import MaxLen
from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Output
from exports_app.api.schemas.options import with_options
from exports_app.api.schemas.schedules import (
    SLUG,
    Description,
    FiltersIn,
    OptionalZone,
    Recipients,
    Tags,
)
from exports_app.domain import bounds
from exports_app.services.schedules.definitions.plan import Kind
from exports_app.services.schedules.definitions.service import Definition


@with_options(before="is_active", is_input=True)
class DefinedScheduleIn(Input):
    """A scheduled export. A field that is left out has its default."""

    slug: kinds.OwnSlug = Field(
        description=f"{SLUG} It says which scheduled export is meant: with another slug it is a new"
        " one"
    )
    name: kinds.Name
    description: Description = None
    export_type: kinds.ExportType
    format: kinds.Format
    schedule: kinds.CronText = Field(description="Cron expression")
    timezone: OptionalZone = Field(
        default=None, description="IANA time zone. Default: the tenant's time zone"
    )
    recipients: Recipients = Field(default_factory=list)
    destinations: Annotated[list[bounds.DestinationName], MaxLen(bounds.SENT_DESTINATIONS)] = Field(
        default_factory=list, description="Names of destinations of the tenant"
    )
    filters: FiltersIn = Field(default_factory=FiltersIn)
    is_active: bool = Field(default=True, description="false: paused")
    tags: Tags = Field(default_factory=list)


class DefinitionIn(Input):
    """The scheduled exports of a tenant."""

    tenant: bounds.Slug | None = Field(
        default=None,
        description="Slug of the tenant that it is for: refused for any other. Default: any",
    )
    schedules: Annotated[list[DefinedScheduleIn], MaxLen(bounds.BULK)] = Field(
        description="In any order"
    )

    def definition(self) -> Definition:
        return Definition([_values(one) for one in self.schedules], self.tenant)


def _values(one: Any) -> dict[str, Any]:
    """As a Draft has them."""
    values = {name: getattr(one, name) for name in type(one).model_fields}
    return values | {
        "filters": one.filters.filters(),
        "recipients": tuple(one.recipients),
        "destinations": tuple(one.destinations),
        "tags": tuple(one.tags),
    }


class FieldChangeOut(Output):
    field: str
    old: Any = Field(description="null if it is created, or had no value")
    new: Any


class PlannedOut(Output):
    """A scheduled export that is created, updated or deleted."""

    kind: Annotated[str, kinds.Among(lambda: Kind)]
    id: kinds.Uuid | None = Field(description="null if it is created")
    slug: str
    name: str
    fields: list[FieldChangeOut] = Field(
        description="What changes; of one that is created what differs from the defaults"
    )


class PlanOut(Output):
    to_create: int
    to_update: int
    to_delete: int
    unchanged: int = Field(description="Scheduled exports that are as the definition says")
    others: int = Field(
        description="Scheduled exports that the definition does not name and that stay as they are"
    )
    digest: str = Field(
        description="Of the changes. Send it with apply to apply this plan and no other"
    )
    changes: list[PlannedOut]
