"""The filters that an export type may take beside its days: each type declares its own."""

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
    """What one run covers. start and end are inclusive days of the campaign data; None is open."""

    tenant_id: str
    start: date | None
    end: date | None
    filters: Mapping[str, Any] = field(default_factory=dict)
    """What was chosen for the filters that the type declares, by their names. Read it with the
    filter's `of`."""


class ExportFilter(Protocol):
    """One filter, as an export type takes it."""

    name: ClassVar[str]
    """The field of `Filters`, and the key in `Scope.filters`."""
    json: ClassVar[str]
    """In the API and as stored."""

    def check(self, value: Any, export_type: str) -> list[FieldError]:
        """What is wrong with the value that somebody gave, e.g. that it is missing."""

    def resolve(self, value: Any) -> Any:
        """What the query gets: the default where nothing was given."""


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
            FieldError(f"{pointer}/{i}", "is not a campaign's id (a UUID)")
            for i, campaign_id in enumerate(value)
            if not is_uuid(campaign_id)
        ]

    def resolve(self, value: tuple[str, ...]) -> tuple[str, ...]:
        return value

    @classmethod
    def of(cls, scope: Scope) -> tuple[str, ...]:
        """The chosen campaigns; empty: every campaign of the tenant."""
        return tuple(scope.filters.get(cls.name, ()))


@dataclass(frozen=True)
class GroupByFilter:
    """What the rows are summed up by. values: the default first."""

    values: tuple[str, ...]
    name: ClassVar[str] = "group_by"
    json: ClassVar[str] = "groupBy"

    def check(self, value: str | None, export_type: str) -> list[FieldError]:  # noqa: ARG002 (each type's error is the same)
        if value is None or value in self.values:
            return []
        return [FieldError(f"/filters/{self.json}", one_of(self.values))]

    def resolve(self, value: str | None) -> str:
        return self.values[0] if value is None else value

    @classmethod
    def of(cls, scope: Scope) -> str:
        """The chosen one of the type's values."""
        return str(scope.filters[cls.name])


KNOWN: tuple[type[CampaignFilter] | type[GroupByFilter], ...] = (GroupByFilter, CampaignFilter)
"""Every filter that there is, in the order of their errors."""

F = TypeVar("F", CampaignFilter, GroupByFilter)


class TakesFilters(Protocol):
    key: str
    filters: tuple[ExportFilter, ...]


def declared(export_type: TakesFilters | None, kind: type[F]) -> F | None:
    """The filter of this kind, as the export type takes it; None where it takes none."""
    if export_type is None:
        return None
    return next((taken for taken in export_type.filters if isinstance(taken, kind)), None)


def check_own(export_type: TakesFilters, given: Any) -> list[FieldError]:
    """What is wrong with the filters of the type. given: has a field for every known filter, which
    is None or empty where nothing was given."""
    errors = list[FieldError]()
    by_name = {taken.name: taken for taken in export_type.filters}
    for known in KNOWN:
        value = getattr(given, known.name)
        if taken := by_name.get(known.name):
            errors += taken.check(value, export_type.key)
        elif value not in (None, ()):
            refusal = f"the export type {export_type.key} takes no {known.json}: leave it out"
            errors.append(FieldError(f"/filters/{known.json}", refusal))
    return errors


def resolve_own(export_type: TakesFilters, given: Any) -> dict[str, Any]:
    """`Scope.filters` of the export type. given: as for `check_own`."""
    return {taken.name: taken.resolve(getattr(given, taken.name)) for taken in export_type.filters}
