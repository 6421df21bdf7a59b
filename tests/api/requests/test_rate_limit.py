"""The limit of calls: whose calls count together, and what answers tell of it."""

import re
from typing import Any

import pytest

from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, Api, problem
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme, own
from tests.world import Cast

ME = "/api/auth/me"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"rate_limit_api": "5/minute"})


def left(answer: Any) -> tuple[str, int]:
    """The policy and the calls that are left."""
    found = re.fullmatch(r'"(\w+)";r=(\d);t=(\d+)', answer.headers["ratelimit"])
    assert found, answer.headers
    assert 1 <= int(found[3]) <= 60
    assert answer.headers["ratelimit-policy"] == f'"{found[1]}";q=5;w=60'
    return found[1], int(found[2])


def test_answers_tell_how_many_calls_are_left(api: Clients) -> None:
    first = api.admin.get(ME)
    answers = [first, api.admin.get(ME, headers={"If-None-Match": first.headers["etag"]})]
    answers += [api.admin.request("HEAD", ME), api.admin.get(f"{CAMPAIGNS}?size=0")]
    answers.append(api.admin.delete(f"{CAMPAIGNS}/nope"))
    assert [answer.status_code for answer in answers] == [200, 304, 200, 422, 404]
    assert [left(answer) for answer in answers] == [("user", n) for n in (4, 3, 2, 1, 0)]
    refused = api.admin.get(ME)
    problem(refused, 429, "rate_limited")
    assert left(refused) == ("user", 0)
    assert refused.headers["ratelimit"].endswith(f"t={refused.headers['retry-after']}")
    assert left(api.viewer.get(ME)) == ("user", 4)


def test_only_those_whose_calls_count_are_told(api: Clients) -> None:
    for answer in (api.anonymous.get(ME), api.anonymous.get("/api/live"), api.admin.get("/api/x")):
        assert not {"ratelimit", "ratelimit-policy"} & {*answer.headers}


def test_a_persons_keys_count_as_the_person(api: Clients, services: Services, cast: Cast) -> None:
    callers = [api.admin, *(own(services, api, cast.admin) for _ in "ab")]
    assert [left(caller.get(ME)) for caller in callers] == [("user", n) for n in (4, 3, 2)]


def test_each_key_of_a_tenant_counts_by_itself(
    api: Clients, services: Services, cast: Cast
) -> None:
    keys: list[Api] = [of_acme(services, api, cast) for _ in "ab"]
    assert [left(key.get(ME)) for key in [*keys, keys[0]]] == [("key", n) for n in (4, 4, 3)]


def test_the_document_names_the_headers(api: Clients) -> None:
    document = api.anonymous.get("/api/openapi.json").json()
    assert {"RateLimit", "RateLimit-Policy"} <= {*document["components"]["headers"]}
    answers = document["paths"][CAMPAIGNS]["get"]["responses"]
    assert {"RateLimit", "RateLimit-Policy", "ETag", "Link"} == {*answers["200"]["headers"]}
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} == {*answers["429"]["headers"]}
    sign_in = document["paths"]["/api/auth/login"]["post"]["responses"]
    assert "RateLimit" not in sign_in["200"].get("headers", {})
