"""The body with a definition: YAML or JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request

from exports_app.api import request_body
from exports_app.api.middleware.slow_clients import has_body
from exports_app.api.request_body import body_of, media_type, parse, takes
from exports_app.api.schemas.definitions import DefinitionIn
from exports_app.domain.errors import Invalid, UnsupportedType
from exports_app.services.schedules.definitions import yaml_text
from exports_app.services.schedules.definitions.service import Definition

JSON = "application/json"
YAML = "application/yaml"
"""RFC 9512."""
YAML_TYPES = frozenset({YAML, "application/x-yaml", "text/yaml", "text/x-yaml"})
LIMIT = request_body.MIB
"""Bytes."""
_TEXT = {"schema": {"type": "string"}}


@dataclass(frozen=True)
class DefinitionBody:
    """source: the YAML that it was read from; None: JSON."""

    definition: Definition
    source: yaml_text.Document | None

    @contextmanager
    def located(self) -> Iterator[None]:
        """An Invalid in the block gets the lines of the YAML."""
        try:
            yield
        except Invalid as e:
            raise (self.source.located(e) if self.source else e) from None


def of_yaml(data: bytes) -> DefinitionBody:
    """Raises Invalid, with lines."""
    source = yaml_text.read(data)
    try:
        return DefinitionBody(_definition(orjson.dumps(source.value)), source)
    except Invalid as e:
        raise source.located(e) from None


def _definition(data: bytes) -> Definition:
    return parse(DefinitionIn, data, yaml_text.VALUES).definition()


def _of(request: Request, data: bytes) -> DefinitionBody:
    if media_type(request) in YAML_TYPES:
        return of_yaml(data)
    return DefinitionBody(_definition(data), None)


def _check_type(request: Request) -> None:
    kind = media_type(request)
    is_json = not kind or request_body.JSON_TYPE.fullmatch(kind)
    if has_body(request.scope) and not is_json and kind not in YAML_TYPES:
        raise UnsupportedType(f"Send YAML as Content-Type {YAML}, or JSON as {JSON}")


Body = Annotated[DefinitionBody, Depends(body_of(_of, _check_type, LIMIT))]


def taken() -> dict[str, Any]:
    """For a route's `openapi_extra`."""
    body: dict[str, Any] = takes(DefinitionIn)
    content = body["requestBody"]["content"]
    content[YAML] = dict(content[JSON])
    return body


def answered() -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`."""
    schema = {"$ref": "#/components/schemas/DefinitionIn"}
    return {200: {"content": {JSON: {"schema": schema}, YAML: dict(_TEXT)}}}


def accepts_yaml(request: Request) -> bool:
    """Whether the caller asks for it: JSON is the answer to all others."""
    given = ",".join(request.headers.getlist("accept")).lower()
    kinds = {part.partition(";")[0].strip() for part in given.split(",")}
    return not YAML_TYPES.isdisjoint(kinds) and JSON not in kinds
