"""Scheduled exports as code: the definition of a tenant, and what applying another would change."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from exports_app.api import definition_body, parameters
from exports_app.api.access import Srv, Who
from exports_app.api.definition_body import Body, accepts_yaml
from exports_app.api.repeating import Reading, Repeatable
from exports_app.api.schemas import definitions as schemas
from exports_app.api.threaded_responses import in_thread
from exports_app.domain.access import Permission
from exports_app.services.core.records import Tenant
from exports_app.services.schedules.definitions import yaml_text
from exports_app.services.schedules.definitions.plan import Kind, Plan

PATH = "/api/tenants/{tenant_id}/definition"
reading = APIRouter(tags=["as code"], dependencies=[parameters.CHECKED], route_class=Reading)
router = APIRouter(tags=["as code"], dependencies=[parameters.CHECKED], route_class=Repeatable)
Prune = Annotated[
    bool,
    Query(
        description=(
            "Delete the tenant's scheduled exports that the definition does not name. They can be"
            " restored for 30 days"
        )
    ),
]
Digest = Annotated[
    str | None,
    Query(max_length=64, description="digest of the plan to apply: 409 if it would be another now"),
]


def readable(srv: Srv, who: Who, tenant_id: str) -> Tenant:
    """The path's object before the body."""
    return srv.tenants.get(who, tenant_id, Permission.READ)


def writable(srv: Srv, who: Who, tenant_id: str) -> Tenant:
    return srv.tenants.get(who, tenant_id, Permission.WRITE)


Readable = Annotated[Tenant, Depends(readable)]
Writable = Annotated[Tenant, Depends(writable)]


@reading.get(
    PATH,
    response_class=Response,
    responses=definition_body.answered(),
    summary="Export the definition",
)
def export(srv: Srv, who: Who, request: Request, tenant_id: str) -> Response:
    """All scheduled exports of the tenant, in the order of their slugs and without the fields that
    have their default. As YAML with the header Accept: application/yaml."""
    definition = srv.definitions.export(who, tenant_id)
    if not accepts_yaml(request):
        text, kind = json.dumps(definition, ensure_ascii=False), definition_body.JSON
    else:
        comments = yaml_text.comments(srv.settings.base_url)
        text, kind = yaml_text.write(definition, comments), definition_body.YAML
    return Response(text, media_type=kind, headers={"Vary": "Accept"})


@reading.post(
    PATH + "/plan",
    response_model=schemas.PlanOut,
    openapi_extra=definition_body.taken(),
    summary="Plan a definition",
)
def plan(srv: Srv, who: Who, tenant: Readable, body: Body, prune: Prune = False) -> Response:
    """What apply would change. Changes nothing."""
    with body.located():
        return _answer(srv.definitions.plan(who, tenant.id, body.definition, prune=prune))


@router.post(
    PATH + "/apply",
    response_model=schemas.PlanOut,
    openapi_extra=definition_body.taken(),
    summary="Apply a definition",
)
def apply(
    srv: Srv, who: Who, tenant: Writable, body: Body, prune: Prune = False, digest: Digest = None
) -> Response:
    """Makes the tenant's scheduled exports what the definition says, all of them or none. Answers
    what was changed. Sends nothing: what is new or activated runs at its next time."""
    with body.located():
        done = srv.definitions.apply(who, tenant.id, body.definition, prune=prune, digest=digest)
    return _answer(done)


router.include_router(reading)


def _answer(made: Plan) -> Response:
    return in_thread(schemas.PlanOut, answer_of(made))


def answer_of(made: Plan) -> dict[str, Any]:
    """As of PlanOut."""
    counts = {f"to_{kind}": len(made.of_kind(kind)) for kind in Kind}
    return {**counts, "digest": made.digest} | {
        name: getattr(made, name) for name in ("unchanged", "others", "changes")
    }
