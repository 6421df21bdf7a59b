"""No body of any route holds Python's lock: a thread that parses for long in one call keeps the
event loop from everyone."""

import json
from collections.abc import Iterator

import pytest

from tests.api.client import CAMPAIGNS, SCHEDULES
from tests.api.conftest import Clients
from tests.api.routes import CASES, KIB, SUPER_ADMINS, Case
from tests.gilwatch import watched

MOST = 0.25
"""Seconds of CPU in one call. 8 MiB of unknown fields took more than five."""
STRANGERS = [
    Case("POST", f"/api/{path}", 422, {"email": "a"}, limit=8 * KIB)
    for path in (
        "auth/login",
        "auth/forgot-password",
        "auth/reset-password",
        "invitations/look",
        "invitations/accept",
    )
]
WITH_BODY = [case for case in [*CASES, *SUPER_ADMINS, *STRANGERS] if case.body is not None]


def numbered(limit: int) -> Iterator[bytes]:
    return (b'"%x":1' % i for i in range(limit // 12))


def worst(case: Case) -> Iterator[tuple[str, bytes]]:
    """The bodies that cost most in one call, by name: as large as the route takes them."""
    field, room = next(iter(case.body)).encode(), case.limit - 64
    yield "unknown fields", b"{" + b",".join(numbered(room)) + b"}"
    yield "unknown fields below", b'{"' + field + b'":{' + b",".join(numbered(room)) + b"}}"
    yield "numbers", b'{"' + field + b'":[' + b"1," * (room // 2) + b"1]}"
    yield "empty rows", b'{"' + field + b'":[' + b"{}," * (room // 3) + b"{}]}"
    wrong = b'{"date":1,"impressions":"a","a":1,"b":1,"c":1}'
    yield (
        "wrong rows",
        b'{"' + field + b'":[' + b",".join([wrong] * (room // (len(wrong) + 1))) + b"]}",
    )
    yield "texts in a row", b'"a"' * (room // 3)
    yield "escapes", b'{"' + field + b'":"' + b"\\n" * (room // 2) + b'"}'
    yield "an open text", b'{"' + field + b'":"' + b"\\n" * (room // 2)
    yield "levels", b"[" * room


@pytest.mark.parametrize(
    "case", WITH_BODY, ids=lambda c: f"{c.method} {c.path.removeprefix('/api')}"
)
def test_the_worst_bodies_let_others_run(api: Clients, ids: dict[str, str], case: Case) -> None:
    path = case.path.format(**ids)
    api.super_admin.request(
        case.method, path, content=b"{}"
    )  # what is made once, at the first request
    for what, content in worst(case):
        assert len(content) <= case.limit
        with watched() as watch:
            answer = api.super_admin.request(case.method, path, content=content)
        assert answer.status_code in {404, 409, 422}, (what, answer.text)
        assert watch.longest < MOST, (what, watch.longest)


def test_ten_thousand_wrong_days_let_others_run(api: Clients, ids: dict[str, str]) -> None:
    wrong = json.dumps(
        {"items": [{"date": 1, "spend": "x", "a": 1, "b": 1, "c": 1, "d": 1}] * 10_000}
    ).encode()
    with watched() as watch:
        answer = api.super_admin.request(
            "POST", f"{CAMPAIGNS}/{ids['campaign_id']}/metrics", content=wrong
        )
    assert {e["pointer"].split("/")[2] for e in answer.json()["errors"]} == {"0"}
    assert watch.longest < MOST


@pytest.mark.parametrize("case", STRANGERS, ids=lambda c: c.path)
def test_a_strangers_body_is_small(api: Clients, case: Case) -> None:
    assert api.anonymous.request("POST", case.path, content=b" " * 9 * KIB).status_code == 413


@pytest.mark.parametrize(
    ("content", "pointer", "words"),
    [
        ({"filters": {f"k{i}": 1 for i in range(65)}}, "/filters", "more than 64 fields"),
        ({"recipients": ["a@example.com"] * 6_000}, "/recipients", "too many values"),
        ({"description": "x" * 70_000}, "/description", "a text of more than 64 KiB"),
        ({"filters": json.loads("[" * 16 + "]" * 16)}, "", "more than 16 levels"),
    ],
)
def test_the_refusal_names_the_place(
    api: Clients, content: object, pointer: str, words: str
) -> None:
    (error,) = api.admin.post(SCHEDULES, content).json()["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]
