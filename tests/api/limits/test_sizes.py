"""No field of any request is without a limit, and none can make others wait: found in the OpenAPI
document, route by route."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from exports_app.services.core.records import Campaign
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.limits.allowance import SECONDS
from tests.api.routes import CASES, PUBLIC, SUPER_ADMINS, Case, call, named
from tests.inputs import cpu, nasty
from tests.world import Cast

LOGIN = Case("POST", "/api/auth/login", 200, {"email": "ann@example.com", "password": "wrong"})
WITH_BODY = [case for case in [*CASES, *SUPER_ADMINS, LOGIN] if case.body is not None]
SHORT_BY_FORM = {"uuid", "date", "date-time"}
"""Formats whose texts have a length of their own."""
HUGE = 20_000


class Document:
    """The OpenAPI document, with its references followed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operation(self, case: Case) -> dict[str, Any]:
        return self.document["paths"][case.path][case.method.lower()]

    def body(self, case: Case) -> dict[str, Any]:
        return self.follow(
            self.operation(case)["requestBody"]["content"]["application/json"]["schema"]
        )

    def follow(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def leaves(
        self, schema: dict[str, Any], at: tuple[Any, ...] = ()
    ) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Every text, list and object below, each with its place. An entry of a list stands at
        0."""
        schema = self.follow(schema)
        for one in schema.get("anyOf", ()):
            yield from self.leaves(one, at)
        kind = schema.get("type")
        if isinstance(kind, list):  # such as a text or null
            for one in kind:
                yield from self.leaves(schema | {"type": one}, at)
            return
        if kind in {"string", "array", "object"}:
            yield at, schema
        for name, inner in schema.get("properties", {}).items():
            yield from self.leaves(inner, (*at, name))
        if kind == "array":
            yield from self.leaves(schema["items"], (*at, 0))


@pytest.fixture
def document(api: Clients) -> Document:
    return Document(api.anonymous.get("/api/openapi.json").json())


def unlimited(schema: dict[str, Any]) -> bool:
    match schema["type"]:
        case "string":
            fixed = schema.get("format") in SHORT_BY_FORM or "enum" in schema or "const" in schema
            return not (
                fixed or "maxLength" in schema or "pattern" in schema
            )  # a pattern: of a number as text
        case "array":
            return "maxItems" not in schema
        case _:
            closed = schema.get("additionalProperties") is False
            return not (closed or {"maxProperties", "propertyNames"} <= schema.keys())


def with_value(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The body with another value at a place, made where it is not there."""
    if not place:
        return value
    first, *rest = place
    if first == 0:
        held = list(body) if isinstance(body, list) and body else [None]
        return [with_value(held[0], tuple(rest), value), *held[1:]]
    held = dict(body) if isinstance(body, dict) else {}
    return held | {first: with_value(held.get(first), tuple(rest), value)}


def test_every_text_list_and_object_of_every_body_has_a_limit(document: Document) -> None:
    without = [
        f"{case.method} {case.path} /{'/'.join(map(str, place))}"
        for case in WITH_BODY
        for place, schema in document.leaves(document.body(case))
        if unlimited(schema)
    ]
    assert without == []


CONDITIONS = ("If-Match", "If-None-Match")
"""Limited as all headers together are: by MAX_HEADERS."""


def test_every_text_of_every_query_has_a_limit(document: Document) -> None:
    without = [
        f"{method} {path} {parameter['name']}"
        for path, item in document.document["paths"].items()
        for method, operation in item.items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] != "path" and parameter["name"] not in CONDITIONS
        for _, schema in document.leaves(parameter["schema"])
        if unlimited(schema)
    ]
    assert without == []


@named(WITH_BODY)
@pytest.mark.usefixtures("fast_bcrypt")
def test_a_field_that_is_too_large_is_refused_by_its_name_at_once(
    api: Clients, ids: dict[str, str], document: Document, case: Case
) -> None:
    caller = api.admin if case.super_admin == 404 else api.super_admin
    for place, schema in document.leaves(document.body(case)):
        if schema["type"] == "object":
            value: Any = {f"k{i}": 1 for i in range(2_000)}
        elif schema["type"] == "array":
            value = [copy.deepcopy(_entry(document, schema))] * (schema["maxItems"] + 1)
        else:
            value = "a" + "\u0301" * (HUGE // 2) + "\u0323" * (HUGE // 2) + "@example.com"
        body = with_value(case.body, place, value)
        content = json.dumps(body, ensure_ascii=False).encode()
        with cpu() as spent:
            answer = caller.request(case.method, case.path.format(**ids), content=content)
        assert answer.status_code in {413, 422}, (place, answer.status_code, answer.text)
        if answer.status_code == 422:
            start = "/" + "/".join(map(str, place))
            assert any(
                e["pointer"].startswith(start.rstrip("/")) for e in problem(answer, 422)["errors"]
            ), (place, answer.text)
        assert spent.seconds < SECONDS, (place, spent.seconds)


def _entry(document: Document, schema: dict[str, Any]) -> Any:
    kind = document.follow(schema["items"])
    if kind.get("format") == "uuid":
        return "00000000-0000-4000-8000-0000000000c1"
    return {"date": "2026-03-01"} if kind["type"] == "object" else "ann@example.com"


@named(WITH_BODY)
@pytest.mark.usefixtures("fast_bcrypt")
def test_whatever_fits_into_a_field_is_answered_or_refused_at_once(
    api: Clients, ids: dict[str, str], document: Document, case: Case
) -> None:
    for place, schema in document.leaves(document.body(case)):
        if schema["type"] != "string":
            continue
        for what, text in nasty(schema.get("maxLength", 40)):
            content = json.dumps(with_value(case.body, place, text), ensure_ascii=False).encode()
            with cpu() as spent:
                answer = api.super_admin.request(
                    case.method, case.path.format(**ids), content=content
                )
            assert answer.status_code < 500, (place, what, answer.text)
            assert spent.seconds < SECONDS, (place, what, spent.seconds)


@pytest.mark.usefixtures("campaigns")
def test_a_thousand_nasty_recipients_are_refused_at_once(api: Clients) -> None:
    for what, text in nasty(320):
        with cpu() as spent:
            answer = api.admin.post(
                SCHEDULES, schedule_body(recipients=[f"{i}{text}"[:320] for i in range(1_000)])
            )
        assert answer.status_code in {413, 422}
        assert spent.seconds < SECONDS, (what, spent.seconds)


@named([case for case in [*CASES, *SUPER_ADMINS] if case.has_id])
def test_a_long_id_is_not_found_at_once(api: Clients, ids: dict[str, str], case: Case) -> None:
    with cpu() as spent:
        answer = call(api.super_admin, case, dict.fromkeys(ids, "9" * 5_000))
    problem(answer, 404)
    assert spent.seconds < SECONDS


def test_queries_that_are_too_long_are_refused_by_name(
    api: Clients, ids: dict[str, str], document: Document
) -> None:
    """Of every route: each parameter, one at a time."""
    for path, item in document.document["paths"].items():
        for method, operation in item.items():
            if method != "get" or (method.upper(), path) in PUBLIC:
                continue
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "query":
                    continue
                with cpu() as spent:
                    answer = api.super_admin.get(
                        path.format(**ids), params={parameter["name"]: "9" * 10_000}
                    )
                pointers = [e["pointer"] for e in problem(answer, 422)["errors"]]
                named_by = [pointer.removesuffix("/0") for pointer in pointers]  # of a list
                assert named_by == [f"/{parameter['name']}"], (path, answer.text)
                assert spent.seconds < SECONDS, (path, parameter["name"])


@pytest.mark.usefixtures("campaigns")
def test_others_write_while_somebody_sends_the_slowest_recipient(
    api: Clients, services: Services, cast: Cast, campaigns: dict[str, Campaign]
) -> None:
    """It was normalised within the write transaction: two seconds of CPU, and so many more for
    everyone else."""
    recipient = "a" + "\u0301" * 15_000 + "\u0323" * 15_000 + "@example.com"
    with cpu() as spent:
        answer = api.admin.post(SCHEDULES, schedule_body(recipients=[recipient]))
    assert problem(answer, 422)["errors"] == [
        {"pointer": "/recipients/0", "detail": "use at most 320 characters"}
    ]
    assert spent.seconds < SECONDS
