"""The pages that `type` of a problem names."""

import json

import pytest

from exports_app.api import problems
from exports_app.api.causes import CAUSES, PATH
from exports_app.domain.timing.cron_grammar import CronError
from tests.api.client import problem
from tests.api.conftest import Clients

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_each_code_is_explained_without_sign_in(api: Clients) -> None:
    listed = api.anonymous.get(PATH)
    assert [item["code"] for item in listed.json()["items"]] == list(CAUSES)
    for item in listed.json()["items"]:
        one = api.anonymous.get(item["type"])
        assert (one.status_code, one.json()) == (200, item)
        assert all(item[name] for name in ("title", "status", "explanation", "fix"))


def test_the_type_of_a_problem_leads_to_its_page(api: Clients) -> None:
    refused = problem(api.anonymous.get("/api/auth/me"), 401, "unauthenticated")
    page = api.anonymous.get(refused["type"]).json()
    assert (page["title"], page["status"]) == (refused["title"], refused["status"])


@pytest.mark.parametrize("path", [PATH, f"{PATH}/version_conflict"])
def test_browsers_get_a_page(api: Clients, path: str) -> None:
    page = api.anonymous.get(path, headers=PAGE)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert CAUSES["version_conflict"].title in page.text
    for answer in (page, api.anonymous.get(path)):
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert answer.headers["vary"].split(", ")[0] == "Accept"


def test_an_error_of_a_rule_is_invalid_input() -> None:
    """It has a code for other places than the API."""
    answer = problems.of(CronError("There is no such day"))
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["code"]) == (422, "invalid")
    assert body["errors"] == [{"pointer": "", "detail": "There is no such day"}]


def test_a_code_that_does_not_exist_is_not_found(api: Clients) -> None:
    for path in ("nope", "VERSION_CONFLICT", "%3Cb%3E", "a%0Ab"):
        problem(api.anonymous.get(f"{PATH}/{path}"), 404)
