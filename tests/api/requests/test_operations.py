"""Each operation in the OpenAPI document is complete: what generators of clients need, and what
people read. A new route fails here until it has all of it."""

import csv
import json
from collections import Counter
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import icalendar
import pytest
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from exports_app.api import request_body
from exports_app.api.definition_body import of_yaml
from exports_app.api.document import texts
from exports_app.api.document.conditions import CONDITIONAL
from exports_app.api.document.examples import REQUESTS
from exports_app.api.document.links import LINKS
from exports_app.api.document.operations import OPERATIONS, TAGS
from exports_app.services.audit.table import HEADER
from tests.api.conftest import Clients
from tests.api.routes import CASES, SUPER_ADMINS, call, scope_of

OPERATIONS_FILE = "exports_app/api/document/operations.py"
EXAMPLES_FILE = "exports_app/api/document/examples.py"
LINKS_FILE = "exports_app/api/document/links.py"
BASE = "urn:document"
FILES = ("/file", "/api/files/{delivery_id}")


@pytest.fixture
def document(api: Clients) -> dict[str, Any]:
    found: dict[str, Any] = api.anonymous.get("/api/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def mistakes(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry = Registry().with_resource(BASE, resource)  # type: ignore[var-annotated]
    absolute = _absolute(schema)
    validator = OAS31Validator(
        absolute, registry=registry, format_checker=OAS31Validator.FORMAT_CHECKER
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {k: BASE + v if k == "$ref" else _absolute(v) for k, v in node.items()}


def test_every_route_has_its_name(document: dict[str, Any]) -> None:
    unnamed = operations(document).keys() - OPERATIONS.keys()
    assert not unnamed, f"{sorted(unnamed)}: give each a name and its errors in {OPERATIONS_FILE}"
    gone = OPERATIONS.keys() - operations(document).keys()
    assert not gone, f"{sorted(gone)}: no such route, remove it from {OPERATIONS_FILE}"
    for route, operation in operations(document).items():
        assert operation["operationId"] == OPERATIONS[route].name
    twice = [name for name, n in Counter(o.name for o in OPERATIONS.values()).items() if n > 1]
    assert not twice, f"{twice}: names must be unique"


def test_every_tag_is_described(document: dict[str, Any]) -> None:
    used = {tag for operation in operations(document).values() for tag in operation["tags"]}
    assert used == TAGS.keys(), f"describe each tag in {OPERATIONS_FILE}"
    assert [tag["name"] for tag in document["tags"]] == list(TAGS)


def test_every_body_has_an_example_that_the_server_takes(document: dict[str, Any]) -> None:
    for model in request_body.documented():
        assert model.__name__ in REQUESTS, f"{model.__name__}: add an example to {EXAMPLES_FILE}"
        request_body.parse(model, json.dumps(REQUESTS[model.__name__]).encode())
    known = {model.__name__ for model in request_body.documented()}
    assert REQUESTS.keys() == known, f"remove those that no route has from {EXAMPLES_FILE}"


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    seen, wrong = 0, []
    for route, operation in operations(document).items():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *operation["responses"].values()]:
            for media in body.get("content", {}).values():
                given = [media["example"]] if "example" in media else []
                seen += len(given)
                for example in given:
                    wrong += [f"{route}: {m}" for m in mistakes(document, media["schema"], example)]
    for code, example in document["components"]["examples"].items():
        schema = {"$ref": "#/components/schemas/Problem"}
        wrong += [f"{code}: {m}" for m in mistakes(document, schema, example["value"])]
    assert seen > len(OPERATIONS)
    assert not wrong, f"correct them in {EXAMPLES_FILE}"


def test_every_body_and_answer_has_an_example(document: dict[str, Any]) -> None:
    bare = []
    for route, operation in operations(document).items():
        of = operation["responses"] | {"body": operation.get("requestBody", {})}
        for status in of.keys() - {"206", "default"}:  # a part of a file, and any other error
            for kind, media in of[status].get("content", {}).items():
                if kind not in texts.BINARY and not media.keys() & {"example", "examples"}:
                    bare.append(f"{route} {status} {kind}")
    assert not bare, f"add an example to {EXAMPLES_FILE} or texts.py"


def test_examples_of_texts_are_what_they_say(api: Clients, document: dict[str, Any]) -> None:
    by_name = {one["operationId"]: one for one in operations(document).values()}

    def answered(name: str, kind: str) -> str:
        text: str = by_name[name]["responses"]["200"]["content"][kind]["example"]
        return text

    calendar = icalendar.Calendar.from_ical(answered("readCalendar", "text/calendar"))
    assert [event["SUMMARY"] for event in calendar.walk("VEVENT")] == ["Weekly performance"]
    feed = feedparser.parse(answered("readRunFeed", "application/atom+xml"))
    assert (feed.bozo, len(feed.entries)) == (False, 1)
    first, *entries = csv.reader(answered("downloadAudit", "text/csv").splitlines())
    assert (tuple(first), [len(entry) for entry in entries]) == (HEADER, [len(HEADER)])
    definition = of_yaml(answered("exportDefinition", "application/yaml").encode()).definition
    assert [one["slug"] for one in definition.schedules] == ["weekly-performance"]
    ET.fromstring(answered("downloadRunFile", "application/xml"))
    imports = by_name["importCampaigns"]["requestBody"]["content"]
    assert imports.keys() - texts.BINARY == texts.IMPORTS.keys()
    for kind, text in texts.IMPORTS.items():
        answer = api.admin.request(
            "POST",
            "/api/campaigns/import",
            content=text.encode(),
            headers={"Content-Type": kind},
            params={"dryRun": "true"},
        )
        assert answer.status_code == 200, answer.text


def test_errors_are_named_by_status_with_their_codes(document: dict[str, Any]) -> None:
    for route, operation in operations(document).items():
        errors = {s: r for s, r in operation["responses"].items() if s[0] in "45"}
        errors.pop("416", None)  # has no body
        assert "503" in errors, route
        assert ("401" in errors) >= bool(operation.get("security")), route
        assert ("404" in errors) >= ("{" in route), route
        assert ({"413", "415", "422"} <= errors.keys()) >= ("requestBody" in operation), route
        for status, response in errors.items():
            for code in response["content"]["application/problem+json"]["examples"]:
                value = document["components"]["examples"][code]["value"]
                assert (value["code"], value["status"]) == (code, int(status)), route


def test_headers_are_described(document: dict[str, Any]) -> None:
    def headers(name: str, status: str) -> set[str]:
        route = next(r for r, o in OPERATIONS.items() if o.name == name)
        return set(operations(document)[route]["responses"][status].get("headers", {}))

    assert "Location" in headers("createSchedule", "201")
    assert "Location" in headers("triggerSchedule", "202")
    assert "Link" in headers("listSchedules", "200")
    assert {"ETag", "Content-Disposition"} <= headers("downloadRunFile", "200")
    assert "WWW-Authenticate" in headers("getMe", "401")
    assert "Retry-After" in headers("getMe", "429")
    assert "Retry-After" in headers("getMe", "503")


def test_schemas_have_names_of_their_own(document: dict[str, Any]) -> None:
    """Where two have the same, both get the names of their modules, and generators fail."""
    assert not [name for name in document["components"]["schemas"] if "__" in name]


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    """In whole sentences, which say more than its title."""
    for route, operation in operations(document).items():
        said = operation.get("description", "")
        assert said.endswith("."), f"{route}: give its function a docstring"
        assert said.rstrip(".") != operation["summary"], f"{route} only repeats its title"


def test_links_lead_from_an_answer_to_an_operation(document: dict[str, Any]) -> None:
    every = operations(document)
    by_name = {operation["operationId"]: operation for operation in every.values()}
    linked = set()
    for route, operation in every.items():
        for status, response in operation["responses"].items():
            made = response.get("links", {})
            assert made or status != "201", f"{route}: link it in {LINKS_FILE}"
            for link in made.values():
                linked.add(operation["operationId"])
                target = by_name[link["operationId"]]
                needed = {p["name"] for p in target["parameters"] if p["in"] == "path"}
                assert link["parameters"].keys() == needed, f"{route}: {link}"
                for value in link["parameters"].values():
                    where, _, name = value.partition("#/")
                    if where == "$response.body":
                        body = response["content"]["application/json"]["example"]
                        assert isinstance(body[name], str), f"{route}: {value}"
                    else:
                        assert "{" + value.removeprefix("$request.path.") + "}" in route
    assert linked == LINKS.keys()


def test_conditional_requests_are_described(document: dict[str, Any]) -> None:
    for route, operation in operations(document).items():
        answered = operation["responses"]
        headers = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
        is_file = "206" in answered
        is_tagged = not CONDITIONAL.isdisjoint(answered.get("200", {}).get("content", {}))
        reads = route.startswith("GET") and (is_tagged or is_file)
        assert ("If-None-Match" in headers) == ("304" in answered) == reads, route
        assert ("If-Match" in headers) == ("412" in answered), route
        if reads or is_file:
            assert "ETag" in answered["200"]["headers"], route
        assert is_file == ("416" in answered) == route.endswith(FILES), route


def test_changes_have_no_defaults(document: dict[str, Any]) -> None:
    """A generated client would send them, and so change what its caller did not name."""
    for route, operation in operations(document).items():
        if route.startswith(("PUT", "PATCH")) and "requestBody" in operation:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = document["components"]["schemas"][reference.rpartition("/")[2]]
            assert not [n for n, f in schema["properties"].items() if "default" in f], route


def test_types_are_said_exactly(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["RunOut"]["properties"]
    assert fields["id"] == {"type": "string", "format": "uuid"}
    assert fields["startedAt"] == {"type": ["string", "null"], "format": "date-time"}
    assert "completed" in fields["status"]["enum"]
    options = document["components"]["schemas"]["ScheduleIn"]["properties"]
    assert (options["linkDays"]["minimum"], options["linkDays"]["maximum"]) == (1, 365)
    assert options["overlap"]["enum"] == ["skip", "queue_one", "allow"]
    assert "csv" in options["format"]["enum"]
    assert options["recipients"]["items"]["format"] == "email"


def test_what_every_route_answers_is_described(
    api: Clients, document: dict[str, Any], ids: dict[str, str]
) -> None:
    """Statuses, types of content and bodies of good calls, and of what follows from those before
    them."""
    wrong = []
    for case in sorted(CASES, key=lambda case: (case.method != "GET", case.method == "DELETE")):
        answer = call(api.admin, case, ids)
        described = document["paths"][case.path][case.method.lower()]["responses"]
        where = f"{case.method} {case.path}: {answer.status_code}"
        assert str(answer.status_code) in described, where
        content = described[str(answer.status_code)].get("content", {})
        kind = answer.headers.get("content-type", "").partition(";")[0]
        assert kind in content if answer.status_code != 204 else not content, f"{where} {kind}"
        if answer.content and kind.endswith("json") and (schema := content[kind]["schema"]):
            wrong += [f"{where} {m}" for m in mistakes(document, schema, answer.json())]
    assert not wrong


def test_who_is_refused_is_named_exactly(document: dict[str, Any]) -> None:
    """That nothing lacks is compared at every call of the tests (`tests/api/documented.py`)."""
    of_anyone = {"/api/auth/me", "/api/catalog"}
    for case in [*CASES, *SUPER_ADMINS]:
        answered = document["paths"][case.path][case.method.lower()]["responses"]
        content = answered.get("403", {}).get("content", {}).get("application/problem+json", {})
        named = set(content.get("examples", {})) & {"insufficient_scope", "key_not_allowed"}
        by_person = case not in SUPER_ADMINS and scope_of(case) is None
        if case.path.endswith("/quotas") or (scope_of(case) and case.path not in of_anyone):
            assert named == {"insufficient_scope"}, case
        else:
            assert named == ({"key_not_allowed"} if by_person else set()), case
        if case.path.startswith(("/api/account", "/api/runs", "/api/users", "/api/mail")):
            assert "forbidden" not in content.get("examples", {}), case
