"""Scheduled exports."""

from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from exports_app.api import pages, parameters
from exports_app.api.access import Reader, Srv, Who, WritableSchedule, Writer
from exports_app.api.conditions import expected_version
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import SCHEDULE_LIMIT, SCHEDULE_VALUES, json_body, merges, takes
from exports_app.api.routes.all_runs import has_ended
from exports_app.api.schemas import kinds
from exports_app.api.schemas import schedules as schemas
from exports_app.api.schemas.trigger import TriggerIn
from exports_app.api.waiting import Seconds, Waits
from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError, FieldError, Invalid
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.field_rules import one_of
from exports_app.services.core.records import Page, Run, Schedule
from exports_app.services.schedules.service import SORTS, place_in

BASE = "/api/scheduled-exports"
Sort = Annotated[bounds.Key, kinds.order_or_usual(SORTS)]
router = APIRouter(
    prefix=BASE,
    tags=["scheduled exports"],
    dependencies=[parameters.CHECKED],
    route_class=Repeatable,
)


def filters_of(
    export_type: str | None,
    file_format: str | None,
    last_status: RunStatus | None,
    is_active: bool | None,
    failing: bool | None,
    tags: list[str],
    owner_id: str | None,
    below: str = "",
) -> dict[str, Any]:
    """As `Schedules.find` takes them. below: where they are in the body. Raises Invalid."""
    wrong = [
        FieldError(f"{below}{pointer}", one_of(known))
        for pointer, value, known in (
            ("/exportType", export_type, EXPORT_TYPES.keys()),
            ("/format", file_format, FORMATS.keys()),
        )
        if value is not None and value not in known
    ]
    if wrong:
        raise Invalid(wrong)
    where = {
        "export_type": export_type,
        "format": file_format,
        "last_status": last_status,
        "is_active": is_active,
        "failing": failing,
        "tags": tuple(tags) or None,
        "owner_id": owner_id,
    }
    return {k: v for k, v in where.items() if v is not None}


@router.get("", response_model=schemas.SchedulesOut, summary="List scheduled exports")
def find(
    srv: Srv,
    request: Request,
    who: Reader,
    tenant_id: Annotated[UUID | None, Query(alias="tenantId")] = None,
    is_active: Annotated[bool | None, Query(alias="isActive")] = None,
    failing: Annotated[
        bool | None,
        Query(
            description=(
                "Only scheduled exports that are failing (true) or not failing (false). Failing: "
                "active, and the latest scheduled run failed, in whole or in part"
            )
        ),
    ] = None,
    export_type: Annotated[kinds.ExportType | None, Query(alias="exportType")] = None,
    file_format: Annotated[kinds.Format | None, Query(alias="format")] = None,
    last_status: Annotated[RunStatus | None, Query(alias="lastStatus")] = None,
    tag: Annotated[
        list[bounds.Tag] | None,
        Query(
            max_length=bounds.TAGS,
            description=(
                "Only scheduled exports with this tag, ignoring case. May be repeated: then "
                "with all of the tags"
            ),
        ),
    ] = None,
    owner_id: Annotated[UUID | None, Query(alias="ownerId", description="ID of a user")] = None,
    slug: Annotated[bounds.Slug | None, Query(description="Only the one with this slug")] = None,
    q: bounds.Search = "",
    sort: Sort = "",
    page: pages.Number = 1,
    size: pages.Size = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Newest first, unless sort says otherwise. All filters must match."""
    owner = str(owner_id) if owner_id else None
    where = filters_of(export_type, file_format, last_status, is_active, failing, tag or [], owner)
    if slug is not None:
        where["slug"] = slug
    wanted = str(tenant_id) if tenant_id else None
    of = ("schedules", wanted, where, q, sort)
    asked = srv.cursors.page(cursor, of, Page(page, size, sort))
    found = srv.schedules.find(who, wanted, where, q, asked)
    answer = pages.answer(srv.cursors, of, asked, found, place_in(sort))
    return pages.sent(request, schemas.SchedulesOut, answer)


@router.post(
    "",
    status_code=201,
    response_model=schemas.ScheduleOut,
    openapi_extra=takes(schemas.ScheduleIn),
    summary="Create a scheduled export",
)
def create(
    srv: Srv,
    who: Writer,
    request: Request,
    body: Annotated[
        schemas.ScheduleIn, Depends(json_body(schemas.ScheduleIn, SCHEDULE_LIMIT, SCHEDULE_VALUES))
    ],
    response: Response,
) -> Any:
    """Its first run is at the next scheduled time, unless isActive is false. 429 if the tenant's
    quota is used up."""
    made = srv.schedules.create(
        who, str(body.tenant_id) if body.tenant_id else None, schemas.draft_values(body)
    )
    response.headers["Location"] = f"{BASE}/{made.id}"
    return _sent(request, made)


@router.get(
    "/deleted", response_model=schemas.DeletedSchedulesOut, summary="List deleted scheduled exports"
)
def find_deleted(
    srv: Srv,
    request: Request,
    who: Writer,
    tenant_id: Annotated[UUID | None, Query(alias="tenantId")] = None,
    page: pages.Number = 1,
    size: pages.Size = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Most recently deleted first."""
    wanted = str(tenant_id) if tenant_id else None
    of = ("deleted schedules", wanted)
    asked = srv.cursors.page(cursor, of, Page(page, size))
    found = srv.deleted_schedules.find(who, wanted, asked)
    answer = pages.answer(srv.cursors, of, asked, found, attrgetter("deleted_at", "id"))
    return pages.sent(request, schemas.DeletedSchedulesOut, answer)


@router.get("/{schedule_id}", response_model=schemas.ScheduleOut, summary="Get a scheduled export")
def get(srv: Srv, who: Who, request: Request, schedule_id: str) -> Any:
    """Send ETag back as If-Match to change this version only, or as If-None-Match to get 304 while
    nothing has changed."""
    return _sent(request, srv.schedules.get(who, schedule_id))


@router.put(
    "/{schedule_id}",
    response_model=schemas.ScheduleOut,
    openapi_extra=takes(schemas.ScheduleChange),
    summary="Update a scheduled export",
)
def update(
    srv: Srv,
    who: Who,
    request: Request,
    target: WritableSchedule,
    body: Annotated[
        schemas.ScheduleChange,
        Depends(json_body(schemas.ScheduleChange, SCHEDULE_LIMIT, SCHEDULE_VALUES)),
    ],
) -> Any:
    """Fields left out keep their value. The answer of GET can be edited and sent back."""
    return _change(srv, who, request, target, body)


@router.patch(
    "/{schedule_id}",
    response_model=schemas.ScheduleOut,
    openapi_extra=merges(schemas.SchedulePatch),
    summary="Change fields of a scheduled export",
)
def patch(
    srv: Srv,
    who: Who,
    request: Request,
    target: WritableSchedule,
    body: Annotated[
        schemas.ScheduleChange,
        Depends(json_body(schemas.SchedulePatch, SCHEDULE_LIMIT, SCHEDULE_VALUES)),
    ],
) -> Any:
    """JSON Merge Patch (RFC 7396): null removes a value, or sets it to the default of a new
    scheduled export, and filters are merged one by one."""
    return _change(srv, who, request, target, body)


def _change(
    srv: Srv, who: Who, request: Request, target: Schedule, body: schemas.ScheduleChange
) -> Schedule:
    body.check_fixed(schemas.ScheduleOut.model_validate(target))
    version = expected_version(request, target.version, body.version)
    changed = srv.schedules.update(who, target.id, schemas.draft_values(body), version)
    return _sent(request, changed)


def _sent(request: Request, schedule: Schedule) -> Schedule:
    """With its version, for the ETag."""
    request.state.version = schedule.version
    return schedule


@router.post(
    "/{schedule_id}/transfer",
    response_model=schemas.ScheduleOut,
    openapi_extra=takes(schemas.TransferIn),
    summary="Transfer a scheduled export",
)
def transfer(
    srv: Srv,
    who: Who,
    request: Request,
    target: WritableSchedule,
    body: Annotated[schemas.TransferIn, Depends(json_body(schemas.TransferIn))],
) -> Any:
    """Gives the scheduled export a new owner. Its runs use the new owner's access from now on."""
    version = expected_version(request, target.version, body.version)
    given = srv.ownership.transfer(who, target.id, str(body.owner_id), version)
    return _sent(request, given)


@router.delete("/{schedule_id}", status_code=204, summary="Delete a scheduled export")
def delete(srv: Srv, who: Who, request: Request, target: WritableSchedule) -> None:
    """It can be restored for 30 days. Queued runs are cancelled; a run in progress finishes."""
    srv.schedules.delete(who, target.id, expected_version(request, target.version))


@router.post(
    "/{schedule_id}/restore",
    response_model=schemas.ScheduleOut,
    summary="Restore a scheduled export",
)
def restore(srv: Srv, who: Who, request: Request, schedule_id: str) -> Any:
    """Possible for 30 days after deletion. The next run is the next scheduled time from now."""
    return _sent(request, srv.deleted_schedules.restore(who, schedule_id))


@router.post(
    "/{schedule_id}/trigger",
    status_code=202,
    response_model=schemas.TriggerOut,
    response_model_exclude_unset=True,
    openapi_extra=takes(TriggerIn, optional=True),
    summary="Run a scheduled export now",
)
async def trigger(
    srv: Srv,
    who: Who,
    request: Request,
    waiting: Waits,
    target: WritableSchedule,
    body: Annotated[TriggerIn, Depends(json_body(TriggerIn, SCHEDULE_LIMIT, optional=True))],
    response: Response,
    wait: Seconds = 0,
) -> Any:
    """wait: until the run has ended. Without a body, the file goes to the recipients."""
    with waiting.seat(who.user_id, wait):
        run = await run_in_threadpool(srv.schedules.trigger, who, target.id, body.to, body.order)
        if wait:
            run = await _ended(request, srv, who, waiting, wait, run)
    response.headers["Location"] = f"{BASE}/{target.id}/history/{run.id}"
    maintenance = srv.maintenance.seen
    waits = {"maintenance": maintenance} if maintenance.is_on else {}
    return {"history_id": run.id, "status": run.status, "location": f"/api/runs/{run.id}", **waits}


async def _ended(request: Request, srv: Srv, who: Who, waiting: Waits, wait: int, run: Run) -> Run:
    """As far as it came in time."""
    of = (request, srv.changes, wait, run.tenant_id)
    try:
        found = await waiting.until(
            *of, lambda: srv.run_listing.get(who, run.id).run, lambda it: has_ended(it.status)
        )
    except ExportsError:  # it has begun all the same: who got an error would start another
        return run
    return found
