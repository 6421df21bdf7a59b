"""Campaigns and their daily metrics."""

from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from exports_app.api import pages, parameters
from exports_app.api.access import CampaignWriter, Reader, Srv, Who, writable_campaign
from exports_app.api.conditions import expected_version, version_of
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import METRICS_LIMIT, METRICS_VALUES, json_body, merges, takes
from exports_app.api.schemas import campaigns as schemas
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import hundredths
from exports_app.domain import bounds
from exports_app.services.campaigns.service import SORTS
from exports_app.services.core.records import Campaign, Metric, Page

BASE = "/api/campaigns"
router = APIRouter(
    prefix=BASE, tags=["campaigns"], dependencies=[parameters.CHECKED], route_class=Repeatable
)
Target = Annotated[Campaign, Depends(writable_campaign)]


@router.get("", response_model=schemas.CampaignsOut, summary="List campaigns")
def find(
    srv: Srv,
    request: Request,
    who: Reader,
    tenant_id: Annotated[UUID | None, Query(alias="tenantId")] = None,
    channel: Annotated[bounds.Channel | None, Query()] = None,
    status: Annotated[bounds.Status | None, Query()] = None,
    currency: Annotated[bounds.CurrencyCode | None, Query()] = None,
    q: Annotated[bounds.Search, Query()] = "",
    sort: Annotated[bounds.Key, kinds.order_or_usual(SORTS), Query()] = "",
    page: pages.Number = 1,
    size: pages.Size = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Sorted by name, unless sort says otherwise. All filters must match."""
    where = {
        k: v
        for k, v in {"channel": channel, "status": status, "currency": currency}.items()
        if v is not None
    }
    wanted = str(tenant_id) if tenant_id else None
    of = ("campaigns", wanted, where, q, sort)
    asked = srv.cursors.page(cursor, of, Page(page, size, sort))
    found = srv.campaigns.find(who, wanted, where, q, asked)
    key = attrgetter(SORTS[(sort or "name").removeprefix("-")], "id")
    answer = pages.answer(srv.cursors, of, asked, found, key)
    return pages.sent(request, schemas.CampaignsOut, answer)


@router.post(
    "",
    status_code=201,
    response_model=schemas.CampaignOut,
    openapi_extra=takes(schemas.CampaignIn),
    summary="Create a campaign",
)
def create(
    srv: Srv,
    who: CampaignWriter,
    request: Request,
    body: Annotated[schemas.CampaignIn, Depends(json_body(schemas.CampaignIn))],
    response: Response,
) -> Any:
    """A campaign without metrics. Write them to its `metrics`."""
    campaign = srv.campaigns.create(
        who, str(body.tenant_id) if body.tenant_id else None, schemas.campaign_values(body)
    )
    response.headers["Location"] = f"{BASE}/{campaign.id}"
    return _sent(request, campaign)


@router.get("/{campaign_id}", response_model=schemas.CampaignOut, summary="Get a campaign")
def get(srv: Srv, who: Who, request: Request, campaign_id: str) -> Any:
    """Its settings, without its metrics."""
    return _sent(request, srv.campaigns.get(who, campaign_id))


@router.put(
    "/{campaign_id}",
    response_model=schemas.CampaignOut,
    openapi_extra=takes(schemas.CampaignChange),
    summary="Update a campaign",
)
def update(
    srv: Srv,
    who: Who,
    request: Request,
    target: Target,
    body: Annotated[schemas.CampaignChange, Depends(json_body(schemas.CampaignChange))],
) -> Any:
    """Fields left out keep their value. The answer of GET can be edited and sent back."""
    return _change(srv, who, request, target, body)


@router.patch(
    "/{campaign_id}",
    response_model=schemas.CampaignOut,
    openapi_extra=merges(schemas.CampaignPatch),
    summary="Change fields of a campaign",
)
def patch(
    srv: Srv,
    who: Who,
    request: Request,
    target: Target,
    body: Annotated[schemas.CampaignChange, Depends(json_body(schemas.CampaignPatch))],
) -> Any:
    """JSON Merge Patch (RFC 7396): null removes a value, or sets the default of a new campaign."""
    return _change(srv, who, request, target, body)


def _change(
    srv: Srv, who: Who, request: Request, target: Campaign, body: schemas.CampaignChange
) -> Campaign:
    body.check_fixed(schemas.CampaignOut.model_validate(target))
    seen = _seen(request, target)
    changed = srv.campaigns.update(who, target.id, schemas.campaign_values(body), seen)
    return _sent(request, changed)


def _sent(request: Request, campaign: Campaign) -> Campaign:
    """With its version, for the ETag."""
    request.state.version = _version(campaign)
    return campaign


def _version(campaign: Campaign) -> str:
    return version_of(schemas.CampaignOut.model_validate(campaign))


def _seen(request: Request, target: Campaign) -> Campaign | None:
    """What the change is to be made to, if the caller says so."""
    return target if expected_version(request, _version(target)) else None


@router.delete("/{campaign_id}", status_code=204, summary="Delete a campaign")
def delete(srv: Srv, who: Who, request: Request, target: Target) -> None:
    """Permanently, with all its metrics. Scheduled exports limited to it fail from then on."""
    srv.campaigns.delete(who, target.id, _seen(request, target))


@router.post(
    "/{campaign_id}/metrics",
    response_model=schemas.WrittenOut,
    openapi_extra=takes(schemas.MetricsIn),
    summary="Write daily metrics",
)
def write_metrics(
    srv: Srv,
    who: Who,
    target: Target,
    body: Annotated[
        schemas.MetricsIn, Depends(json_body(schemas.MetricsIn, METRICS_LIMIT, METRICS_VALUES))
    ],
) -> Any:
    """Adds days, or changes those that exist. All or nothing: an error leaves everything as it
    was."""
    days = [
        Metric(
            target.id,
            item.date,
            item.impressions,
            item.clicks,
            item.conversions,
            hundredths(item.spend),
            hundredths(item.revenue),
        )
        for item in body.items
    ]
    given = [item.model_fields_set for item in body.items]
    return {"written": srv.campaigns.write_metrics(who, target.id, days, given)}
