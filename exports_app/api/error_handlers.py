"""Exceptions of routes, as the answers of problems.py."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from exports_app.api import allowances, conditions, parameters, problems, request_body
from exports_app.domain import errors as e


def install(api: FastAPI) -> None:
    @api.exception_handler(e.ExportsError)
    async def exports_error(request: Request, error: e.ExportsError) -> JSONResponse:
        sent = request.headers.getlist("if-match")
        if type(error) is e.VersionConflict and sent and not conditions.is_any(sent):
            error = e.PreconditionFailed()  # changed since the route compared them
        if isinstance(error, e.TooManyRequests) and error.allowance:
            allowances.note(request, error.allowance)
        if isinstance(error, e.Invalid):
            error.errors = _located(request, error.errors)
        if who := getattr(request.state, "who", None):
            path = getattr(request.scope.get("route"), "path", "")
            request.app.state.services.repeated_entries.refused(
                who, error, f"{request.method} {path}"
            )
        return problems.of(error)

    @api.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        """Of parameters alone: bodies are read in request_body.py."""
        found = problems.field_errors(error.errors(), skip=1)
        names = [str(x["loc"][1]) for x in error.errors()]
        return problems.of(
            e.Invalid([replace(x, parameter=name) for x, name in zip(found, names, strict=False)])
        )

    @api.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> JSONResponse:
        """The framework's own: no such path or file, and a method that is not allowed."""
        found = {404: e.PathNotFound, 405: e.MethodNotAllowed}
        return problems.of(found.get(error.status_code, e.Internal)(), error.headers)


def _located(request: Request, errors: Sequence[e.FieldError]) -> tuple[e.FieldError, ...]:
    """Services do not know whether a value came in the query or in the body: where the route takes
    no JSON, a place that is named as one of its parameters is this one."""
    if not isinstance(request.scope.get("route"), APIRoute) or request_body.is_json_taken(request):
        return tuple(errors)
    known = parameters.known(request)
    return tuple(
        replace(x, parameter=name) if not x.parameter and (name := _first(x)) in known else x
        for x in errors
    )


def _first(error: e.FieldError) -> str:
    return error.pointer.lstrip("/").partition("/")[0]
