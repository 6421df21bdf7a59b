"""Every error that an operation can answer, by its status, each with its code and an example."""

import json
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from exports_app.api import causes, problems, repeating
from exports_app.api.document import access
from exports_app.api.document.operations import OPERATIONS, Error, Operation
from exports_app.domain import errors as e

PROBLEM = {"$ref": "#/components/schemas/Problem"}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds", "schema": {"type": "integer", "minimum": 1}}
}
HEADERS: dict[int, dict[str, Any]] = {
    401: {
        "WWW-Authenticate": {
            "description": "Bearer, with error=invalid_token if a token was sent (RFC 6750)",
            "schema": {"type": "string"},
        }
    },
    429: RETRY_AFTER,
    503: RETRY_AFTER,
}
OF_BODIES = (e.TooSlow, e.TooLarge, e.UnsupportedCoding, e.UnsupportedType)
OF_REPEATABLE = (
    *(e.IdempotencyInProgress, e.IdempotencyOutcomeUnknown, e.IdempotencyAnswerNotKept),
    *(e.IdempotencyKeyReused, e.TooManyIdempotencyKeys),
)
OF_ALL = (e.Unavailable, e.Overloaded, e.ReadTooLong)
EXAMPLES: dict[Error, e.ExportsError] = {
    e.InsufficientScope: e.InsufficientScope("exports.write"),
    e.TooManyRequests: e.TooManyRequests(30),
    e.TooManyIdempotencyKeys: e.TooManyIdempotencyKeys(3600),
    e.Invalid: e.Invalid([e.FieldError("/name", "is required")]),
}
"""Those that need to know more than their class."""


def of(method: str, path: str, described: dict[str, Any], operation: Operation) -> list[Error]:
    """described: the operation in the OpenAPI document."""
    signed_in, takes_body = bool(described.get("security")), "requestBody" in described
    parameters = described.get("parameters", ())
    found: list[Error] = []
    if signed_in:
        found += access.of(method, path)
    if any(p["in"] == "path" or p["name"] == "tenantId" for p in parameters):
        found.append(e.NotFound)
    if takes_body:
        found += OF_BODIES
    if signed_in:
        found.append(e.RightsChanged if takes_body else e.UnexpectedBody)
    if any(p["name"] == repeating.HEADER for p in parameters):
        found += OF_REPEATABLE
    if takes_body or signed_in:
        found.append(e.TooManyRequests)
    own = any(p["in"] != "header" for p in parameters)
    if takes_body or signed_in or own or path.startswith(causes.PATH):
        found.append(e.Invalid)
    return list(dict.fromkeys([*found, *operation.errors, *OF_ALL]))


def responses(errors: Iterable[Error]) -> dict[str, Any]:
    """As in an operation of the document, by status."""
    by_status: dict[int, list[e.ExportsError]] = defaultdict(list)
    for error in errors:
        example = EXAMPLES.get(error) or error()
        by_status[problems.status_of(example)].append(example)
    return {str(status): _response(status, of) for status, of in sorted(by_status.items())}


def examples() -> dict[str, Any]:
    """Of every error that some operation names, by its code: a component of the document."""
    named = [*access.OF_SIGNED_IN, e.Forbidden, e.InsufficientScope, e.KeyIsLimited]
    named += [e.KeyNotAllowed, e.NotFound, *OF_BODIES, e.RightsChanged]
    named += [e.Invalid, e.TooManyRequests, e.UnexpectedBody, *OF_REPEATABLE, *OF_ALL]
    named += [error for operation in OPERATIONS.values() for error in operation.errors]
    found = [EXAMPLES.get(error) or error() for error in named]
    return {error.code: {"value": _body(error)} for error in found}


def any_other() -> dict[str, Any]:
    return {
        "description": "Any other error, as problem+json (RFC 9457): see /api/problems",
        "content": {problems.MEDIA_TYPE: {"schema": PROBLEM}},
    }


def _response(status: int, errors: list[e.ExportsError]) -> dict[str, Any]:
    examples = {error.code: {"$ref": f"#/components/examples/{error.code}"} for error in errors}
    codes = ", ".join(f"`{code}`" for code in examples)
    answer: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {codes}",
        "content": {problems.MEDIA_TYPE: {"schema": PROBLEM, "examples": examples}},
    }
    return answer | ({"headers": HEADERS[status]} if status in HEADERS else {})


def _body(error: e.ExportsError) -> Any:
    return json.loads(bytes(problems.of(error).body))
