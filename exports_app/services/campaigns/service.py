"""Campaigns and their daily metrics: the data that is exported."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pycountry

from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal, require_own_password
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    NotFound,
    VersionConflict,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.authorization import own_tenant, require, sorting, visible
from exports_app.services.core.change_events import Change, Changes, Topic
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.field_rules import check_page, check_search, is_uuid, xml_can_hold
from exports_app.services.core.interfaces import Clock, Store, Transaction
from exports_app.services.core.optimistic import rounds
from exports_app.services.core.records import MEASURES, Action, Campaign, Metric, Page, new_id

SORTS = {
    "name": "name",
    "channel": "channel",
    "status": "status",
    "currency": "currency",
    "budget": "budget",
    "startDate": "start_date",
    "endDate": "end_date",
}
MAX_COUNT = 10**12
"""The most impressions, clicks or conversions: sums of a million days fit into 64 bits."""
MAX_MONEY = 10**13
"""The largest amount, in hundredths."""
MAX_DAYS = bounds.METRIC_DAYS
COUNTS = ("impressions", "clicks", "conversions")
AMOUNTS = ("spend", "revenue")


def check_campaign(campaign: Campaign) -> list[FieldError]:
    """The errors of a campaign. Its name is stored exactly as given; only characters that XML 1.0
    cannot hold are refused."""
    texts = (
        ("/name", campaign.name, bounds.NAME),
        ("/channel", campaign.channel, bounds.CHANNEL),
        ("/status", campaign.status, bounds.STATUS),
        ("/currency", campaign.currency, bounds.CURRENCY),
    )
    if errors := [
        FieldError(pointer, bounds.at_most(most))
        for pointer, value, most in texts
        if len(value) > most
    ]:
        return errors
    if not campaign.name:
        errors.append(FieldError("/name", "enter a name of 1 to 200 characters"))
    for pointer, value, _ in texts[:3]:
        if not xml_can_hold(value):
            errors.append(FieldError(pointer, "remove the control characters"))
    for pointer, value, most in texts[1:3]:
        if not value.strip():
            errors.append(FieldError(pointer, f"use 1 to {most} characters"))
    if (
        pycountry.currencies.get(alpha_3=campaign.currency) is None
        or not campaign.currency.isupper()
    ):
        errors.append(
            FieldError("/currency", "use an ISO 4217 code in capital letters, such as EUR")
        )
    if campaign.budget is not None and not 0 <= campaign.budget <= MAX_MONEY:
        errors.append(FieldError("/budget", "must be from 0 to 100,000,000,000"))
    if campaign.start_date and campaign.end_date and campaign.end_date < campaign.start_date:
        errors.append(FieldError("/endDate", "must not be before the start date"))
    return errors


def check_metric(metric: Metric) -> list[FieldError]:
    errors = [
        FieldError(f"/{name}", "must be from 0 to 1,000,000,000,000")
        for name in COUNTS
        if not 0 <= getattr(metric, name) <= MAX_COUNT
    ]
    return errors + [
        FieldError(f"/{name}", "must be from 0 to 100,000,000,000")
        for name in AMOUNTS
        if not 0 <= getattr(metric, name) <= MAX_MONEY
    ]


class Campaigns:
    def __init__(self, store: Store, changes: Changes, clock: Clock) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock

    def get(
        self, who: Principal, campaign_id: str, permission: Permission = Permission.READ
    ) -> Campaign:
        """Raises NotFound (also for another tenant's), then Forbidden."""
        with self._store.read() as tx:
            return self._get(tx, who, campaign_id, permission)

    def _get(
        self, tx: Transaction, who: Principal, campaign_id: str, permission: Permission
    ) -> Campaign:
        require_own_password(who)
        campaign = tx.campaigns.get(campaign_id) if is_uuid(campaign_id) else None
        if campaign is None:
            raise NotFound
        require(who, permission, campaign.tenant_id)
        return campaign

    def find(
        self, who: Principal, tenant_id: str | None, where: Mapping[str, str], q: str, page: Page
    ) -> tuple[list[Campaign], int]:
        within = visible(who, tenant_id)
        check_search({"q": q, **where})
        check_page(page)
        page = replace(page, sort=sorting(page.sort or "name", SORTS))
        with self._store.read() as tx:
            if tenant_id is not None and tx.tenants.get(tenant_id) is None:
                raise NotFound
            return tx.campaigns.find(within, where, q, page)

    def names(
        self, who: Principal, tenant_id: str, campaign_ids: Collection[str]
    ) -> dict[str, str]:
        """id -> name, of those of the ids that are the tenant's campaigns."""
        visible(who, tenant_id)
        with self._store.read() as tx:
            return tx.campaigns.names(tenant_id, campaign_ids)

    def create(self, who: Principal, tenant_id: str | None, values: Mapping[str, Any]) -> Campaign:
        """values: the other fields of a Campaign, money in hundredths. Raises Invalid."""
        tenant_id = own_tenant(who, Permission.CAMPAIGNS, tenant_id)
        campaign = Campaign(id=new_id(), tenant_id=tenant_id, **values)
        if errors := check_campaign(campaign):
            raise Invalid(errors)
        with write_as(self._store, who) as (tx, who):
            require(who, Permission.CAMPAIGNS, tenant_id)
            if tx.tenants.get(tenant_id) is None:
                raise NotFound
            tx.campaigns.add([campaign])
            self._note(tx, who, Action.CAMPAIGN_CREATED, campaign)
        self._publish(tenant_id)
        return campaign

    def update(
        self,
        who: Principal,
        campaign_id: str,
        values: Mapping[str, Any],
        seen: Campaign | None = None,
    ) -> Campaign:
        """values: the fields to change. seen: what the caller saw; None: whatever it is now. Raises
        Conflict where it is another one, and where others keep changing it."""
        checked = self.get(who, campaign_id, Permission.CAMPAIGNS)
        for _ in rounds():
            campaign = replace(checked, **values)
            if errors := check_campaign(campaign):
                raise Invalid(errors)
            with write_as(self._store, who) as (tx, who):
                old = self._get(tx, who, campaign_id, Permission.CAMPAIGNS)
                _check_seen(old, seen)
                if old == checked:
                    self._change(tx, who, old, campaign, values)
                    break
            # changed by someone else meanwhile: check both changes together
            checked = old
        self._publish(campaign.tenant_id)
        return campaign

    def _change(
        self,
        tx: Transaction,
        who: Principal,
        old: Campaign,
        campaign: Campaign,
        values: Mapping[str, Any],
    ) -> None:
        if changes := audit_log.changed(vars(old), values):
            tx.campaigns.update(old.id, values)
            self._note(tx, who, Action.CAMPAIGN_UPDATED, campaign, changed=changes)

    def delete(self, who: Principal, campaign_id: str, seen: Campaign | None = None) -> None:
        """Delete it with its metrics. Scheduled exports that name it fail from then on. seen: as
        of `update`."""
        with write_as(self._store, who) as (tx, who):
            campaign = self._get(tx, who, campaign_id, Permission.CAMPAIGNS)
            _check_seen(campaign, seen)
            tx.campaigns.delete(campaign_id)
            self._note(tx, who, Action.CAMPAIGN_DELETED, campaign)
        self._publish(campaign.tenant_id)

    def write_metrics(
        self,
        who: Principal,
        campaign_id: str,
        days: Sequence[Metric],
        given: Sequence[Collection[str]] | None = None,
    ) -> int:
        """Insert days, or change those that are there; all or nothing. Returns their number. given:
        for each day the fields to set, the others keep their values; None: all. Raises Invalid with
        pointers below ``/items``."""
        self.get(who, campaign_id, Permission.CAMPAIGNS)
        if len(days) > MAX_DAYS:
            raise Invalid([FieldError("/items", "send at most 10,000 days at a time")])
        errors, seen = list[FieldError](), set[date]()
        for i, metric in enumerate(days):
            errors += [FieldError(f"/items/{i}{e.pointer}", e.detail) for e in check_metric(metric)]
            if metric.date in seen:
                errors.append(
                    FieldError(
                        f"/items/{i}/date",
                        "this day is already in the list: send each day once",
                    )
                )
            seen.add(metric.date)
        if errors:
            raise Invalid(errors[:100])
        with write_as(self._store, who) as (tx, who):
            campaign = self._get(tx, who, campaign_id, Permission.CAMPAIGNS)
            for fields, group in _by_fields(days, given).items():
                tx.campaigns.upsert_metrics(group, fields)
            self._note(tx, who, Action.CAMPAIGN_METRICS, campaign, days=len(days))
        self._publish(campaign.tenant_id)
        return len(days)

    def _note(
        self, tx: Transaction, who: Principal, action: Action, campaign: Campaign, **detail: Any
    ) -> None:
        subject = {
            "tenant_id": campaign.tenant_id,
            "subject_id": campaign.id,
            "subject_name": campaign.name,
        }
        audit_log.note(tx, who, action, self._clock(), **subject, **detail)

    def _publish(self, tenant_id: str) -> None:
        self._changes.publish(Change(Topic.CAMPAIGNS, tenant_id))


def _check_seen(campaign: Campaign, seen: Campaign | None) -> None:
    if seen is not None and campaign != seen:
        raise VersionConflict


def _by_fields(
    days: Sequence[Metric], given: Sequence[Collection[str]] | None
) -> dict[tuple[str, ...], list[Metric]]:
    """The days by the fields that they set."""
    if given is None:
        return {MEASURES: list(days)}
    groups: dict[tuple[str, ...], list[Metric]] = {}
    for metric, names in zip(days, given, strict=True):
        groups.setdefault(tuple(m for m in MEASURES if m in names), []).append(metric)
    return groups
