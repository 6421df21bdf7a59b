"""The runs of a tenant, across its scheduled exports."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from exports_app.api import pages, parameters
from exports_app.api.access import Reader, Srv, Who
from exports_app.api.file_response import FileResponse, sent
from exports_app.api.schemas import runs as schemas
from exports_app.api.schemas.base import Instant
from exports_app.api.threaded_responses import in_thread
from exports_app.api.waiting import Seconds, Waits
from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.runs.states import UNFINISHED, RunStatus, Trigger
from exports_app.services.core.interfaces import RunFilter
from exports_app.services.core.records import Delivery, Page, Run
from exports_app.services.runs.ended import EndedPage
from exports_app.services.runs.history import RunFile
from exports_app.services.runs.listing import ListedRun

router = APIRouter(prefix="/api/runs", tags=["runs"], dependencies=[parameters.CHECKED])

OfTenant = Annotated[
    UUID | None,
    Query(alias="tenantId", description="May be left out by members of a single tenant"),
]
Found = dict[str, Any]
"""A run, as `run_out` makes it."""
BOTH = "leave it out when you send a cursor"
OfSchedule = Annotated[UUID | None, Query(alias="scheduledExportId")]


def run_out(run: Run, deliveries: list[Delivery]) -> Found:
    more = {"scheduled_for": run.tick, "attempt": run.number, "deliveries": deliveries}
    return run.__dict__ | more


def listed_out(one: ListedRun) -> Found:
    return run_out(one.run, one.deliveries) | {"scheduled_export_name": one.schedule_name}


class Begin(StrEnum):
    OLDEST = "oldest"
    NOW = "now"


@router.get("", response_model=schemas.RunsOut, summary="List runs")
def find(
    srv: Srv,
    request: Request,
    who: Reader,
    tenant_id: OfTenant = None,
    schedule_id: OfSchedule = None,
    status: Annotated[RunStatus | None, Query()] = None,
    trigger: Annotated[Trigger | None, Query()] = None,
    ended_after: Annotated[
        Instant | None,
        Query(alias="endedAfter", description="Only runs that ended after this date and time"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Newest first by creation time, without runs of deleted scheduled exports. A page may have
    fewer runs than asked for: nextCursor says whether more may follow."""
    wanted = str(tenant_id) if tenant_id else None
    where = RunFilter(
        schedule_id=str(schedule_id) if schedule_id else "",
        status=status or "",
        trigger=trigger or "",
        ended_after=ended_after,
    )
    of = ("runs", wanted, vars(where))
    page = srv.cursors.page(cursor, of, Page(size=limit))
    listed, last = srv.run_listing.find(who, wanted, where, page)
    answer = {
        "items": [listed_out(one) for one in listed],
        "next_cursor": srv.cursors.at(of, *last) if last else None,
    }
    return pages.sent(request, schemas.RunsOut, answer)


@router.get("/ended", response_model=schemas.EndedRunsOut, summary="Poll for ended runs")
async def ended(
    srv: Srv,
    who: Reader,
    request: Request,
    waiting: Waits,
    tenant_id: OfTenant = None,
    schedule_id: OfSchedule = None,
    status: Annotated[RunStatus | None, Query()] = None,
    trigger: Annotated[Trigger | None, Query()] = None,
    begin: Annotated[
        Begin | None,
        Query(
            alias="from",
            description="Only without a cursor. now: runs that end from now on; default: oldest",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[
        bounds.Cursor | None,
        Query(description="nextCursor of the previous response, with the same filters"),
    ] = None,
    wait: Seconds = 0,
) -> Any:
    """For programs that need to know about each run that has ended. A run is listed once, and again
    if it ends again, after a retry or a resend. Ordered by when the ends became visible. nextCursor
    is always given: keep it, and send it next time. wait: until there is one."""
    wanted = str(tenant_id) if tenant_id else None
    where = RunFilter(
        schedule_id=str(schedule_id) if schedule_id else "",
        status=status or "",
        trigger=trigger or "",
    )
    of = ("ended runs", wanted, vars(where))
    after = srv.cursors.page(cursor, of, Page()).after
    if after and begin:
        raise Invalid([FieldError("/from", BOTH)])

    def first() -> EndedPage:
        begins = srv.run_ends.newest(who, wanted) if begin is Begin.NOW else 0
        return srv.run_ends.after(who, wanted, where, after[0] if after else begins, limit)

    page = await run_in_threadpool(first)
    if wait and not page.runs and not page.more:
        last = page.last
        with waiting.seat(who.user_id, wait):
            page = await waiting.until(
                request,
                srv.changes,
                wait,
                page.tenant_id,
                lambda: srv.run_ends.after(who, wanted, where, last, limit),
                lambda found: bool(found.runs),
            )
    answer = {
        "items": [listed_out(one) for one in page.runs],
        "next_cursor": srv.cursors.at(of, page.last, ""),
        "has_more": page.more,
    }
    return await run_in_threadpool(in_thread, schemas.EndedRunsOut, answer)


@router.get("/{run_id}", response_model=schemas.ListedRunOut, summary="Get a run by its ID")
async def get(
    srv: Srv, who: Who, request: Request, waiting: Waits, run_id: str, wait: Seconds = 0
) -> Any:
    """wait: until it has ended."""
    return await once_ended(
        request, srv, who, waiting, wait, lambda: listed_out(srv.run_listing.get(who, run_id))
    )


@router.get(
    "/{run_id}/file", response_class=FileResponse, summary="Download the file of a run by its ID"
)
def file(srv: Srv, request: Request, who: Who, run_id: str) -> Response:
    """As it was sent, under its name. Range requests continue an interrupted download."""
    run = srv.run_listing.get(who, run_id).run
    return file_out(srv, request, who, run.scheduled_export_id, run_id)


def file_out(srv: Srv, request: Request, who: Who, schedule_id: str, run_id: str) -> Response:
    """The file of a run as an answer. Raises NotFound, NoFile, FileRemoved."""
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}

    def look(noted: bool) -> RunFile:
        fetch = srv.download_log.fetch if noted else srv.history.file
        return fetch(who, schedule_id, run_id)

    return sent(request, headers, look)


async def once_ended(
    request: Request, srv: Srv, who: Who, waiting: Waits, wait: int, look: Callable[[], Found]
) -> Found:
    """The run that `look` finds, once it has ended or the time is over."""
    found = await run_in_threadpool(look)
    if wait and not has_ended(found["status"]):
        with waiting.seat(who.user_id, wait):
            tenant_id = found["tenant_id"]
            found = await waiting.until(
                request, srv.changes, wait, tenant_id, look, lambda it: has_ended(it["status"])
            )
    return found


def has_ended(status: str) -> bool:
    return status not in UNFINISHED
