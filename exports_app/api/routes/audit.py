"""Who did what and when, for those who manage a tenant."""

from dataclasses import replace
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

from exports_app.api import pages, parameters
from exports_app.api.access import Manager, Srv
from exports_app.api.conditions import is_known
from exports_app.api.middleware.methods import is_head
from exports_app.api.schemas import audit as schemas
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import Instant
from exports_app.domain import bounds
from exports_app.services.audit import api_details
from exports_app.services.audit.audit_log import AREAS
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page

router = APIRouter(prefix="/api/audit", tags=["audit"], dependencies=[parameters.CHECKED])
CSV = "text/csv; charset=utf-8"
DISPOSITION = {
    "Content-Disposition": 'attachment; filename="audit.csv"',
    "Cache-Control": "no-store",
}
Q = (
    "Part of the name of the actor or the subject; or an IP address; or the beginning of "
    "a session ID or a request ID"
)

Area = Annotated[bounds.Key, kinds.either(lambda: AREAS)]


def chosen(
    area: Annotated[Area, Query(description="First part of the action, e.g. `member`")] = "",
    since: Annotated[Instant | None, Query()] = None,
    before: Annotated[Instant | None, Query()] = None,
    q: Annotated[bounds.Search, Query(description=Q)] = "",
    installation: Annotated[
        bool, Query(description="Only entries that belong to no tenant. For super admins")
    ] = False,
) -> AuditFilter:
    return AuditFilter(area, since, before, q, installation)


Chosen = Annotated[AuditFilter, Depends(chosen)]
OfTenant = Annotated[UUID | None, Query(alias="tenantId")]


@router.get("", response_model=schemas.AuditOut, summary="List audit log entries")
def find(
    srv: Srv,
    request: Request,
    who: Manager,
    where: Chosen,
    tenant_id: OfTenant = None,
    page: pages.Number = 1,
    size: pages.Size = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Newest first."""
    wanted = str(tenant_id) if tenant_id else None
    of = ("audit", wanted, vars(where))
    asked = srv.cursors.page(cursor, of, Page(page, size))
    entries, total = srv.audit.find(who, wanted, where, asked)
    found = [replace(entry, detail=api_details.of(entry)) for entry in entries], total
    answer = pages.answer(srv.cursors, of, asked, found, attrgetter("at", "id"))
    return pages.sent(request, schemas.AuditOut, answer)


@router.get(
    "/csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    summary="Download the audit log",
)
def as_csv(
    srv: Srv, request: Request, who: Manager, where: Chosen, tenant_id: OfTenant = None
) -> Any:
    """All matching entries as a CSV file. A download is an entry itself: to get 304 while nothing
    has changed, ask for a period that has ended, or for an area other than `audit`."""
    within = str(tenant_id) if tenant_id else None
    tag = srv.audit.csv_version(who, within, where)
    headers = {"ETag": f'W/"{tag}"', **DISPOSITION}
    if is_known(tag, request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=headers)
    if is_head(request.scope):  # no download, so none is noted
        return StreamingResponse(iter(()), media_type=CSV, headers=headers)
    pieces = srv.audit.csv(who, within, where)
    return StreamingResponse(pieces, media_type=CSV, headers=headers)
