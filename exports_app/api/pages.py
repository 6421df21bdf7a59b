"""Pages of lists: by number, or behind a cursor. Their answers link to the next page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import BaseModel

from exports_app.api.threaded_responses import in_thread
from exports_app.domain import bounds
from exports_app.services.core.records import Page
from exports_app.services.keys.cursors import Cursors

Cursor = Annotated[
    bounds.Cursor | None,
    Query(description="nextCursor of the previous page, with the same filters and sort order"),
]
Number = Annotated[
    int,
    Query(
        ge=1,
        le=1_000_000,
        description="Page number, within the first 10,000 rows. Use cursor to go further",
    ),
]
Size = Annotated[int, Query(ge=1, le=200)]


def answer(
    cursors: Cursors,
    of: Sequence[Any],
    page: Page,
    found: tuple[Sequence[Any], int],
    key: Callable[[Any], tuple[Any, str]],
) -> dict[str, Any]:
    """The parts that the answers of all lists have. of, key: as of `Cursors.following`."""
    rows, total = found
    return {
        "items": rows,
        "total": total,
        "page": page.number,
        "size": page.size,
        "next_cursor": cursors.following(of, page, rows, key),
    }


def sent(request: Request, model: type[BaseModel], content: Mapping[str, Any]) -> Response:
    """The answer, with a link to the next page (RFC 8288) where its `next_cursor` names one. The
    link is relative, as Location is: a proxy may have changed host and scheme. For routes that are
    plain functions: they run in a thread."""
    response = in_thread(model, content)
    if cursor := content.get("next_cursor"):
        url = request.url.remove_query_params(["page", "cursor"])
        url = url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return response
