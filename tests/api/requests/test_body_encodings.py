"""The encoding of a request body: UTF-8, with or without a byte order mark, and not compressed."""

import codecs
import gzip
import json

import pytest

from tests.api.client import SCHEDULES, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.world import PASSWORD, Cast

LOGIN = "/api/auth/login"


def body_of(cast: Cast) -> str:
    return json.dumps({"email": cast.admin.user.email, "password": PASSWORD})


def test_a_byte_order_mark_before_utf_8_is_passed_over(api: Clients, cast: Cast) -> None:
    content = codecs.BOM_UTF8 + body_of(cast).encode()
    assert api.anonymous.post(LOGIN, content=content).status_code == 200


@pytest.mark.parametrize(
    ("codec", "named"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("utf-32-le", "UTF-32"),
        ("utf-32-be", "UTF-32"),
    ],
)
def test_another_encoding_of_unicode_is_named(
    api: Clients, cast: Cast, codec: str, named: str
) -> None:
    answer = api.anonymous.post(LOGIN, content=body_of(cast).encode(codec))
    (error,) = problem(answer, 422, "invalid")["errors"]
    assert error == {"pointer": "", "detail": f"is in {named}: send JSON in UTF-8"}


@pytest.mark.parametrize("text", ["", "{}", "5", '"', "\0", "[\0]"])
def test_what_is_too_short_to_have_an_encoding_is_no_json(api: Clients, text: str) -> None:
    assert pointers(api.anonymous.post(LOGIN, content=text.encode()))


@pytest.mark.parametrize("coding", ["gzip", "br", "x-unknown", "gzip, identity"])
def test_a_compressed_body_is_refused_unread(api: Clients, cast: Cast, coding: str) -> None:
    content = gzip.compress(body_of(cast).encode())
    answer = api.anonymous.post(LOGIN, content=content, headers={"Content-Encoding": coding})
    assert "Content-Encoding" in problem(answer, 415, "unsupported_content_encoding")["detail"]
    assert answer.headers["accept-encoding"] == "identity"


def test_identity_is_no_compression(api: Clients, cast: Cast) -> None:
    headers = {"Content-Encoding": "Identity"}
    answer = api.anonymous.post(LOGIN, content=body_of(cast).encode(), headers=headers)
    assert answer.status_code == 200


def test_access_comes_before_the_encoding(api: Clients) -> None:
    headers = {"Content-Encoding": "gzip"}
    problem(api.anonymous.post(SCHEDULES, schedule_body(), headers=headers), 401)
    problem(api.viewer.post(SCHEDULES, schedule_body(), headers=headers), 403)
    problem(api.admin.post(SCHEDULES, schedule_body(), headers=headers), 415)
