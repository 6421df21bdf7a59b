"""Scheduled exports, their runs and files."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import FileResponse

from exports_app.api.access import Reader, Srv, Who, Writer, readable_schedule, writable_schedule
from exports_app.api.request_body import SCHEDULE_LIMIT, SCHEDULE_VALUES, json_body, takes
from exports_app.api.schemas import runs as run_shapes
from exports_app.api.schemas import schedules as shapes
from exports_app.api.threaded_responses import in_thread
from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import EXPORT_TYPES, FORMATS
from exports_app.services.core.field_rules import one_of
from exports_app.services.core.records import Page, Schedule
from exports_app.services.runs.download_log import MAX_LISTED

BASE = "/api/scheduled-exports"
router = APIRouter(prefix=BASE, tags=["scheduled exports"])
Target = Annotated[Schedule, Depends(writable_schedule)]
Visible = Annotated[Schedule, Depends(readable_schedule)]


def _where(
    export_type: str | None,
    file_format: str | None,
    last_status: RunStatus | None,
    is_active: bool | None,
) -> dict[str, Any]:
    wrong = [
        FieldError(pointer, one_of(known))
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
    }
    return {k: v for k, v in where.items() if v is not None}


@router.get("", response_model=shapes.SchedulesOut)
def find(
    srv: Srv,
    who: Reader,
    tenant_id: Annotated[UUID | None, Query(alias="tenantId")] = None,
    is_active: Annotated[bool | None, Query(alias="isActive")] = None,
    export_type: Annotated[bounds.Key | None, Query(alias="exportType")] = None,
    file_format: Annotated[bounds.Key | None, Query(alias="format")] = None,
    last_status: Annotated[RunStatus | None, Query(alias="lastStatus")] = None,
    q: bounds.Search = "",
    sort: bounds.Key = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    where = _where(export_type, file_format, last_status, is_active)
    wanted = str(tenant_id) if tenant_id else None
    items, total = srv.schedules.find(who, wanted, where, q, Page(page, size, sort))
    return in_thread(
        shapes.SchedulesOut, {"items": items, "total": total, "page": page, "size": size}
    )


@router.post(
    "", status_code=201, response_model=shapes.ScheduleOut, openapi_extra=takes(shapes.ScheduleIn)
)
def create(
    srv: Srv,
    who: Writer,
    body: Annotated[
        shapes.ScheduleIn, Depends(json_body(shapes.ScheduleIn, SCHEDULE_LIMIT, SCHEDULE_VALUES))
    ],
    response: Response,
) -> Any:
    made = srv.schedules.create(
        who, str(body.tenant_id) if body.tenant_id else None, shapes.draft_values(body)
    )
    response.headers["Location"] = f"{BASE}/{made.id}"
    return made


@router.post("/validate-cron", response_model=shapes.CronOut, openapi_extra=takes(shapes.CronIn))
def validate_cron(
    srv: Srv, who: Reader, body: Annotated[shapes.CronIn, Depends(json_body(shapes.CronIn))]
) -> Any:
    return srv.schedules.validate_cron(who, body.expression, body.timezone, body.after, body.count)


@router.get("/{schedule_id}", response_model=shapes.ScheduleOut)
def get(srv: Srv, who: Who, schedule_id: str) -> Any:
    return srv.schedules.get(who, schedule_id)


@router.put(
    "/{schedule_id}", response_model=shapes.ScheduleOut, openapi_extra=takes(shapes.ScheduleChange)
)
def update(
    srv: Srv,
    who: Who,
    target: Target,
    body: Annotated[
        shapes.ScheduleChange,
        Depends(json_body(shapes.ScheduleChange, SCHEDULE_LIMIT, SCHEDULE_VALUES)),
    ],
) -> Any:
    return srv.schedules.update(who, target.id, shapes.draft_values(body), body.version)


@router.delete("/{schedule_id}", status_code=204)
def delete(srv: Srv, who: Who, schedule_id: str) -> None:
    srv.schedules.delete(who, schedule_id)


@router.post("/{schedule_id}/trigger", status_code=202, response_model=shapes.TriggerOut)
def trigger(srv: Srv, who: Who, schedule_id: str, response: Response) -> Any:
    run = srv.schedules.trigger(who, schedule_id)
    response.headers["Location"] = f"{BASE}/{schedule_id}/history/{run.id}"
    return {"history_id": run.id, "status": run.status}


@router.get("/{schedule_id}/history", response_model=run_shapes.HistoryOut)
def history(
    srv: Srv, who: Who, visible: Visible, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> Any:
    runs, total = srv.history.of_schedule(who, visible.id, limit)
    items = [run.__dict__ | {"deliveries": deliveries} for run, deliveries in runs]
    return in_thread(run_shapes.HistoryOut, {"items": items, "total": total})


@router.get("/{schedule_id}/notices", response_model=run_shapes.NoticesOut)
def notices(
    srv: Srv, who: Who, visible: Visible, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> Any:
    """The emails about it to its owner and the tenant's admins, the newest first."""
    return {"items": srv.history.notifications(who, visible.id, limit)}


@router.post(
    "/{schedule_id}/backfill",
    status_code=202,
    response_model=shapes.BackfillOut,
    openapi_extra=takes(shapes.BackfillIn),
)
def backfill(
    srv: Srv,
    who: Who,
    target: Target,
    body: Annotated[shapes.BackfillIn, Depends(json_body(shapes.BackfillIn))],
) -> Any:
    """A run for each past run time on these days, in the schedule's zone, that has none or was
    skipped."""
    done = srv.backfill.run(who, target.id, body.start_date, body.end_date)
    return {
        "created": len(done.runs),
        "existing": done.existing,
        "history_ids": [run.id for run in done.runs],
    }


@router.get("/{schedule_id}/history/{history_id}", response_model=run_shapes.RunOut)
def run(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    found, deliveries = srv.history.get(who, schedule_id, history_id)
    return found.__dict__ | {"deliveries": deliveries}


@router.get("/{schedule_id}/history/{history_id}/attempts", response_model=run_shapes.AttemptsOut)
def attempts(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """How often it was tried, when, and what came of it, the oldest first."""
    return {"items": srv.history.attempts(who, schedule_id, history_id)}


@router.post("/{schedule_id}/history/{history_id}/cancel", response_model=run_shapes.RunOut)
def cancel(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Ends a run that waits or is under way; 409 where it has ended."""
    srv.run_actions.cancel(who, schedule_id, history_id)
    return run(srv, who, schedule_id, history_id)


@router.post("/{schedule_id}/history/{history_id}/retry", response_model=run_shapes.RunOut)
def retry(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Begins the next attempt of a run that waits for it; 409 where none waits."""
    srv.run_actions.retry_now(who, schedule_id, history_id)
    return run(srv, who, schedule_id, history_id)


@router.post("/{schedule_id}/history/{history_id}/give-up", response_model=run_shapes.RunOut)
def give_up(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Ends a run that waits for another attempt; 409 where none waits."""
    srv.run_actions.give_up(who, schedule_id, history_id)
    return run(srv, who, schedule_id, history_id)


@router.post("/{schedule_id}/history/{history_id}/resend", response_model=run_shapes.RunOut)
def resend(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Sends the run's file again to those whose message was not accepted; 409 where there is
    nothing to send again."""
    srv.run_actions.resend(who, schedule_id, history_id)
    return run(srv, who, schedule_id, history_id)


@router.post("/{schedule_id}/history/{history_id}/accept-unknown", response_model=run_shapes.RunOut)
def accept_unknown(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Says that the messages whose fate is unknown have arrived; 409 where there are none."""
    srv.run_actions.accept_unknown(who, schedule_id, history_id)
    return run(srv, who, schedule_id, history_id)


@router.post("/{schedule_id}/history/{history_id}/revoke-links", response_model=run_shapes.RunOut)
def revoke_links(srv: Srv, who: Who, schedule_id: str, history_id: str) -> Any:
    """Ends all download links that this run sent until now; 409 where it sent none."""
    srv.download_links.revoke(who, schedule_id, history_id)
    return run(srv, who, schedule_id, history_id)


@router.get("/{schedule_id}/history/{history_id}/downloads", response_model=run_shapes.DownloadsOut)
def downloads(
    srv: Srv,
    who: Who,
    schedule_id: str,
    history_id: str,
    limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50,
) -> Any:
    """Who downloaded the run's file, the newest first; requests of one minute count once."""
    items, total = srv.download_log.of_run(who, schedule_id, history_id, limit)
    return {"items": items, "total": total}


@router.get("/{schedule_id}/history/{history_id}/file", response_class=FileResponse)
def file(srv: Srv, who: Who, schedule_id: str, history_id: str) -> FileResponse:
    found = srv.download_log.fetch(who, schedule_id, history_id)
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return FileResponse(found.path, media_type=found.mime, filename=found.name, headers=headers)
