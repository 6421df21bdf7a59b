"""The filters of a scheduled export: which days, which campaigns, how grouped."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from exports_app.domain.errors import FieldError
from exports_app.domain.timing import period
from exports_app.domain.timing.period import Window
from exports_app.services.core.export_filters import check_own, resolve_own
from exports_app.services.core.extension_points import EXPORT_TYPES
from exports_app.services.core.field_rules import one_of


@dataclass(frozen=True)
class Filters:
    """Dates are inclusive. campaign_ids empty: all campaigns."""

    start_date: date | None = None
    end_date: date | None = None
    period: str | None = None
    campaign_ids: tuple[str, ...] = ()
    group_by: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As stored, and as the API answers: camelCase, without empty values."""
        values: dict[str, Any] = {
            "startDate": self.start_date.isoformat() if self.start_date else None,
            "endDate": self.end_date.isoformat() if self.end_date else None,
            "period": self.period,
            "campaignIds": list(self.campaign_ids) or None,
            "groupBy": self.group_by,
        }
        return {k: v for k, v in values.items() if v is not None}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Filters":
        def day(key: str) -> date | None:
            return date.fromisoformat(stored[key]) if key in stored else None

        ids = tuple(stored.get("campaignIds", ()))
        return cls(
            day("startDate"), day("endDate"), stored.get("period"), ids, stored.get("groupBy")
        )

    def normal(self, export_type: str) -> dict[str, Any]:
        """To compare, with the defaults in place of empty values: filters of the same normal form
        mean the same. export_type: whose filters they are."""
        days = (self.start_date, self.end_date, self.period or period.Period.ALL)
        known = EXPORT_TYPES.get(export_type)
        own = resolve_own(known, self) if known else {}
        return {"days": days, "campaign_ids": self.campaign_ids, "group_by": self.group_by, **own}

    def window(self, today: date) -> Window:
        """The days that a run covers. today: see `tick_day.day_of`."""
        chosen = period.Period(self.period) if self.period else None
        return period.resolve(chosen, self.start_date, self.end_date, today)


def check_campaigns(filters: Filters, existing: Collection[str]) -> list[FieldError]:
    """existing: those of the campaigns that the tenant has."""
    return [
        FieldError(
            f"/filters/campaignIds/{i}",
            "this campaign does not exist: choose one of this tenant's campaigns",
        )
        for i, campaign_id in enumerate(filters.campaign_ids)
        if campaign_id not in existing
    ]


def check_filters(filters: Filters, export_type: str) -> list[FieldError]:
    errors = []
    if filters.period is not None and filters.period not in list(period.Period):
        errors.append(FieldError("/filters/period", one_of(list(period.Period))))
    if filters.period is not None and (filters.start_date or filters.end_date):
        errors.append(FieldError("/filters/period", "use either a period or dates, not both"))
    if filters.start_date and filters.end_date and filters.end_date < filters.start_date:
        errors.append(FieldError("/filters/endDate", "must not be before the start date"))
    return errors + check_own(EXPORT_TYPES[export_type], filters)
