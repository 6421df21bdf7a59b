"""Requests that can be repeated safely: POST with an Idempotency-Key.

A route of a router with `route_class=Repeatable` keeps its answer for 24 hours. Elsewhere the
header is refused: what signs people in, and new keys, are not to be kept, even encrypted; and who
sends a link has no account yet.
"""

import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from exports_app import log
from exports_app.domain.errors import ExportsError, FieldError, Invalid, Unavailable
from exports_app.services.idempotency import KeptAnswer
from exports_app.wiring import Services

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
DESCRIPTION = (
    "Makes the request safe to repeat: within 24 hours, the same request with the same key gets "
    "the first one's answer"
)
_KEY = re.compile(r"[!-~]{1,255}")
_NOT_KEPT = frozenset({"content-length"})
_VERSION = "version"
"""Kept as a header, and sent as the ETag."""

_log = log.get(__name__)


class _Replayed(Exception):
    """The request was carried out before."""

    def __init__(self, answer: KeptAnswer) -> None:
        self.answer = answer


class Repeatable(APIRoute):
    """Its POST takes the header."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            try:
                response = await handle(request)
            except _Replayed as found:
                return _again(request, found.answer)
            except Exception as error:
                if (key_hash := _begun(request)) and _did_nothing(error):
                    await run_in_threadpool(_services(request).idempotency.release, key_hash)
                raise
            if key_hash := _begun(request):
                await run_in_threadpool(_finish, request, key_hash, response)
            return response

        return handle_once


class Reading(APIRoute):
    """Its POST changes nothing: it can be repeated as it is, and passes the header over."""


def check(request: Request) -> None:
    """Raises Invalid for a key that is not well-formed, and where the route takes none."""
    sent = request.headers.getlist(HEADER)
    if request.method != "POST" or not sent:  # all other methods can be repeated as they are
        return
    if not isinstance(request.scope["route"], Repeatable | Reading):
        why = "is not taken by this path, whose answers are not kept: leave it out"
        raise Invalid([FieldError(f"/{HEADER}", why, HEADER)])
    if len(sent) > 1 or not _KEY.fullmatch(sent[0]):
        why = "use one key of 1 to 255 visible ASCII characters, such as a UUID"
        raise Invalid([FieldError(f"/{HEADER}", why, HEADER)])


def begin(request: Request, body: bytes) -> None:
    """Call it in a thread once the caller is known and the body was read. Ends the request where
    it was carried out before; raises what `Idempotency.begin` raises."""
    key = request.headers.get(HEADER)
    is_kept = request.method == "POST" and isinstance(request.scope["route"], Repeatable)
    if key is None or not is_kept:
        return
    of = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body
    begun = _services(request).idempotency.begin(request.state.who, key, of)
    if isinstance(begun, KeptAnswer):
        raise _Replayed(begun)
    request.state.repeatable = begun


def _begun(request: Request) -> str | None:
    return getattr(request.state, "repeatable", None)


def _did_nothing(error: Exception) -> bool:
    """Whether it is certain: services raise before they commit. A connection that is lost, or
    something unforeseen, may come after that."""
    return isinstance(error, RequestValidationError) or (
        isinstance(error, ExportsError) and type(error) is not Unavailable
    )


def _finish(request: Request, key_hash: str, response: Response) -> None:
    headers = [
        [name.decode("latin1"), value.decode("latin1")]
        for name, value in response.raw_headers
        if name.decode("latin1") not in _NOT_KEPT
    ]
    if (version := getattr(request.state, "version", None)) is not None:
        headers.append([_VERSION, str(version)])
    answer = KeptAnswer(response.status_code, headers, bytes(response.body))
    try:
        _services(request).idempotency.finish(key_hash, answer)
    except Unavailable as e:  # it was carried out: the caller gets the answer all the same
        _log.warning("answer could not be kept for repeated requests", reason=e.why)


def _again(request: Request, answer: KeptAnswer) -> Response:
    response = Response(answer.body, answer.status)
    length = [header for header in response.raw_headers if header[0] == b"content-length"]
    kept = []
    for name, value in answer.headers:
        if name == _VERSION:
            request.state.version = value
        else:
            kept.append((name.encode("latin1"), value.encode("latin1")))
    response.raw_headers = [*kept, *length, (REPLAYED.lower().encode(), b"true")]
    return response


def _services(request: Request) -> Services:
    own: Services = request.app.state.services
    return own


def describe(document: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Add the header to the OpenAPI document."""
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    header = {"name": HEADER, "in": "header", "required": False, "schema": schema}
    for found in iter_route_contexts(routes):
        if isinstance(found.original_route, Repeatable) and "POST" in (found.methods or ()):
            operation = document["paths"][found.path_format]["post"]
            parameters = operation.setdefault("parameters", [])
            parameters.append(header | {"description": DESCRIPTION})
