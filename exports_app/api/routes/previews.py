"""What a scheduled export would send now and when it would run, before it is saved. Nothing is
stored or sent."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from exports_app.api import parameters
from exports_app.api.access import Reader, Srv, Writer
from exports_app.api.repeating import Reading
from exports_app.api.request_body import SCHEDULE_LIMIT, SCHEDULE_VALUES, json_body, takes
from exports_app.api.routes.schedules import BASE
from exports_app.api.schemas import previews as schemas
from exports_app.api.schemas import schedules as schedule_schemas
from exports_app.domain.access import Permission
from exports_app.domain.errors import NotFound
from exports_app.services.core.authorization import own_tenant
from exports_app.services.schedules.filters import Filters

router = APIRouter(
    prefix=BASE, tags=["scheduled exports"], dependencies=[parameters.CHECKED], route_class=Reading
)
LIMITS = (SCHEDULE_LIMIT, SCHEDULE_VALUES)


@router.post(
    "/validate-cron",
    response_model=schedule_schemas.CronOut,
    openapi_extra=takes(schedule_schemas.CronIn),
    summary="Validate a cron expression",
)
def validate_cron(
    srv: Srv,
    who: Reader,
    body: Annotated[schedule_schemas.CronIn, Depends(json_body(schedule_schemas.CronIn))],
) -> Any:
    """Always 200: valid says whether the expression is valid, message why not. Also returns the
    next run times."""
    return srv.cron_expressions.validate(
        who, body.expression, body.timezone, body.after, body.count
    )


@router.post(
    "/preview",
    response_model=schemas.PreviewOut,
    openapi_extra=takes(schemas.PreviewIn),
    summary="Preview the rows of a file",
)
def rows(
    srv: Srv,
    who: Writer,
    body: Annotated[schemas.PreviewIn, Depends(json_body(schemas.PreviewIn, *LIMITS))],
) -> Any:
    """The first rows of the file that these settings would make now."""
    return srv.preview.data(who, *_of(srv, who, body))


@router.post(
    "/preview-message",
    response_model=schemas.MessagePreviewOut,
    openapi_extra=takes(schemas.MessagePreviewIn),
    summary="Preview the email",
)
def message(
    srv: Srv,
    who: Writer,
    body: Annotated[
        schemas.MessagePreviewIn, Depends(json_body(schemas.MessagePreviewIn, *LIMITS))
    ],
) -> Any:
    """The email that recipients would get now. Its links lead nowhere. 404 if no channel has a
    preview."""
    tenant_id, export_type, file_format, zone, filters = _of(srv, who, body)
    of = (tenant_id, body.name, export_type, file_format, zone, filters)
    sent = (body.delivery, body.link_days, body.schedule)
    shown = srv.preview.message(who, *of, *sent)
    if shown is None:
        raise NotFound("No channel of this installation has a preview")
    return shown


def _of(srv: Srv, who: Writer, body: schemas.PreviewIn) -> tuple[str, str, str, str, Filters]:
    wanted = str(body.tenant_id) if body.tenant_id else None
    tenant_id = own_tenant(who, Permission.WRITE, wanted)
    zone = body.timezone or srv.schedules.zone_of_new(who, tenant_id)
    return tenant_id, body.export_type, body.format, zone, body.filters.filters()
