"""Parameters of the query: those of the route only, each once, whatever they hold."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.client import SCHEDULES, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.routes import CASES, PUBLIC, SUPER_ADMINS, call

EXAMPLES = 15


def get_routes(api: Clients) -> dict[str, dict[str, Any]]:
    """The parameters of the query of each GET route that takes some, by its path."""
    paths = api.anonymous.get("/api/openapi.json").json()["paths"]
    found = {
        path: {p["name"]: p for p in item["get"].get("parameters", ()) if p["in"] == "query"}
        for path, item in paths.items()
        if "get" in item and path.startswith("/api") and "/files/" not in path
    }
    return {path: parameters for path, parameters in found.items() if parameters}


def test_one_that_a_route_does_not_have_is_refused(api: Clients, ids: dict[str, str]) -> None:
    for case in CASES + SUPER_ADMINS:
        answer = call(api.super_admin, case, ids, params={"isactive": "true"})
        assert pointers(answer) == ["/isactive"], case
        assert call(api.anonymous, case, ids, params={"isactive": "true"}).status_code == 401


def test_routes_without_sign_in_refuse_it_too_but_for_probes_and_links_of_emails(
    api: Clients,
) -> None:
    for method, path in sorted(PUBLIC):
        answer = api.anonymous.request(method, path, params={"utm_source": "x"})
        if method == "POST" or path.startswith("/api/problems"):
            assert pointers(answer) == ["/utm_source"], path
        else:
            assert answer.status_code in {200, 404}, path


def test_one_that_is_given_twice_is_refused(api: Clients) -> None:
    answer = api.admin.get(SCHEDULES, params=[("q", "a"), ("size", "2"), ("q", "b")])
    assert pointers(answer) == ["/q"]


def test_those_that_are_refused_are_in_their_order(api: Clients) -> None:
    names = [f"no{number}" for number in range(9, 0, -1)]
    answer = api.admin.get(SCHEDULES, params=dict.fromkeys(names, "x"))
    assert pointers(answer) == [f"/{name}" for name in names]


def test_what_is_refused_says_which_there_are_and_repeats_no_more_than_it_must(
    api: Clients,
) -> None:
    params = {"x" * 5_000: "", **{f"y{i}": "" for i in range(200)}}
    answer = api.admin.get(SCHEDULES, params=params)
    assert len(pointers(answer)) <= 50
    assert "use cursor, exportType" in answer.text
    assert len(answer.content) < 20_000


@pytest.mark.parametrize("name", ["page", "cursor"])
def test_no_list_reads_far_away_or_a_cursor_of_another_one(
    api: Clients, ids: dict[str, str], name: str
) -> None:
    lists = {path: p for path, p in get_routes(api).items() if name in p}
    assert len(lists) >= 5
    for path in lists:
        value = {"page": "20000", "cursor": "AAAA"}[name]
        answer = api.super_admin.get(path.format(**ids), params={name: value})
        assert pointers(answer) == [f"/{name}"], path


@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_value_is_answered_or_refused_by_name(
    api: Clients, ids: dict[str, str], data: st.DataObject
) -> None:
    for path, parameters in get_routes(api).items():
        names = st.sets(st.sampled_from(sorted(parameters)), max_size=3)
        values = {name: data.draw(_values(parameters[name])) for name in data.draw(names)}
        answer = api.super_admin.get(path.format(**ids), params=values)
        assert answer.status_code in {200, 404, 422}, (path, values, answer.text)
        if answer.status_code == 422:
            refused = {pointer.strip("/").partition("/")[0] for pointer in pointers(answer)}
            assert refused <= set(parameters), (path, values, answer.text)


def _values(parameter: dict[str, Any]) -> st.SearchStrategy[str]:
    """Text of any kind, and what is near to what the document says."""
    shapes = parameter["schema"].get("anyOf", [parameter["schema"]])
    near: list[st.SearchStrategy[str]] = [st.text(max_size=30), st.sampled_from(["", "0", "null"])]
    for shape in shapes:
        if shape.get("type") == "integer":
            edges = (shape.get("minimum", 0), shape.get("maximum", 2**63))
            near.append(st.integers(edges[0] - 1, edges[1] + 1).map(str))
        elif shape.get("format") == "uuid":
            near.append(st.uuids().map(str))
        elif "date" in shape.get("format", ""):
            near.append(st.datetimes().map(lambda at: f"{at.isoformat()}Z"))
            near.append(st.dates().map(str))
        elif shape.get("type") == "boolean":
            near.append(st.sampled_from(["true", "false"]))
    return st.one_of(near)


def test_a_wrong_one_is_named_apart_from_the_fields_of_the_body(
    api: Clients, schedule: dict[str, Any]
) -> None:
    path = f"{SCHEDULES}/{schedule['id']}/trigger"
    key = {"Idempotency-Key": "é".encode("latin1")}
    for answer, name in (
        (api.admin.get(SCHEDULES, params={"size": "0"}), "size"),
        (api.admin.get(SCHEDULES, params={"sort": "x"}), "sort"),
        (api.admin.post(path, params={"wait": "x"}), "wait"),
        (api.admin.post(path, params={"wit": "1"}), "wit"),
        (api.admin.post(path, headers=key), "Idempotency-Key"),
        (api.admin.post("/api/campaigns/import", params={"column": "x"}), "column"),
    ):
        (error,) = problem(answer, 422, "invalid")["errors"]
        assert (error["parameter"], error["pointer"].split("/")[1]) == (name, name)
    (error,) = problem(api.admin.post(path, {"recipients": 5}), 422)["errors"]
    assert "parameter" not in error


def test_a_misspelt_one_is_told_which_may_be_meant(api: Clients) -> None:
    answer = api.admin.get(SCHEDULES, params={"isactive": "true", "zzz": "1"})
    misspelt, other = problem(answer, 422)["errors"]
    assert ": did you mean `isActive`? use " in misspelt["detail"]
    assert "did you mean" not in other["detail"]


def test_a_misspelt_field_is_told_which_may_be_meant_with_all_else_that_is_wrong(
    api: Clients,
) -> None:
    body = schedule_body() | {"replyto": "a@example.com", "zzz": 1, "name": 5}
    body["filters"] = {"groupby": "day"}
    errors = problem(api.admin.post(SCHEDULES, body), 422)["errors"]
    details = {error["pointer"]: error["detail"] for error in errors}
    assert details == {
        "/name": "must be text",
        "/filters/groupby": "is unknown: did you mean `groupBy`? If not, leave it out",
        "/replyto": "is unknown: did you mean `replyTo`? If not, leave it out",
        "/zzz": "is unknown or read-only: leave it out",
    }
