"""Builds the OpenAPI document."""

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from exports_app.api import repeating, request_body
from exports_app.api.document import (
    answers,
    conditions,
    errors,
    examples,
    links,
    rate_limits,
    webhooks,
)
from exports_app.api.document.operations import OPERATIONS, TAGS
from exports_app.api.document.shape import simplify
from exports_app.api.problems import Problem

LICENSE = {"name": "MIT", "identifier": "MIT"}
CONTACT = {"name": "The administrators of this installation"}
SIGN_IN_IS_OPTIONAL = ("POST /api/invitations/accept",)
SERVERS = [{"url": "/", "description": "The server that this document comes from"}]


def install(api: FastAPI) -> None:
    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = build(api)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def build(api: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=api.title,
        version=api.version,
        summary="Create, run and follow scheduled exports",
        description=api.description,
        routes=api.routes,
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
        servers=list(SERVERS),
        license_info=LICENSE,
        contact=CONTACT,
    )
    _add_schemas(document)
    webhooks.add(document)
    repeating.describe(document, api.routes)
    with_version = conditions.versioned(document["paths"])
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _complete(path, method, operation, with_version)
    document["components"]["examples"] = errors.examples()
    document["components"]["headers"] = dict(rate_limits.HEADERS)
    simple: dict[str, Any] = simplify(document)
    examples.add(simple)
    return simple


def _add_schemas(document: dict[str, Any]) -> None:
    """The bodies, which FastAPI does not know, and the problem in place of its own errors."""
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation") for model in request_body.documented()
    ]
    models.append((Problem, "validation"))
    _, schema = models_json_schema(models, ref_template="#/components/schemas/{model}")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(schema["$defs"])
    for own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(own, None)


def _complete(
    path: str, method: str, operation: dict[str, Any], with_version: Collection[str]
) -> None:
    """A route that OPERATIONS lacks keeps the long name that FastAPI gives it; a test says so."""
    route = f"{method.upper()} {path}"
    known = OPERATIONS.get(route)
    if route in SIGN_IN_IS_OPTIONAL:
        operation["security"].append({})
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter["name"].endswith("_id"):
            parameter["schema"] = {"type": "string", "format": "uuid"}
    operation.setdefault("description", f"{operation.get('summary', '')}.")
    answered = operation["responses"]
    answered.pop("422", None)
    answers.describe(path, operation)
    if known:
        operation["operationId"] = known.name
        links.describe(operation)
        conditions.describe(path, method, operation, known.errors, with_version)
        for status, response in errors.responses(
            errors.of(method.upper(), path, operation, known)
        ).items():
            own = answered.setdefault(status, response)
            own["content"] = own.get("content", {}) | response["content"]
            if "headers" in response:
                own.setdefault("headers", {}).update(response["headers"])
    rate_limits.describe(operation)
    answered["default"] = errors.any_other()
