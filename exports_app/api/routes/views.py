"""Saved views of a tenant's list of scheduled exports: one's own, and the shared ones."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from exports_app.api import parameters
from exports_app.api.access import Srv, Who
from exports_app.api.conditions import expected_version
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import json_body, merges, takes
from exports_app.api.schemas import views as schemas
from exports_app.services.core.records import SavedView, Tenant
from exports_app.services.schedules import view_filters

BASE = "/api/tenants/{tenant_id}/views"
router = APIRouter(
    prefix=BASE, tags=["saved views"], dependencies=[parameters.CHECKED], route_class=Repeatable
)


def readable(srv: Srv, who: Who, tenant_id: str) -> Tenant:
    """The path's object before the body."""
    return srv.tenants.get(who, tenant_id)


def visible(srv: Srv, who: Who, tenant_id: str, view_id: str) -> SavedView:
    """The path's object before the body."""
    return srv.saved_views.get(who, tenant_id, view_id)


def changeable(srv: Srv, who: Who, tenant_id: str, view_id: str) -> SavedView:
    """The path's object before the body: 404, then 403."""
    return srv.saved_views.get(who, tenant_id, view_id, to_change=True)


@router.get("", response_model=schemas.ViewsOut, summary="List saved views")
def find(srv: Srv, who: Who, tenant_id: str) -> Any:
    """Your own views and the shared ones, sorted by name."""
    return {"items": [_out(view) for view in srv.saved_views.find(who, tenant_id)]}


@router.post(
    "",
    status_code=201,
    response_model=schemas.ViewOut,
    openapi_extra=takes(schemas.ViewIn),
    summary="Create a saved view",
)
def create(
    srv: Srv,
    who: Who,
    request: Request,
    tenant: Annotated[Tenant, Depends(readable)],
    body: Annotated[schemas.ViewIn, Depends(json_body(schemas.ViewIn))],
    response: Response,
) -> Any:
    """409 if you already have a view with this name, or the maximum of 50 views."""
    filters = body.filters.filters()
    made = srv.saved_views.create(who, tenant.id, body.name, filters, is_shared=body.is_shared)
    response.headers["Location"] = f"{BASE.format(tenant_id=tenant.id)}/{made.id}"
    return _sent(request, made)


@router.get("/{view_id}", response_model=schemas.ViewOut, summary="Get a saved view")
def get(request: Request, view: Annotated[SavedView, Depends(visible)]) -> Any:
    """One of your own views, or a shared one."""
    return _sent(request, view)


@router.put(
    "/{view_id}",
    response_model=schemas.ViewOut,
    openapi_extra=takes(schemas.ViewChange),
    summary="Update a saved view",
)
def update(
    srv: Srv,
    who: Who,
    request: Request,
    view: Annotated[SavedView, Depends(changeable)],
    body: Annotated[schemas.ViewChange, Depends(json_body(schemas.ViewChange))],
) -> Any:
    """Shared views can be changed by anyone who can change scheduled exports."""
    return _change(srv, who, request, view, body)


@router.patch(
    "/{view_id}",
    response_model=schemas.ViewOut,
    openapi_extra=merges(schemas.ViewPatch),
    summary="Change fields of a saved view",
)
def patch(
    srv: Srv,
    who: Who,
    request: Request,
    view: Annotated[SavedView, Depends(changeable)],
    body: Annotated[schemas.ViewChange, Depends(json_body(schemas.ViewPatch))],
) -> Any:
    """JSON Merge Patch (RFC 7396): filters are merged one by one, and null removes one."""
    return _change(srv, who, request, view, body)


def _change(
    srv: Srv, who: Who, request: Request, view: SavedView, body: schemas.ViewChange
) -> dict[str, Any]:
    body.check_fixed(schemas.ViewOut.model_validate(_out(view)))
    version = expected_version(request, view.version, body.version)
    values = schemas.view_values(body)
    changed = srv.saved_views.update(who, view.tenant_id, view.id, values, version)
    return _sent(request, changed)


def _sent(request: Request, view: SavedView) -> dict[str, Any]:
    """With its version, for the ETag."""
    request.state.version = view.version
    return _out(view)


@router.delete("/{view_id}", status_code=204, summary="Delete a saved view")
def delete(
    srv: Srv, who: Who, request: Request, view: Annotated[SavedView, Depends(changeable)]
) -> None:
    """Shared views can be deleted by anyone who can change scheduled exports."""
    version = expected_version(request, view.version)
    srv.saved_views.delete(who, view.tenant_id, view.id, version)


def _out(view: SavedView) -> dict[str, Any]:
    filters, lost = view_filters.read(view.filters)
    return {**vars(view), "filters": filters, "lost": lost}
