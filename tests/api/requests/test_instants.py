"""Instants of answers are in UTC, to the second."""

import re

import pytest

from tests.api.conftest import Clients
from tests.api.routes import CASES, call
from tests.doubles import FakeClock

READ = [case for case in CASES if case.method == "GET" and case.good == 200]
INSTANT = re.compile(r'"\d{4}-\d\d-\d\dT[^"]*"')


def test_no_answer_has_fractions_of_seconds(
    clock: FakeClock, request: pytest.FixtureRequest
) -> None:
    clock.advance(seconds=0.123456)
    api: Clients = request.getfixturevalue("api")
    ids: dict[str, str] = request.getfixturevalue("ids")
    seen = set[str]()
    for case in READ:
        if not case.path.endswith(("/file", "/csv")):
            seen.update(INSTANT.findall(call(api.admin, case, ids).text))
    assert len(seen) >= 3
    assert [at for at in seen if not re.fullmatch(r'"[-\d]{10}T[:\d]{8}Z"', at)] == []
