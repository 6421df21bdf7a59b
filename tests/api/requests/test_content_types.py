"""The Content-Type of a request body: JSON, or none."""

import json

import pytest

from tests.api.client import SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients

CONTENT = json.dumps(schedule_body()).encode()


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/merge-patch+json",
        None,
    ],
)
def test_json_is_read(api: Clients, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert api.admin.post(SCHEDULES, content=CONTENT, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/jsonx",
        "application/json, text/plain",
    ],
)
def test_another_kind_is_refused_and_the_answer_says_which_header_helps(
    api: Clients, kind: str
) -> None:
    answer = api.admin.post(SCHEDULES, content=CONTENT, headers={"Content-Type": kind})
    detail = problem(answer, 415, "unsupported_media_type")["detail"]
    assert "'Content-Type: application/json'" in detail
    assert answer.headers["accept"] == "application/json"


def test_a_patch_of_another_kind_is_told_which_is_taken(api: Clients) -> None:
    path = f"{SCHEDULES}/{api.admin.post(SCHEDULES, schedule_body()).json()['id']}"
    sent = {"Content-Type": "application/json-patch+json"}
    answer = api.admin.request("PATCH", path, content=b"[]", headers=sent)
    detail = problem(answer, 415, "unsupported_media_type")["detail"]
    assert "JSON Merge Patch" in detail
    assert "'Content-Type: application/merge-patch+json'" in detail


@pytest.mark.parametrize(
    ("content", "place"),
    [(b'{"name": "a" "b"}', "1, column 14"), (b'{"name":\n  x}', "2, column 3")],
)
def test_broken_json_is_told_its_place(api: Clients, content: bytes, place: str) -> None:
    (error,) = problem(api.admin.post(SCHEDULES, content=content), 422, "invalid")["errors"]
    assert error == {"pointer": "", "detail": f"is not valid JSON: see line {place}"}


def test_an_optional_body_that_is_not_there_has_no_kind(api: Clients) -> None:
    made = api.admin.post(SCHEDULES, schedule_body()).json()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}  # curl -d ''
    path = f"{SCHEDULES}/{made['id']}/trigger"
    assert api.admin.post(path, headers=headers).status_code == 202


def test_access_comes_before_the_kind(api: Clients) -> None:
    headers = {"Content-Type": "text/plain"}
    problem(api.anonymous.post(SCHEDULES, content=CONTENT, headers=headers), 401)
    problem(api.viewer.post(SCHEDULES, content=CONTENT, headers=headers), 403)
