"""The filters of export types, beside the days. Each type declares which it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Protocol, TypeVar

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError
from exports_app.services.core.field_rules import is_uuid, one_of

MAX_CAMPAIGNS = bounds.CAMPAIGNS


@dataclass(frozen=True)
class Scope:
    """What one run covers. start, end: inclusive days of the campaign data; None: open."""

    tenant_id: str
    start: date | None
    end: date | None
    filters: Mapping[str, Any] = field(default_factory=dict)
    """The values of the type's filters, by name. Read them with the filter's `of`."""


class ExportFilter(Protocol):
    """One filter, as an export type takes it."""

    name: ClassVar[str]
    """The field of `Filters`, and the key in `Scope.filters`."""
    json: ClassVar[str]
    """In the API and as stored."""

    def check(self, value: Any, export_type: str) -> list[FieldError]:
        """The errors of a value, e.g. that it is missing."""

    def resolve(self, value: Any) -> Any:
        """The value for the query, with the default for an empty one."""

    @property
    def is_required(self) -> bool: ...
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of a value."""


@dataclass(frozen=True)
class CampaignFilter:
    """Which campaigns are covered. required: at least one must be chosen; else none means all."""

    required: bool = False
    name: ClassVar[str] = "campaign_ids"
    json: ClassVar[str] = "campaignIds"

    def check(self, value: tuple[str, ...], export_type: str) -> list[FieldError]:
        pointer, errors = f"/filters/{self.json}", list[FieldError]()
        if self.required and not value:
            need = f"the export type {export_type} needs at least one campaign"
            errors.append(FieldError(pointer, need))
        if len(value) > MAX_CAMPAIGNS:
            most = f"choose at most {MAX_CAMPAIGNS} campaigns, or none for all"
            return [*errors, FieldError(pointer, most)]
        return errors + [
            FieldError(f"{pointer}/{i}", "is not a campaign ID (a UUID)")
            for i, campaign_id in enumerate(value)
            if not is_uuid(campaign_id)
        ]

    def resolve(self, value: tuple[str, ...]) -> tuple[str, ...]:
        return value

    @property
    def is_required(self) -> bool:
        return self.required

    def schema(self) -> Mapping[str, Any]:
        return {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "minItems": int(self.required),
            "maxItems": MAX_CAMPAIGNS,
        }

    @classmethod
    def of(cls, scope: Scope) -> tuple[str, ...]:
        """The chosen campaigns; empty: every campaign of the tenant."""
        return tuple(scope.filters.get(cls.name, ()))


@dataclass(frozen=True)
class GroupByFilter:
    """What rows are grouped by. values: the default first."""

    values: tuple[str, ...]
    name: ClassVar[str] = "group_by"
    json: ClassVar[str] = "groupBy"

    def check(self, value: str | None, export_type: str) -> list[FieldError]:  # noqa: ARG002 (each type's error is the same)
        if value is None or value in self.values:
            return []
        return [FieldError(f"/filters/{self.json}", one_of(self.values))]

    def resolve(self, value: str | None) -> str:
        return self.values[0] if value is None else value

    @property
    def is_required(self) -> bool:
        return False

    def schema(self) -> Mapping[str, Any]:
        return {"type": "string", "enum": list(self.values), "default": self.values[0]}

    @classmethod
    def of(cls, scope: Scope) -> str:
        """The chosen value."""
        return str(scope.filters[cls.name])


KNOWN: tuple[type[CampaignFilter] | type[GroupByFilter], ...] = (GroupByFilter, CampaignFilter)
"""All filters, in the order of their errors."""

F = TypeVar("F", CampaignFilter, GroupByFilter)


class TakesFilters(Protocol):
    key: str
    filters: tuple[ExportFilter, ...]


def declared(export_type: TakesFilters | None, kind: type[F]) -> F | None:
    """The type's filter of this kind; None where it takes none."""
    if export_type is None:
        return None
    return next(
        (own_filter for own_filter in export_type.filters if isinstance(own_filter, kind)), None
    )


def check_own(export_type: TakesFilters, given: Any) -> list[FieldError]:
    """The errors of the filters. given: an object with an attribute for every known filter, which
    is None or empty where nothing was chosen."""
    errors = list[FieldError]()
    by_name = {own_filter.name: own_filter for own_filter in export_type.filters}
    for known in KNOWN:
        value = getattr(given, known.name)
        if own_filter := by_name.get(known.name):
            errors += own_filter.check(value, export_type.key)
        elif value not in (None, ()):
            refusal = (
                f"the export type {export_type.key} does not support {known.json}: leave it out"
            )
            errors.append(FieldError(f"/filters/{known.json}", refusal))
    return errors


def resolve_own(export_type: TakesFilters, given: Any) -> dict[str, Any]:
    """`Scope.filters` of the export type. given: as for `check_own`."""
    return {
        own_filter.name: own_filter.resolve(getattr(given, own_filter.name))
        for own_filter in export_type.filters
    }
