"""A request has the parameters of its route only, as a body has only the fields of its schema, and
a body only where the route takes one: what is misspelt or misplaced would change nothing, and no
one would know.

Not checked: probes (monitoring adds parameters of its own) and the links in emails (so do mail
programs).
"""

from collections.abc import Collection
from typing import Any, cast, get_args, get_origin

from fastapi import Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from exports_app.api import repeating, request_body, spelling
from exports_app.api.access import Who
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.input_words import pointer

LONGEST = 50
"""Characters of a name that are repeated in the answer."""


async def check(request: Request, who: Who) -> None:  # noqa: ARG001 (401 comes first)
    """Raises Invalid, UnexpectedBody."""
    await check_open(request)


async def check_open(request: Request) -> None:
    """Raises Invalid, UnexpectedBody."""
    _check_query(request)
    repeating.check(request)
    if not request_body.is_taken(request):
        await request_body.check_absent(request)
        await run_in_threadpool(repeating.begin, request, b"")


def _check_query(request: Request) -> None:
    """Raises Invalid for a parameter that the route does not have, and for one that is given
    twice and has one value: programs differ in which one they take."""
    given = [name for name, _ in request.query_params.multi_items()]
    if not given:
        return
    of_route = known(request)
    unknown = [name[:LONGEST] for name in dict.fromkeys(given) if name not in of_route]
    errors = [
        FieldError(pointer([name]), _unknown(of_route, name, number), name)
        for number, name in enumerate(unknown)
    ]
    errors += [
        FieldError(f"/{name}", "is given more than once: send it once", name)
        for name, has_many in sorted(of_route.items())
        if given.count(name) > 1 and not has_many
    ]
    if errors:
        raise Invalid(errors[:LONGEST])


def known(request: Request) -> dict[str, bool]:
    """The parameters of the query that the route has: whether each may be given several times."""
    parameters = get_flat_params(cast(APIRoute, request.scope["route"]).dependant)
    return {
        each.alias: _is_list(each.field_info.annotation)
        for each in parameters
        if isinstance(each.field_info, Query)
    }


def _is_list(annotation: Any) -> bool:
    return list in {get_origin(part) for part in (annotation, *get_args(annotation))}


def _unknown(known: Collection[str], name: str, number: int) -> str:
    """number: of the unknown ones before it."""
    if not known:
        return "is not a parameter of this path: it has none"
    meant = spelling.meant(name, known) if number < spelling.MOST else ""
    return f"is not a parameter of this path: {meant}use {', '.join(sorted(known))}"


CHECKED = Depends(check)
"""For routes that require sign-in."""
OPEN = Depends(check_open)
"""For routes without sign-in."""
