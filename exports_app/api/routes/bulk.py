"""One action on many scheduled exports."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from exports_app.api import parameters
from exports_app.api.access import Srv, Writer
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import VALUES, json_body, takes
from exports_app.api.routes.schedules import BASE, filters_of
from exports_app.api.schemas import bulk as schemas
from exports_app.api.schemas.bulk import Action
from exports_app.api.threaded_responses import in_thread
from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.records import Page
from exports_app.services.schedules.bulk import BulkAction, BulkResult

router = APIRouter(
    prefix=BASE,
    tags=["scheduled exports"],
    dependencies=[parameters.CHECKED],
    route_class=Repeatable,
)
Body = Annotated[
    schemas.BulkIn, Depends(json_body(schemas.BulkIn, values=VALUES + 3 * bounds.SENT_TAGS))
]


@router.post(
    "/bulk",
    response_model=schemas.BulkOut,
    openapi_extra=takes(schemas.BulkIn),
    summary="Change many scheduled exports",
)
def bulk(srv: Srv, who: Writer, body: Body) -> Response:
    """One action on up to 1,000 scheduled exports, by their IDs or by a filter. Each is done for
    itself: the answer says which failed, and why. run: see trigger; it mails all recipients unless
    sendTo says otherwise."""
    body.checked()
    ids = (
        _matching(srv, who, body.filter) if body.filter else [str(each) for each in body.ids or ()]
    )
    result = _done(srv, who, body, ids)
    failed = [
        schemas.item(schedule_id, result.codes[schedule_id], reason)
        for schedule_id, reason in result.failed
    ]
    items = [*map(schemas.item, result.done), *failed]
    answer = {"done": len(result.done), "failed": len(failed), "items": items}
    return in_thread(schemas.BulkOut, answer)


def _done(srv: Srv, who: Writer, body: schemas.BulkIn, ids: list[str]) -> BulkResult:
    match body.action:
        case Action.TAG:
            return srv.bulk.tag(who, ids, body.add_tags, body.remove_tags)
        case Action.TRANSFER:
            return srv.bulk.transfer(who, ids, str(body.owner_id))
        case Action.RESTORE:
            return srv.bulk.restore(who, ids)
        case action:
            return srv.bulk.apply(who, ids, BulkAction(action), body.send_to)


def _matching(srv: Srv, who: Writer, wanted: schemas.FilterIn) -> list[str]:
    """Raises Invalid where there are too many."""
    owner = str(wanted.owner_id) if wanted.owner_id else None
    where = filters_of(
        wanted.export_type,
        wanted.format,
        wanted.last_status,
        wanted.is_active,
        wanted.failing,
        wanted.tags,
        owner,
        below="/filter",
    )
    tenant_id = str(wanted.tenant_id)
    _, total = srv.schedules.find(who, tenant_id, where, wanted.q, Page(1, 1))
    if total > bounds.BULK:
        found = f"matches {total:,} scheduled exports: narrow it to {bounds.BULK:,}"
        raise Invalid([FieldError("/filter", found)])
    return list(srv.schedule_selection.matching(who, tenant_id, where, wanted.q, ""))
