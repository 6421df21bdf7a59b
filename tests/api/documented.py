"""Whether the OpenAPI document names what a call was answered with: every call of every test of the
API is compared with it."""

import re
from functools import lru_cache
from typing import Any

import httpx
from fastapi import FastAPI

from exports_app.api.problems import MEDIA_TYPE

ANYWHERE = frozenset({"method_not_allowed", "path_not_found", "address_too_long", "internal"})
"""Codes that a call of any path may get: the document has them as "default"."""


def missing(app: FastAPI, method: str, path: str, answer: httpx.Response) -> str | None:
    """What the document lacks: a status, or a code of it. None: it names both, or has no such
    operation."""
    operation = _operation(app, "get" if method == "HEAD" else method.lower(), path)
    if operation is None:
        return None
    answered = operation["responses"]
    name, status = operation["operationId"], str(answer.status_code)
    is_problem = answer.headers.get("content-type") == MEDIA_TYPE and bool(answer.content)
    code = answer.json()["code"] if is_problem else ""
    if code in ANYWHERE:
        return None
    if status not in answered:
        return f"{name} {status} {code}"
    examples = answered[status].get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    return f"{name} {status} {code}" if code and code not in examples else None


def _operation(app: FastAPI, method: str, path: str) -> dict[str, Any] | None:
    asked = path.partition("?")[0].lower()
    for template, found in _templates(app):
        if template.fullmatch(asked):
            operation: dict[str, Any] | None = found.get(method)
            return operation
    return None


@lru_cache(maxsize=4)
def _templates(app: FastAPI) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Paths without parameters first, as the server finds them."""
    paths = sorted(app.openapi()["paths"].items(), key=lambda item: item[0].count("{"))
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), item) for path, item in paths
    ]
