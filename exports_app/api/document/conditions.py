"""Conditional and range requests in the OpenAPI document (RFC 9110, sections 13 and 14)."""

from collections.abc import Collection, Mapping
from typing import Any

from exports_app.api.document.answers import BINARY, FILES, JSON, header
from exports_app.api.document.operations import Error
from exports_app.api.middleware.whole_answers import KINDS
from exports_app.domain.errors import PreconditionFailed

CONDITIONAL = KINDS | {"text/csv"}
ETAG = {"ETag": header("Of this answer: send it back as If-None-Match")}
CHANGED = {"ETag": header("Of what is answered, as a GET of it has it: send it as If-Match")}
NOT_MODIFIED = {"description": "Not Modified: you have this answer", "headers": ETAG}
CONTENT_RANGE = {"Content-Range": header("Which bytes of the file, and its size")}
PART = "Partial Content: what Range asks for. Several ranges are multipart/byteranges"
UNSATISFIABLE = {
    "description": "Range Not Satisfiable: the file is shorter",
    "headers": CONTENT_RANGE,
}


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }


IF_NONE_MATCH = _parameter("If-None-Match", "An ETag that you have: 304 if it is still the same")
IF_MATCH = _parameter("If-Match", "The ETag of what you saw: 412 if someone has changed it since")


def versioned(paths: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The schemas of what has a version: all that can be read and PUT."""
    return frozenset(_schema(item["put"], "200") for item in paths.values() if "put" in item) - {""}


def _schema(operation: Mapping[str, Any], status: str) -> str:
    content = operation["responses"].get(status, {}).get("content", {})
    return str(content.get(JSON, {}).get("schema", {}).get("$ref", ""))


def describe(
    path: str,
    method: str,
    operation: dict[str, Any],
    errors: Collection[Error],
    with_version: Collection[str],
) -> None:
    """errors: those that only this operation has; with PreconditionFailed, it takes If-Match.
    with_version: as `versioned` returns."""
    found: list[dict[str, Any]] = []
    answered = operation["responses"]
    if PreconditionFailed in errors:
        found.append(IF_MATCH)
    if path.endswith(FILES):
        found.append(IF_NONE_MATCH)
        answered["304"] = dict(NOT_MODIFIED)
        answered["206"] = {
            "description": PART,
            "headers": answered["200"]["headers"] | CONTENT_RANGE,
            "content": answered["200"]["content"] | {"multipart/byteranges": BINARY},
        }
        answered["416"] = dict(UNSATISFIABLE)
    elif method == "get" and not CONDITIONAL.isdisjoint(answered["200"].get("content", {})):
        found.append(IF_NONE_MATCH)
        answered["304"] = dict(NOT_MODIFIED)
        answered["200"].setdefault("headers", {}).update(ETAG)
    for status in ("200", "201"):
        if method != "get" and _schema(operation, status) in with_version:
            answered[status].setdefault("headers", {}).update(CHANGED)
    if found:
        operation.setdefault("parameters", []).extend(found)
