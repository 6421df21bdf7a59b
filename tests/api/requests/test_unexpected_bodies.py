"""A body where the route takes none would be ignored: it is refused."""

import pytest

from tests.api.client import SCHEDULES, problem
from tests.api.conftest import Clients
from tests.api.routes import CASES, SUPER_ADMINS, call

BODILESS = [c for c in CASES + SUPER_ADMINS if c.body is None and not c.takes_file]


def test_every_route_that_takes_no_body_refuses_one(api: Clients, ids: dict[str, str]) -> None:
    for case in BODILESS:
        answer = call(api.super_admin, case, ids, json={"test": True})
        (error,) = problem(answer, 422, "unexpected_body")["errors"]
        assert error["pointer"] == "", case
        assert call(api.anonymous, case, ids, json={"test": True}).status_code == 401, case


@pytest.mark.parametrize("content", [b"{}", b" { }\r\n", b"  ", b""])
def test_an_empty_one_is_none(api: Clients, content: bytes) -> None:
    for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
        answer = api.admin.request("GET", SCHEDULES, content=content, headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize("content", [b"[]", b"null", b"{}{}", b" " * 65, b"x" * 100_000])
def test_anything_else_is_one_and_is_not_read_on(api: Clients, content: bytes) -> None:
    answer = api.admin.request("GET", SCHEDULES, content=content)
    problem(answer, 422, "unexpected_body")
    assert answer.headers["connection"] == "close"
