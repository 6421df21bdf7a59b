"""Pages of lists: by number, or behind a cursor."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Query

from exports_app.domain import bounds
from exports_app.services.core.records import Page
from exports_app.services.keys.cursors import Cursors

Cursor = Annotated[
    bounds.Cursor | None,
    Query(description="nextCursor of the page before, with the same filters and the same sort"),
]
Number = Annotated[
    int,
    Query(ge=1, le=1_000_000, description="up to 10,000 rows from the first; beyond: cursor"),
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
