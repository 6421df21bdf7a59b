"""The runs of a scheduled export and their files."""

from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from exports_app.api import pages, parameters
from exports_app.api.access import ReadableSchedule, Srv, Who, WritableSchedule
from exports_app.api.file_response import FileResponse
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import json_body, takes
from exports_app.api.routes.all_runs import file_out, once_ended, run_out
from exports_app.api.schemas import runs as schemas
from exports_app.api.waiting import Seconds, Waits
from exports_app.services.core.records import Page
from exports_app.services.runs.download_log import MAX_LISTED

router = APIRouter(
    prefix="/api/scheduled-exports",
    tags=["scheduled exports"],
    dependencies=[parameters.CHECKED],
    route_class=Repeatable,
)


@router.get(
    "/{schedule_id}/history",
    response_model=schemas.HistoryOut,
    summary="List the runs of a scheduled export",
)
def history(
    srv: Srv,
    request: Request,
    who: Who,
    visible: ReadableSchedule,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Newest first."""
    of = ("history", visible.id)
    page = srv.cursors.page(cursor, of, Page(size=limit))
    runs, total = srv.history.of_schedule(who, visible.id, limit, page.after)
    items = [run_out(run, deliveries) for run, deliveries in runs]
    key = attrgetter("created_at", "id")
    following = srv.cursors.following(of, page, [run for run, _ in runs], key)
    removed = srv.history_retention.removed(who, visible.id)
    answer = {"items": items, "total": total, "removed": removed, "next_cursor": following}
    return pages.sent(request, schemas.HistoryOut, answer)


@router.get(
    "/{schedule_id}/notices",
    response_model=schemas.NoticesOut,
    summary="List notices about a scheduled export",
)
def notices(
    srv: Srv, who: Who, visible: ReadableSchedule, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> Any:
    """Emails about the scheduled export to its owner and the tenant's admins, newest first."""
    return {"items": srv.history.notifications(who, visible.id, limit)}


@router.post(
    "/{schedule_id}/backfill",
    status_code=202,
    response_model=schemas.BackfillOut,
    openapi_extra=takes(schemas.BackfillIn),
    summary="Backfill missed runs",
)
def backfill(
    srv: Srv,
    who: Who,
    target: WritableSchedule,
    body: Annotated[schemas.BackfillIn, Depends(json_body(schemas.BackfillIn))],
) -> Any:
    """Queues a run for each past scheduled time on these days, in the schedule's time zone, that
    has no run or was skipped."""
    days = (body.start_date, body.end_date)
    done = srv.backfill.run(
        who, target.id, *days, include_removed=body.include_removed, to=body.send_to
    )
    return {
        "created": len(done.runs),
        "existing": done.existing,
        "removed": done.removed,
        "history_ids": [run.id for run in done.runs],
    }


@router.get(
    "/{schedule_id}/history/{history_id}", response_model=schemas.RunOut, summary="Get a run"
)
async def run(
    srv: Srv,
    who: Who,
    request: Request,
    waiting: Waits,
    schedule_id: str,
    history_id: str,
    wait: Seconds = 0,
) -> Any:
    """wait: until it has ended."""
    return await once_ended(
        request, srv, who, waiting, wait, lambda: _run(srv, who, schedule_id, history_id)
    )


@router.post(
    "/{schedule_id}/history/{history_id}/rerun",
    status_code=202,
    response_model=schemas.RunOut,
    openapi_extra=takes(schemas.RerunIn, optional=True),
    summary="Rerun a run",
)
def rerun(
    srv: Srv,
    who: Who,
    target: WritableSchedule,
    history_id: str,
    body: Annotated[schemas.RerunIn, Depends(json_body(schemas.RerunIn, optional=True))],
    response: Response,
) -> Any:
    """A new run of the scheduled export as it is now, over the days of this one; 409 until this one
    has ended."""
    again = srv.run_actions.rerun(who, target.id, history_id, body.send_to)
    response.headers["Location"] = f"/api/runs/{again.id}"
    return run_out(again, [])


def _run(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    return run_out(*srv.history.get(who, schedule_id, history_id))


@router.get(
    "/{schedule_id}/history/{history_id}/attempts",
    response_model=schemas.AttemptsOut,
    summary="List the attempts of a run",
)
def attempts(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Each attempt of the run, with its times and result, oldest first."""
    return {"items": srv.history.attempts(who, schedule_id, history_id)}


@router.post(
    "/{schedule_id}/history/{history_id}/cancel",
    response_model=schemas.RunOut,
    summary="Cancel a run",
)
def cancel(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Cancels a run that is queued or in progress. 409 if it has already ended."""
    srv.run_actions.cancel(who, schedule_id, history_id)
    return _run(srv, who, schedule_id, history_id)


@router.post(
    "/{schedule_id}/history/{history_id}/retry",
    response_model=schemas.RunOut,
    summary="Retry a run now",
)
def retry(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Starts the next attempt of a run now. 409 if the run is not waiting for a retry."""
    srv.run_actions.retry_now(who, schedule_id, history_id)
    return _run(srv, who, schedule_id, history_id)


@router.post(
    "/{schedule_id}/history/{history_id}/give-up",
    response_model=schemas.RunOut,
    summary="Stop retrying a run",
)
def give_up(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Stops retrying and ends the run. 409 if the run is not waiting for a retry."""
    srv.run_actions.give_up(who, schedule_id, history_id)
    return _run(srv, who, schedule_id, history_id)


@router.post(
    "/{schedule_id}/history/{history_id}/resend",
    response_model=schemas.RunOut,
    summary="Resend a run",
)
def resend(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Resends the run's file to the recipients whose message was not accepted. 409 if there is
    nothing to resend."""
    srv.run_actions.resend(who, schedule_id, history_id)
    return _run(srv, who, schedule_id, history_id)


@router.post(
    "/{schedule_id}/history/{history_id}/replace-recipient",
    response_model=schemas.RunOut,
    openapi_extra=takes(schemas.ReplaceRecipientIn),
    summary="Replace a recipient and resend",
)
def replace_recipient(
    srv: Srv,
    who: Who,
    target: WritableSchedule,
    history_id: str,
    body: Annotated[schemas.ReplaceRecipientIn, Depends(json_body(schemas.ReplaceRecipientIn))],
) -> Any:
    """Replaces a refused address in the scheduled export, and sends the run's file to the new
    address only; with the next retry where the run waits for one. 409 if the message to the old
    address did not fail."""
    srv.recipient_replacement.replace(who, target.id, history_id, body.old, body.new, body.version)
    return _run(srv, who, target.id, history_id)


@router.post(
    "/{schedule_id}/history/{history_id}/accept-unknown",
    response_model=schemas.RunOut,
    summary="Mark unknown messages as delivered",
)
def accept_unknown(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Marks messages that may or may not have arrived as delivered. 409 if there are none."""
    srv.run_actions.accept_unknown(who, schedule_id, history_id)
    return _run(srv, who, schedule_id, history_id)


@router.post(
    "/{schedule_id}/history/{history_id}/revoke-links",
    response_model=schemas.RunOut,
    summary="Revoke download links",
)
def revoke_links(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Revokes all download links that this run has sent. 409 if it has sent none."""
    srv.download_links.revoke(who, schedule_id, history_id)
    return _run(srv, who, schedule_id, history_id)


@router.get(
    "/{schedule_id}/history/{history_id}/downloads",
    response_model=schemas.DownloadsOut,
    summary="List the downloads of a file",
)
def downloads(
    srv: Srv,
    who: Who,
    schedule_id: str,
    history_id: str,
    limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50,
) -> Any:
    """Who downloaded the run's file, newest first. Requests within one minute count once."""
    items, total = srv.download_log.of_run(who, schedule_id, history_id, limit)
    return {"items": items, "total": total}


@router.get(
    "/{schedule_id}/history/{history_id}/file",
    response_class=FileResponse,
    summary="Download the file of a run",
)
def file(srv: Srv, request: Request, who: Who, schedule_id: str, history_id: str) -> Response:
    """As it was sent, under its name. Range requests continue an interrupted download."""
    return file_out(srv, request, who, schedule_id, history_id)
