"""Destinations: where a tenant's files go, other than to recipients."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from exports_app.api import parameters
from exports_app.api.access import Srv, Who, Writer
from exports_app.api.conditions import expected_version
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import json_body, merges, takes
from exports_app.api.schemas import destinations as schemas
from exports_app.domain.errors import DeliveryError
from exports_app.services.core.extension_points import Outcome
from exports_app.services.core.records import Destination
from exports_app.services.destinations import states
from exports_app.services.destinations.service import outcome_of

OfTenant = Annotated[UUID | None, Query(alias="tenantId")]
BASE = "/api/destinations"
router = APIRouter(
    prefix=BASE, tags=["destinations"], dependencies=[parameters.CHECKED], route_class=Repeatable
)


def visible(srv: Srv, who: Who, destination_id: str) -> Destination:
    """The path's object before the body."""
    return srv.destinations.get(who, destination_id)


@router.get("", response_model=schemas.DestinationsOut, summary="List destinations")
def find(srv: Srv, who: Writer, tenant_id: OfTenant = None) -> Any:
    """Those of a tenant, sorted by name. For those who can change scheduled exports."""
    found = srv.destinations.find(who, str(tenant_id) if tenant_id else None)
    return {"items": [_out(srv, destination) for destination in found]}


@router.post(
    "",
    status_code=201,
    response_model=schemas.DestinationOut,
    openapi_extra=takes(schemas.DestinationIn),
    summary="Create a destination",
)
def create(
    srv: Srv,
    who: Writer,
    body: Annotated[schemas.DestinationIn, Depends(json_body(schemas.DestinationIn))],
    request: Request,
    response: Response,
) -> Any:
    """Scheduled exports name it in destinationIds."""
    tenant_id = None if body.tenant_id is None else str(body.tenant_id)
    made = srv.destinations.create(
        *(who, tenant_id, body.channel, body.name, body.config), is_active=body.is_active
    )
    request.state.version = made.version
    response.headers["Location"] = f"{BASE}/{made.id}"
    return _out(srv, made)


@router.get("/{destination_id}", response_model=schemas.DestinationOut, summary="Get a destination")
def get(srv: Srv, request: Request, destination: Annotated[Destination, Depends(visible)]) -> Any:
    """Without its secrets."""
    request.state.version = destination.version
    return _out(srv, destination)


@router.put(
    "/{destination_id}",
    response_model=schemas.DestinationOut,
    openapi_extra=takes(schemas.DestinationChange),
    summary="Update a destination",
)
def update(
    srv: Srv,
    who: Who,
    request: Request,
    destination: Annotated[Destination, Depends(visible)],
    body: Annotated[schemas.DestinationChange, Depends(json_body(schemas.DestinationChange))],
) -> Any:
    """Secrets that the config leaves out stay, unless it now leads to another place."""
    return _change(srv, who, request, destination, body)


@router.patch(
    "/{destination_id}",
    response_model=schemas.DestinationOut,
    openapi_extra=merges(schemas.DestinationPatch),
    summary="Change fields of a destination",
)
def patch(
    srv: Srv,
    who: Who,
    request: Request,
    destination: Annotated[Destination, Depends(visible)],
    body: Annotated[schemas.DestinationChange, Depends(json_body(schemas.DestinationPatch))],
) -> Any:
    """JSON Merge Patch (RFC 7396): the config is merged field by field, and null removes one."""
    return _change(srv, who, request, destination, body)


def _change(
    srv: Srv,
    who: Who,
    request: Request,
    destination: Destination,
    body: schemas.DestinationChange,
) -> dict[str, Any]:
    body.check_fixed(schemas.DestinationOut.model_validate(_out(srv, destination)))
    version = expected_version(request, destination.version, body.version)
    values = schemas.values_of(body)
    changed = srv.destinations.update(
        who, destination.id, values, version, merge=schemas.merges(body)
    )
    request.state.version = changed.version
    return _out(srv, changed)


@router.delete("/{destination_id}", status_code=204, summary="Delete a destination")
def delete(
    srv: Srv, who: Who, request: Request, destination: Annotated[Destination, Depends(visible)]
) -> None:
    """409 while scheduled exports deliver there."""
    version = expected_version(request, destination.version)
    srv.destinations.delete(who, destination.id, version)


@router.post(
    "/{destination_id}/test",
    response_model=schemas.DestinationTestOut,
    summary="Test a destination",
)
def test(srv: Srv, who: Who, destination: Annotated[Destination, Depends(visible)]) -> Any:
    """Connects and writes something small that it removes again, or sends a test message. Up to
    ten a minute, and two of a tenant at the same time. A success ends a pause."""
    try:
        result = srv.destinations.test(who, destination.id)
    except DeliveryError as e:
        return {"outcome": outcome_of(e), "answer": e.message, "proposed": {}}
    return {"outcome": Outcome.ACCEPTED, "answer": result.answer, "proposed": result.proposed}


def _out(srv: Srv, destination: Destination) -> dict[str, Any]:
    secrets = srv.destinations.secrets_set(destination)
    place = srv.destinations.place(destination)
    shown = {"secrets": secrets, "place": place, "state": states.shown(destination)}
    return {**vars(destination), **shown}
