"""Request bodies, read after access is settled (FastAPI itself would parse them before), with a
limit on their size."""

import codecs
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from exports_app.api import json_shape, repeating, spelling
from exports_app.api.access import check_unchanged
from exports_app.api.middleware.methods import PATCH_TYPES
from exports_app.api.middleware.slow_clients import has_body
from exports_app.api.problems import field_errors
from exports_app.domain import bounds
from exports_app.domain.errors import (
    FieldError,
    Invalid,
    TooLarge,
    UnexpectedBody,
    UnsupportedCoding,
    UnsupportedType,
)
from exports_app.services.core.input_words import pointer

KIB = 1024
MIB = 1024 * KIB
LIMIT = 64 * KIB
"""Bytes of a body, where a route sets no other limit."""
SCHEDULE_LIMIT = MIB
"""Bytes, for a thousand recipients before equal ones are merged, and a thousand campaigns."""
METRICS_LIMIT = 8 * MIB
"""Bytes, for ten thousand days."""
STRANGERS_LIMIT = 8 * KIB
"""Bytes for routes without sign-in: a link's token and the longest password."""

VALUES = 1_000
"""Values of a body in all, where a route sets no other limit."""
SCHEDULE_VALUES = 5 * bounds.CAMPAIGNS
METRICS_VALUES = 10 * bounds.METRIC_DAYS
STRANGERS_VALUES = 50

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)

NO_BODY = 64
"""Bytes within which a body may be ``{}`` and blanks."""
JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json", re.ASCII)
NO_PATCH = (
    "Send a JSON Merge Patch (RFC 7396), with the header"
    " 'Content-Type: application/merge-patch+json' or 'Content-Type: application/json'."
    " A JSON Patch (RFC 6902) and other kinds are not supported"
)

MOST_DIGITS = 18
"""Of a Content-Length: a longer one is too large in any case."""


class Input(BaseModel):
    """A request body: camelCase names, only JSON's own types, no unknown fields."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        validate_by_name=False,
        validate_by_alias=True,
    )

    def given(self) -> dict[str, Any]:
        """The fields that the caller sent, by their Python names."""
        return {name: getattr(self, name) for name in self.model_fields_set}


M = TypeVar("M", bound=Input)
T = TypeVar("T")


def json_body(
    model: type[M], limit: int = LIMIT, values: int = VALUES, *, optional: bool = False
) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads the body into `model`. Raises UnsupportedType, UnsupportedCoding,
    TooLarge, Invalid, and what `check_unchanged` raises where the caller's rights changed
    meanwhile. limit: bytes, counted while they arrive. values: how many it may hold in all.
    optional: no body is the same as ``{}``."""

    def of(_: Request, data: bytes) -> M:
        return parse(model, data or b"{}" if optional else data, values)

    return body_of(of, _check_type, limit)


def body_of(
    of: Callable[[Request, bytes], T], check_type: Callable[[Request], None], limit: int
) -> Callable[[Request], Awaitable[T]]:
    """As `json_body`. of: makes the body of its bytes, in a thread. check_type: raises
    UnsupportedType."""

    async def read(request: Request) -> T:
        check_coding(request)
        check_type(request)
        data = await _read(request, limit)
        # In a thread: a large body takes long, and must not hold up the event loop
        return await run_in_threadpool(finish, request, data)

    def finish(request: Request, data: bytes) -> T:
        check_unchanged(request)
        body = of(request, data)
        repeating.begin(request, data)
        return body

    return read


def strangers_body(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """`json_body` for routes without sign-in."""
    return json_body(model, STRANGERS_LIMIT, STRANGERS_VALUES)


def parse(model: type[M], data: bytes, values: int = VALUES) -> M:
    """The body, after a check of its shape. Raises Invalid."""
    data = _utf8(data)
    json_shape.check(data, values)
    try:
        body = model.model_validate_json(data)
    except ValidationError as e:
        raise Invalid(_mistakes(model, e.errors(include_input=False, include_url=False))) from None
    except UnicodeDecodeError:
        raise Invalid([FieldError("", "is not valid UTF-8")]) from None
    json.loads(data, object_pairs_hook=_once)  # after the checks: it is JSON with few levels
    return body


def _mistakes(model: type[Input], errors: Sequence[Any]) -> list[FieldError]:
    found = field_errors(errors)
    unknown = [i for i, x in enumerate(errors[: len(found)]) if x["type"] == "extra_forbidden"]
    for i in unknown[: spelling.MOST]:
        *place, name = errors[i]["loc"]
        if meant := spelling.meant(str(name), spelling.fields_at(model, place)):
            found[i] = replace(found[i], detail=f"is unknown: {meant}If not, leave it out")
    return found


def _utf8(data: bytes) -> bytes:
    """The body without a byte order mark, which some programs put before UTF-8. Raises Invalid for
    the other encodings of Unicode, known by their mark or by the zero bytes of JSON's first sign
    (RFC 4627, section 3)."""
    if any(map(data.startswith, UTF_32)) or data[:3] == bytes(3) or data[1:4] == bytes(3):
        encoding = "UTF-32"
    elif any(map(data.startswith, UTF_16)) or 0 in data[:2]:
        encoding = "UTF-16"
    else:
        return data.removeprefix(codecs.BOM_UTF8)
    raise Invalid([FieldError("", f"is in {encoding}: send JSON in UTF-8")])


def _once(pairs: list[tuple[str, Any]]) -> None:
    """Refuses an object with the same field twice: parsers differ in which one they take (RFC 8259,
    section 4)."""
    seen = set[str]()
    for name, _ in pairs:
        if name in seen:
            raise Invalid([FieldError(pointer([name]), "appears twice: send each field once")])
        seen.add(name)


def check_coding(request: Request) -> None:
    """Raises UnsupportedCoding for a compressed body."""
    coding = ", ".join(request.headers.getlist("content-encoding")).strip()
    if coding.lower() not in {"", "identity"}:
        raise UnsupportedCoding


def _check_type(request: Request) -> None:
    """Raises UnsupportedType for a body that is said not to be JSON: a form, which is what
    ``curl -d`` says, would be read as something that it is not. Without the header it is taken for
    JSON (RFC 9110, section 8.3). Parameters such as a charset mean nothing for JSON."""
    kind = media_type(request)
    if not kind or not has_body(request.scope):
        return
    if request.method == "PATCH" and kind not in PATCH_TYPES:
        raise UnsupportedType(NO_PATCH)
    if not JSON_TYPE.fullmatch(kind):
        raise UnsupportedType


def media_type(request: Request) -> str:
    """Of the body, as the header says; empty: not said."""
    sent = ", ".join(request.headers.getlist("content-type"))
    return sent.partition(";")[0].strip().lower()


def is_taken(request: Request) -> bool:
    """Whether the route takes a body."""
    return "requestBody" in (cast(APIRoute, request.scope["route"]).openapi_extra or {})


def is_json_taken(request: Request) -> bool:
    """Whether the route takes a body of JSON; others may take a file."""
    extra = cast(APIRoute, request.scope["route"]).openapi_extra or {}
    return "application/json" in extra.get("requestBody", {}).get("content", {})


async def check_absent(request: Request) -> None:
    """Where the route takes no body: raises UnexpectedBody if one came, since what it asks for
    would not be done. Blanks and ``{}`` count as none."""
    if not has_body(request.scope):
        return
    try:
        data = await _read(request, NO_BODY)
    except TooLarge:
        raise UnexpectedBody from None
    if data.translate(None, b" \t\r\n") not in {b"", b"{}"}:
        raise UnexpectedBody
    await run_in_threadpool(check_unchanged, request)


def declares_more_than(request: Request, limit: int) -> bool:
    """Whether the request's Content-Length is larger than so many bytes."""
    declared = request.headers.get("content-length", "")
    return declared.isdecimal() and (len(declared) > MOST_DIGITS or int(declared) > limit)


async def _read(request: Request, limit: int) -> bytes:
    shown = f"{limit // MIB} MiB" if limit >= MIB else f"{limit // KIB} KiB"
    too_large = TooLarge(f"The request body is larger than {shown}: send less at a time")
    if declares_more_than(request, limit):
        raise too_large
    data = bytearray()
    try:
        async for part in request.stream():
            data += part
            if len(data) > limit:
                raise too_large
    except ClientDisconnect:
        raise Invalid([FieldError("", "ended early: send it again")]) from None
    return bytes(data)


_MODELS: dict[str, type[Input]] = {}


def takes(model: type[Input], *, optional: bool = False) -> dict[str, Any]:
    """For a route's `openapi_extra`: what `json_body(model)` reads."""
    _MODELS[model.__name__] = model
    ref = {"$ref": f"#/components/schemas/{model.__name__}"}
    content = {"application/json": {"schema": ref}}
    return {"requestBody": {"required": not optional, "content": content}}


def merges(model: type[Input]) -> dict[str, Any]:
    """As `takes`, for a PATCH."""
    described = takes(model)
    content = described["requestBody"]["content"]
    content |= dict.fromkeys(PATCH_TYPES, content["application/json"])
    return described


def documented() -> list[type[Input]]:
    """The models of all routes' bodies."""
    return [model for _, model in sorted(_MODELS.items())]
