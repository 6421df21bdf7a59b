"""A tenant's settings, quotas and tags."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from exports_app.api import parameters
from exports_app.api.access import Srv, Who
from exports_app.api.conditions import expected_version, version_of
from exports_app.api.request_body import json_body, merges, takes
from exports_app.api.schemas import tenants as schemas
from exports_app.api.schemas.schedules import TagsOut
from exports_app.domain.access import Permission
from exports_app.services.core.records import Tenant
from exports_app.services.tenants.quotas import Quota

router = APIRouter(prefix="/api/tenants", tags=["tenants"], dependencies=[parameters.CHECKED])


def managed(srv: Srv, who: Who, tenant_id: str) -> Tenant:
    """The path's object before the body: 404, then 403, then 413 and 422."""
    return srv.tenants.get(who, tenant_id, Permission.MANAGE)


Managed = Annotated[Tenant, Depends(managed)]


@router.get("/{tenant_id}", response_model=schemas.TenantSettingsOut, summary="Get a tenant")
def get(srv: Srv, who: Who, request: Request, tenant_id: str) -> Any:
    """Its settings, for everyone who has access to it."""
    return _sent(request, srv.tenants.get(who, tenant_id))


@router.put(
    "/{tenant_id}",
    response_model=schemas.TenantSettingsOut,
    openapi_extra=takes(schemas.TenantChange),
    summary="Update a tenant",
)
def update(
    srv: Srv,
    who: Who,
    request: Request,
    tenant: Managed,
    body: Annotated[schemas.TenantChange, Depends(json_body(schemas.TenantChange))],
) -> Any:
    """Fields left out keep their value. null clears the logo, the time zone and the retention of
    files."""
    return _change(srv, who, request, tenant, body)


@router.patch(
    "/{tenant_id}",
    response_model=schemas.TenantSettingsOut,
    openapi_extra=merges(schemas.TenantPatch),
    summary="Change fields of a tenant",
)
def patch(
    srv: Srv,
    who: Who,
    request: Request,
    tenant: Managed,
    body: Annotated[schemas.TenantChange, Depends(json_body(schemas.TenantPatch))],
) -> Any:
    """JSON Merge Patch (RFC 7396): null removes a value, or sets the default."""
    return _change(srv, who, request, tenant, body)


def _change(
    srv: Srv, who: Who, request: Request, tenant: Tenant, body: schemas.TenantChange
) -> Tenant:
    body.check_fixed(schemas.TenantSettingsOut.model_validate(tenant))
    seen = vars(tenant) if expected_version(request, _version(tenant)) else None
    return _sent(request, srv.tenants.update(who, tenant.id, body.given(), seen))


def _sent(request: Request, tenant: Tenant) -> Tenant:
    """With its version, for the ETag."""
    request.state.version = _version(tenant)
    return tenant


def _version(tenant: Tenant) -> str:
    return version_of(schemas.TenantSettingsOut.model_validate(tenant))


@router.get("/{tenant_id}/quotas", response_model=schemas.QuotasOut, summary="List quotas")
def quotas(srv: Srv, who: Who, request: Request, tenant: Managed) -> Any:
    """The tenant's quotas and how much of each is used."""
    return _sent_quotas(request, srv.quotas.find(who, tenant.id))


@router.put(
    "/{tenant_id}/quotas",
    response_model=schemas.QuotasOut,
    openapi_extra=takes(schemas.QuotasChange),
    summary="Change quotas",
)
def change_quotas(
    srv: Srv,
    who: Who,
    request: Request,
    tenant: Managed,
    body: Annotated[schemas.QuotasChange, Depends(json_body(schemas.QuotasChange))],
) -> Any:
    """For super admins. Fields left out keep their value; null resets to the default."""
    return _change_quotas(srv, who, request, tenant, body)


@router.patch(
    "/{tenant_id}/quotas",
    response_model=schemas.QuotasOut,
    openapi_extra=merges(schemas.QuotasChange),
    summary="Change some quotas",
)
def patch_quotas(
    srv: Srv,
    who: Who,
    request: Request,
    tenant: Managed,
    body: Annotated[schemas.QuotasChange, Depends(json_body(schemas.QuotasChange))],
) -> Any:
    """For super admins. JSON Merge Patch (RFC 7396): null resets to the default."""
    return _change_quotas(srv, who, request, tenant, body)


def _change_quotas(
    srv: Srv, who: Who, request: Request, tenant: Tenant, body: schemas.QuotasChange
) -> dict[str, Any]:
    now = srv.quotas.find(who, tenant.id)
    seen = now if expected_version(request, _version_of_quotas(now)) else None
    return _sent_quotas(request, srv.quotas.change(who, tenant.id, body.limits(), seen))


def _sent_quotas(request: Request, quotas: list[Quota]) -> dict[str, Any]:
    request.state.version = _version_of_quotas(quotas)
    return {"items": quotas}


def _version_of_quotas(quotas: list[Quota]) -> str:
    answer = schemas.QuotasOut.model_validate({"items": quotas})
    return version_of(answer, {"items": {"__all__": {"used", "limit"}}})


@router.get("/{tenant_id}/tags", response_model=TagsOut, summary="List tags")
def tags(srv: Srv, who: Who, tenant_id: str) -> Any:
    """Tags of the tenant's scheduled exports, in alphabetical order."""
    return {"items": srv.tags.find(who, srv.tenants.get(who, tenant_id).id)}
