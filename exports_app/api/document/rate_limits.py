"""The headers that tell the rate limit, in the OpenAPI document."""

from typing import Any

from exports_app.api.document.answers import header

HEADERS = {
    "RateLimit-Policy": header(
        'The rate limit: "user" or "key", q calls in w seconds '
        "(draft-ietf-httpapi-ratelimit-headers)"
    ),
    "RateLimit": header("What is left of it: r calls now, and more in t seconds"),
}


def describe(operation: dict[str, Any]) -> None:
    """Call it when the operation has all its answers."""
    if operation.get("security"):
        for status, response in operation["responses"].items():
            if status.startswith("2") or status == "429":
                references = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
                response["headers"] = response.get("headers", {}) | references
