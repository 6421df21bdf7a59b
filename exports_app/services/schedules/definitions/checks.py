"""Whether the scheduled exports of a definition are valid: by themselves, and in their tenant."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.schedules import tags
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Tenant
from exports_app.services.schedules.definitions.plan import Entry, Kind, Plan
from exports_app.services.schedules.filters import check_campaigns
from exports_app.services.schedules.tagging import folded_tags, lacks_room
from exports_app.services.tenants.quotas import Quotas

MOST_ERRORS = 100
"""That are listed."""


@dataclass
class Errors:
    """Of all scheduled exports of a definition."""

    found: list[FieldError] = field(default_factory=list)

    def add(self, at: int | None, errors: Iterable[FieldError]) -> None:
        self.found += [replace(e, pointer=f"/schedules/{at}{e.pointer}") for e in errors]

    def check(self) -> None:
        """Raises Invalid."""
        if self.found:
            raise Invalid(self.found[:MOST_ERRORS])


def check_in_tenant(tx: Transaction, tenant: Tenant, plan: Plan, quotas: Quotas) -> None:
    """What depends on the tenant's campaigns, tags and quota. It must be locked for changes: one at
    a time counts and adds. Raises Invalid, QuotaExceeded."""
    errors = Errors()
    touched = [entry for entry in plan.changes if entry.draft is not None]
    _check_campaigns(tx, tenant.id, touched, errors)
    _check_tags(tx, tenant.id, touched, errors)
    errors.check()
    if new := plan.of_kind(Kind.CREATE):
        room = quotas.schedules(tx, tenant)
        room.left += len(plan.of_kind(Kind.DELETE))
        for _ in new:
            room.take()


def _check_campaigns(
    tx: Transaction, tenant_id: str, touched: Iterable[Entry], errors: Errors
) -> None:
    asked = [
        (entry.at, entry.draft.filters)
        for entry in touched
        if entry.draft and ("filters" in _changed(entry) or "export_type" in _changed(entry))
    ]
    ids = sorted({campaign_id for _, filters in asked for campaign_id in filters.campaign_ids})
    existing = set[str]()
    for begin in range(0, len(ids), bounds.CAMPAIGNS):
        existing |= tx.campaigns.existing(tenant_id, ids[begin : begin + bounds.CAMPAIGNS])
    for at, filters in asked:
        errors.add(at, check_campaigns(filters, existing))


def _check_tags(tx: Transaction, tenant_id: str, touched: Iterable[Entry], errors: Errors) -> None:
    given = list(_tagged(touched))
    there = folded_tags(tx, tenant_id) if given else set[str]()
    for at, wanted in given:
        if why := lacks_room(there, wanted):
            errors.add(at, [FieldError("/tags", f"{why}: use existing tags")])
        there |= {tags.folded(tag) for tag in wanted}


def _tagged(touched: Iterable[Entry]) -> Iterator[tuple[int | None, tuple[str, ...]]]:
    for entry in touched:
        if entry.draft and entry.draft.tags and "tags" in _changed(entry):
            yield entry.at, entry.draft.tags


def _changed(entry: Entry) -> Collection[str]:
    """The columns; of a new one all."""
    if entry.edit is not None:
        return entry.edit.values.keys()
    return vars(entry.draft).keys()
