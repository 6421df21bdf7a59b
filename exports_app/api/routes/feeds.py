"""One's own feeds, and what calendars and feed readers read at their addresses."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from exports_app.api import parameters
from exports_app.api.access import Person, Srv, person
from exports_app.api.feeds import atom, calendar
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import feeds as schemas
from exports_app.services.accounts.feeds import CALENDAR, PATH, RUNS, KnownFeed, addresses

OWN = "/api/account/feeds"
KEPT = 300
"""Seconds that an answer may be shown without asking again."""

own = APIRouter(
    prefix=OWN,
    tags=["feeds"],
    dependencies=[Depends(person), parameters.CHECKED],
    route_class=Repeatable,
)
# Some programs add parameters of their own to these addresses, so these are not checked
read = APIRouter(prefix=PATH, tags=["feeds"])


def _text(kind: str) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document."""
    return {200: {"content": {kind.partition(";")[0]: {"schema": {"type": "string"}}}}}


@own.get("", response_model=schemas.FeedsOut, summary="List your feeds")
def find(srv: Srv, who: Person) -> Any:
    """Newest first."""
    return {"items": [_out(known) for known in srv.feeds.find(who)]}


@own.post(
    "",
    status_code=201,
    response_model=schemas.NewFeedOut,
    openapi_extra=takes(schemas.FeedIn),
    summary="Create a feed",
)
def create(
    srv: Srv,
    who: Person,
    body: Annotated[schemas.FeedIn, Depends(json_body(schemas.FeedIn))],
    response: Response,
) -> Any:
    """Its addresses need no sign-in, and show what you may read at that time. 409 if you already
    have the maximum of 20."""
    of = (None if id_ is None else str(id_) for id_ in (body.tenant_id, body.scheduled_export_id))
    known, token = srv.feeds.create(who, body.name, *of)
    response.headers["Location"] = f"{OWN}/{known.feed.id}"
    found = addresses(srv.settings.base_url, token)
    return _out(known) | {"calendar_url": found[CALENDAR], "atom_url": found[RUNS]}


@own.get("/{feed_id}", response_model=schemas.FeedOut, summary="Get one of your feeds")
def get(srv: Srv, who: Person, feed_id: str) -> Any:
    """Its addresses are not in it."""
    return _out(srv.feeds.get(who, feed_id))


@own.delete("/{feed_id}", status_code=204, summary="Revoke one of your feeds")
def revoke(srv: Srv, who: Person, feed_id: str) -> None:
    """Its addresses stop working immediately."""
    srv.feeds.revoke(who, feed_id)


@read.get(
    "/{token}.ics",
    response_class=Response,
    responses=_text(calendar.MEDIA_TYPE),
    summary="Read the next runs as a calendar",
)
def read_calendar(srv: Srv, token: str) -> Response:
    """iCalendar (RFC 5545): the runs of the next 90 days, at most 500."""
    text = calendar.write(srv.feed_reading.calendar(token), srv.settings.base_url.rstrip("/"))
    return _answer(text, calendar.MEDIA_TYPE, "scheduled-exports.ics")


@read.get(
    "/{token}.atom",
    response_class=Response,
    responses=_text(atom.MEDIA_TYPE),
    summary="Read the ended runs as a feed",
)
def read_runs(srv: Srv, token: str) -> Response:
    """Atom (RFC 4287): the newest 50. A run that ends again is updated."""
    text = atom.write(srv.feed_reading.runs(token), srv.settings.base_url.rstrip("/"))
    return _answer(text, atom.MEDIA_TYPE, "runs.atom")


def _answer(text: bytes, kind: str, name: str) -> Response:
    headers = {
        "Cache-Control": f"private, max-age={KEPT}",
        # A browser that saves it must not name the file after the address
        "Content-Disposition": f'inline; filename="{name}"',
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }
    return Response(text, media_type=kind, headers=headers)


def _out(known: KnownFeed) -> dict[str, Any]:
    return {**vars(known.feed), "scheduled_export_id": known.feed.schedule_id}


router = APIRouter()
router.include_router(own)
router.include_router(read)
