"""Tenants: settings, quotas, members."""

from typing import Annotated

from pydantic import Field

from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Output, PageOut
from exports_app.api.schemas.changes import Fixed, Found, PartialInput
from exports_app.api.schemas.patches import patch_of
from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.accounts.provisioning import BRAND_COLOR
from exports_app.services.core.field_rules import one_of
from exports_app.services.tenants.quotas import MAX_QUOTA, quota_error


class TenantSettingsOut(Output):
    id: kinds.Uuid
    slug: str
    name: str
    brand_color: kinds.ColorOut
    logo_url: kinds.UriOut | None
    timezone: kinds.ZoneOut | None = Field(
        description="Time zone of new scheduled exports; null: the installation's"
    )
    keep_days: int | None = Field(
        description="Number of days for which files are kept; null: the default"
    )
    keep_runs_days: int | None = Field(
        description="Number of days for which runs stay in the history; null: the default"
    )
    recipient_domains: list[str] = Field(
        description="Domains that files may be sent to; empty: all"
    )
    second_factor_required: bool = Field(
        description="Whether members need two-factor authentication to have access"
    )


class TenantChange(PartialInput):
    """All fields are optional: those left out keep their value."""

    id: Fixed = None
    slug: Fixed = None
    name: kinds.Name = ""
    brand_color: kinds.Color = ""
    logo_url: Annotated[kinds.LogoUrl | None, kinds.EMPTY_IS_NULL] = None
    timezone: Annotated[kinds.Zone | None, kinds.EMPTY_IS_NULL] = None
    keep_days: kinds.KeepDays | None = None
    keep_runs_days: kinds.KeepRunsDays | None = None
    recipient_domains: list[bounds.Domain] = Field(
        default_factory=list,
        max_length=bounds.DOMAINS,
        description=(
            "Domains that files may be sent to, e.g. example.com, or *.example.com for "
            "all its subdomains; empty: all"
        ),
    )
    second_factor_required: bool = False


TenantPatch = patch_of(
    TenantChange,
    "TenantPatch",
    {"brand_color": BRAND_COLOR, "recipient_domains": [], "second_factor_required": False},
)


class QuotaOut(Output):
    name: Annotated[str, kinds.Among(lambda: MAX_QUOTA)] = Field(
        description="schedules, pending_runs, messages_per_day (days in UTC) or file_bytes"
    )
    used: int
    limit: int
    own: int | None = Field(description="The tenant's own limit; null: the installation's applies")


class QuotasOut(Output):
    items: list[QuotaOut]


class QuotaChange(PartialInput):
    used: Found = None
    limit: Found = None
    name: Annotated[bounds.Key, kinds.Among(lambda: MAX_QUOTA)]
    own: int | None = Field(
        None, ge=1, le=max(MAX_QUOTA.values()), description="null: the installation's limit"
    )


class QuotasChange(PartialInput):
    """All fields are optional: those left out keep their value; null resets to the default."""

    items: list[QuotaChange] = Field(
        default_factory=list,
        max_length=len(MAX_QUOTA),
        description="As GET answers them: the tenant's own limits, instead of the fields below",
    )
    schedules: int | None = Field(default=None, ge=1, le=MAX_QUOTA["schedules"])
    pending_runs: int | None = Field(default=None, ge=1, le=MAX_QUOTA["pending_runs"])
    messages_per_day: int | None = Field(default=None, ge=1, le=MAX_QUOTA["messages_per_day"])
    file_bytes: int | None = Field(default=None, ge=1, le=MAX_QUOTA["file_bytes"])

    def limits(self) -> dict[str, int | None]:
        """By name, those that are sent. Raises Invalid for one that is sent twice."""
        found = {name: value for name, value in self.given().items() if name != "items"}
        errors = []
        for i, item in enumerate(self.items):
            if item.name in found:
                errors.append(FieldError(f"/items/{i}/name", "appears twice: send it once"))
            elif item.name not in MAX_QUOTA:
                errors.append(FieldError(f"/items/{i}/name", one_of(list(MAX_QUOTA))))
            elif why := quota_error(item.name, item.own):
                errors.append(FieldError(f"/items/{i}/own", why))
            elif "own" in item.model_fields_set:
                found[item.name] = item.own
        if errors:
            raise Invalid(errors)
        return found


class RoleIn(PartialInput):
    """Only the role can be changed."""

    id: Fixed = None
    email: Fixed = None
    name: Fixed = None
    is_active: Fixed = None
    scheduled_exports: Found = None
    role: kinds.RoleKey


RolePatch = patch_of(RoleIn, "RolePatch", {})


class MemberOut(Output):
    id: kinds.Uuid
    email: kinds.EmailOut
    name: str
    role: kinds.RoleOut
    is_active: bool
    scheduled_exports: int = Field(
        description="Number of the tenant's scheduled exports that the member owns"
    )


class MembersOut(PageOut):
    items: list[MemberOut]
