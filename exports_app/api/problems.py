"""Every error as application/problem+json (RFC 9457): the one place where exceptions become
answers."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from exports_app.api import allowances
from exports_app.domain import bounds
from exports_app.domain import errors as e

NOT_SUPPORTED = "This path does not support this method"
MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[e.ExportsError], int] = {
    e.Unauthenticated: 401,
    e.Forbidden: 403,
    e.NotFound: 404,
    e.TooSlow: 408,
    e.Conflict: 409,
    e.Gone: 410,
    e.PreconditionFailed: 412,
    e.TooLarge: 413,
    e.UnsupportedCoding: 415,
    e.UnsupportedType: 415,
    e.Invalid: 422,
    e.TooManyRequests: 429,
    e.PreconditionRequired: 428,
    e.QuotaExceeded: 429,
    e.Unavailable: 503,
}

# pydantic's own messages name types of Python and may quote the input: these say what to change
WORDS = {
    "missing": "is required",
    "extra_forbidden": "is unknown or read-only: leave it out",
    "json_invalid": "is not valid JSON",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "list_type": "must be a list",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "decimal_max_places": "use at most two decimals",
    "finite_number": "must be a finite number",
    "uuid_type": "must be an ID (a UUID)",
    "uuid_parsing": "must be an ID (a UUID)",
    "date_type": "must be a date (YYYY-MM-DD)",
    "date_parsing": "must be a date (YYYY-MM-DD)",
    "date_from_datetime_parsing": "must be a date (YYYY-MM-DD)",
    "date_from_datetime_inexact": "must be a date (YYYY-MM-DD)",
    "datetime_type": "must be a date and time with a UTC offset, e.g. 2026-01-31T09:00:00Z",
    "datetime_parsing": "must be a date and time with a UTC offset, e.g. 2026-01-31T09:00:00Z",
    "datetime_from_date_parsing": (
        "must be a date and time with a UTC offset, e.g. 2026-01-31T09:00:00Z"
    ),
    "timezone_aware": "must be a date and time with a UTC offset, e.g. 2026-01-31T09:00:00Z",
    "too_long": "has too many entries: send fewer at a time",
    "decimal_max_digits": "is too large",
    "decimal_whole_digits": "is too large",
    "string_too_long": "is too long",
    "string_unicode": "must be valid Unicode text",
}


class Mistake(BaseModel):
    """One thing wrong with the input."""

    pointer: str = Field(
        description=(
            "JSON pointer (RFC 6901) to the place in the body, or the name of a query parameter"
        )
    )
    detail: str


class Problem(BaseModel):
    """How the OpenAPI document describes what `response` answers."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable code, for programs")
    errors: list[Mistake]


def status_of(error: e.ExportsError) -> int:
    return next((STATUS[c] for c in type(error).__mro__ if c in STATUS), 422)


def response(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[e.FieldError] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"pointer": x.pointer, "detail": x.detail} for x in errors],
    }
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) to a place in the body, e.g. ``/filters/campaignIds/0``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def field_errors(errors: Sequence[Any], skip: int = 0) -> list[e.FieldError]:
    """pydantic's errors without the submitted values. skip: leading parts of the location that are
    not the body's."""
    return [e.FieldError(pointer(x["loc"][skip:]), _words(x)) for x in errors[:100]]


def _words(error: Any) -> str:
    most = (error.get("ctx") or {}).get("max_length")
    if error["type"] == "string_too_long" and isinstance(most, int):
        return bounds.at_most(most)
    return WORDS.get(error["type"]) or _own_words(error)


def _own_words(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    return message.replace("Input should", "should", 1).replace("String should", "should", 1)


def method_not_allowed(headers: dict[str, str]) -> JSONResponse:
    status = HTTPStatus.METHOD_NOT_ALLOWED
    return response(status, status.name.lower(), NOT_SUPPORTED, headers=headers)


def _challenge(error: e.ExportsError) -> str:
    """RFC 6750, section 3.1: no error where no token was sent."""
    realm = 'Bearer realm="exports_app"'
    if isinstance(error, e.InsufficientScope):
        return f'{realm}, error="{error.code}", scope="{error.scope}"'
    return f'{realm}, error="{error.code}"' if isinstance(error, e.InvalidToken) else realm


def of(error: e.ExportsError) -> JSONResponse:
    status = status_of(error)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED or isinstance(error, e.InsufficientScope):
        headers["WWW-Authenticate"] = _challenge(error)
    if isinstance(error, e.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, e.TooLarge | e.TooSlow | e.UnexpectedBody):
        headers["Connection"] = "close"  # the rest of the body is not read
    if isinstance(error, e.UnsupportedCoding):
        headers["Accept-Encoding"] = "identity"  # what the body may have: RFC 9110, section 12.5.3
    if isinstance(error, e.UnsupportedType):
        headers["Accept"] = "application/json"  # likewise: section 12.5.1
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    if isinstance(error, e.Invalid):
        return response(
            status, error.code, "Some of the input is invalid: see errors", error.errors, headers
        )
    return response(status, error.code, error.message, headers=headers)


def install(api: FastAPI) -> None:
    @api.exception_handler(e.ExportsError)
    async def exports_error(request: Request, error: e.ExportsError) -> JSONResponse:
        if isinstance(error, e.TooManyRequests) and error.allowance:
            allowances.note(request, error.allowance)
        if who := getattr(request.state, "who", None):
            path = getattr(request.scope.get("route"), "path", "")
            request.app.state.services.repeated_entries.refused(
                who, error, f"{request.method} {path}"
            )
        return of(error)

    @api.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return of(e.Invalid(field_errors(error.errors(), skip=1)))

    @api.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> JSONResponse:
        words = {404: "Path not found", 405: NOT_SUPPORTED}
        code = HTTPStatus(error.status_code).name.lower()
        detail = words.get(error.status_code, str(error.detail))
        return response(error.status_code, code, detail, headers=dict(error.headers or {}))
