"""Every error as application/problem+json (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from exports_app.api.causes import CAUSES, Cause, of_class
from exports_app.domain import errors as e
from exports_app.services.core import input_words
from exports_app.services.core.input_words import pointer

MEDIA_TYPE = "application/problem+json"
WITH_FIX = (e.NotFound, e.Forbidden, e.WrongCredentials)
"""Their own words are short, since the pages show them where it is clear what to do: the API adds
how to fix it."""
CLOSING = (e.TooLarge, e.TooSlow, e.UnexpectedBody, e.HeadersTooLarge, e.WrongHost)
"""They end the connection: the rest of the request is not read."""


class Mistake(BaseModel):
    """One thing wrong with the input."""

    pointer: str = Field(
        description=(
            "JSON pointer (RFC 6901) to the place in the body; where there is a parameter, its name"
            " after a slash"
        ),
        json_schema_extra={"format": "json-pointer"},
    )
    parameter: str = Field(
        default="",
        description=(
            "Name of the query parameter or header that is wrong; left out where the body is"
        ),
    )
    detail: str


class Problem(BaseModel):
    """How the OpenAPI document describes what `of` answers."""

    type: str = Field(
        description="Address of a page about the code, relative to the server",
        json_schema_extra={"format": "uri-reference"},
    )
    title: str = Field(description="What the code means, the same for every error that has it")
    status: int
    detail: str = Field(description="What went wrong here, and what to do, for people")
    code: str = Field(description="Stable code, for programs")
    errors: list[Mistake]


def status_of(error: e.ExportsError) -> int:
    return _cause(error).status


def _cause(error: e.ExportsError) -> Cause:
    return of_class(type(error)) or CAUSES[e.Invalid.code]


def _body(cause: Cause, detail: str, errors: Sequence[e.FieldError]) -> dict[str, Any]:
    return {
        "type": cause.type,
        "title": cause.title,
        "status": cause.status,
        "detail": detail,
        "code": cause.code,
        "errors": [_mistake(x) for x in errors],
    }


def _mistake(error: e.FieldError) -> dict[str, str]:
    of = {"parameter": error.parameter} if error.parameter else {}
    return {"pointer": error.pointer, **of, "detail": error.detail}


def field_errors(errors: Sequence[Any], skip: int = 0) -> list[e.FieldError]:
    """pydantic's errors without the submitted values. skip: leading parts of the location that are
    not the body's."""
    return [e.FieldError(pointer(x["loc"][skip:]), input_words.of(x)) for x in errors[:100]]


def _challenge(error: e.ExportsError) -> str:
    """RFC 6750, section 3.1: no error where no token was sent."""
    realm = 'Bearer realm="exports_app"'
    if isinstance(error, e.InsufficientScope):
        return f'{realm}, error="{error.code}", scope="{error.scope}"'
    return f'{realm}, error="{error.code}"' if isinstance(error, e.InvalidToken) else realm


def of(error: e.ExportsError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """headers: beside those that the error itself has."""
    cause = _cause(error)
    detail, errors = _detail(error), list[e.FieldError]()
    if isinstance(error, e.Invalid):
        detail, errors = "Some of the input is invalid: see errors", list(error.errors)
    elif error.pointer or cause.code == e.Invalid.code:  # of a rule, which may name no field
        errors = [e.FieldError(error.pointer, error.message)]
    return JSONResponse(
        _body(cause, detail, errors),
        cause.status,
        {**_headers(error, cause.status), **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def _detail(error: e.ExportsError) -> str:
    if type(error) in WITH_FIX and error.message == str(type(error)()):
        return f"{error.message}. {error.fix}"
    return error.message


def _headers(error: e.ExportsError, status: int) -> dict[str, str]:
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED or isinstance(error, e.InsufficientScope):
        headers["WWW-Authenticate"] = _challenge(error)
    if isinstance(error, e.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, CLOSING):
        headers["Connection"] = "close"
    if isinstance(error, e.UnsupportedCoding):
        headers["Accept-Encoding"] = "identity"  # what the body may have: RFC 9110, section 12.5.3
    if isinstance(error, e.UnsupportedType):
        headers["Accept"] = error.accepts  # likewise: section 12.5.1
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    return headers
