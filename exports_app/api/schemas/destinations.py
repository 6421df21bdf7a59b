"""Destinations of files."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Output
from exports_app.api.schemas.changes import Fixed, Found, PartialInput
from exports_app.api.schemas.patches import Patch, patch_of
from exports_app.domain import bounds
from exports_app.services.core.extension_points import Outcome
from exports_app.services.core.records import DestinationState
from exports_app.services.destinations.configs import channels

Name = Annotated[
    bounds.DestinationName, kinds.said(minLength=1), Field(description="Unique in the tenant")
]
Config = Annotated[
    dict[bounds.Key, Any],
    Field(
        max_length=bounds.CONFIG_FIELDS,
        description=(
            "What the channel needs: the JSON Schema is in the catalog (channels)."
            " Secrets are never in an answer"
        ),
    ),
]
Active = Annotated[bool, Field(description="false: nothing is delivered there")]
CHANNEL = "The channel that delivers there: see the catalog (channels)"
Channel = Annotated[bounds.Key, kinds.either(lambda: (each.key for each in channels()))]


class DestinationIn(Input):
    tenant_id: UUID | None = Field(
        default=None, description="Required for members of several tenants"
    )
    channel: Channel = Field(description=CHANNEL)
    name: Name
    config: Config = Field(default_factory=dict)
    is_active: Active = True


class DestinationChange(PartialInput):
    """All fields are optional: those left out keep their value. config replaces the whole config,
    but secrets that it leaves out stay."""

    id: Fixed = None
    tenant_id: Fixed = None
    channel: Fixed = None
    created_by: Fixed = None
    created_at: Fixed = None
    secrets: Found = None
    place: Found = None
    state: Found = None
    failing_since: Found = None
    reason: Found = None
    last_used_at: Found = None
    updated_at: Found = None
    name: Name = ""
    config: Config = Field(default_factory=dict)
    is_active: Active = True
    version: int | None = Field(
        default=None, description="The version you edited: 409 if someone has changed it since"
    )


DestinationPatch = patch_of(DestinationChange, "DestinationPatch", {"is_active": True})


def values_of(body: DestinationChange) -> dict[str, Any]:
    """The sent fields as the service takes them."""
    return {name: value for name, value in body.given().items() if name != "version"}


def merges(body: DestinationChange) -> bool:
    """Whether the config is merged field by field."""
    return isinstance(body, Patch)


class DestinationOut(Output):
    id: kinds.Uuid
    tenant_id: kinds.Uuid
    channel: kinds.ChannelOut
    name: str
    config: dict[str, Any] = Field(description="Without secrets")
    secrets: list[str] = Field(description="Names of the secrets that are set")
    place: str = Field(
        description="Where it delivers to, in words; empty if its settings cannot be used"
    )
    is_active: bool
    state: Annotated[str, kinds.Among(lambda: DestinationState)] = Field(
        description=(
            "unused: nothing was delivered yet; ok; failing: the last delivery failed; paused: not"
            " used until its settings are changed or a test succeeds"
        )
    )
    failing_since: At | None
    reason: str | None = Field(description="Why it is failing or paused")
    last_used_at: At | None
    version: int
    created_by: kinds.Uuid
    created_at: At
    updated_at: At


class DestinationsOut(Output):
    items: list[DestinationOut]


class DestinationTestOut(Output):
    outcome: Annotated[str, kinds.Among(lambda: Outcome)]
    answer: str = Field(description="What was done, or what is wrong and how to fix it")
    proposed: dict[str, str] = Field(
        description="Values of the config for you to confirm, such as the key of a server"
    )
