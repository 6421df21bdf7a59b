"""Answers of operations: their headers, and files."""

from typing import Any

from exports_app.api import repeating
from exports_app.services.core.extension_points import FORMATS

FILES = ("/file", "/api/files/{delivery_id}")
QUEUE_A_RUN = ("/trigger", "/rerun")
BINARY = {"schema": {"type": "string", "format": "binary"}}
UNKNOWN = "application/octet-stream"
JSON = "application/json"
NOTHING = {"type": "null"}


def header(description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": description, "schema": schema or {"type": "string"}}


LOCATION = {
    "Location": header("Path of what was made", {"type": "string", "format": "uri-reference"})
}
LINK = {"Link": header('The next page, with rel="next" (RFC 8288); left out on the last one')}
REPLAYED = {
    repeating.REPLAYED: header(
        "true: the answer of an earlier request with this Idempotency-Key", {"const": "true"}
    )
}
FILE = {
    "Content-Disposition": header("The name of the file (RFC 6266)"),
    "Accept-Ranges": header("bytes"),
    "ETag": header("The SHA-256 of the file, for If-Range"),
}


def describe(path: str, operation: dict[str, Any]) -> None:
    """Adds to the successful answers of an operation in the document."""
    parameters = {p["name"] for p in operation.get("parameters", ())}
    for status, response in operation["responses"].items():
        if not status.startswith("2"):
            continue
        content = response.get("content", {})
        if content.get(JSON) == {"schema": {}}:
            content[JSON] = {"schema": dict(NOTHING)}
        headers: dict[str, Any] = {}
        if status == "201" or (status == "202" and path.endswith(QUEUE_A_RUN)):
            headers |= LOCATION
        if "cursor" in parameters and status == "200":
            headers |= LINK
        if repeating.HEADER in parameters:
            headers |= REPLAYED
        if path.endswith(FILES):
            headers |= FILE
            response["content"] = _files()
        if headers:
            response.setdefault("headers", {}).update(headers)


def _files() -> dict[str, Any]:
    """What no generator parses comes first: most read the first alone, and a file shall stay as it
    is."""
    kinds = {kind.mime.partition(";")[0] for kind in FORMATS} - {JSON}
    return {**dict.fromkeys((UNKNOWN, *sorted(kinds)), BINARY), JSON: {"schema": {}}}
