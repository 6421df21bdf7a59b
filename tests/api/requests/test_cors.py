"""Which pages of other sites may call the API, and what a browser lets them send and read."""

from typing import Any

import pytest
from pydantic import ValidationError

from exports_app.api.middleware.cors import MAY_BE_READ, MAY_BE_SENT
from exports_app.settings import Settings
from tests.api.client import SCHEDULES, problem
from tests.api.conftest import Clients

SITE = "https://dashboard.example.com"
ASKED = "access-control-request-method"
ALWAYS_READ = {"Cache-Control", "Content-Length", "Content-Type", "Expires", "Last-Modified"}
"""Response headers that every page may read (the Fetch standard)."""


def names(answer: Any) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control")}


class TestWithASite:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"cors_origins": (SITE,)})

    def test_its_preflight_names_what_may_be_sent(
        self, api: Clients, schedule: dict[str, Any]
    ) -> None:
        path = f"{SCHEDULES}/{schedule['id']}"
        asked = {"Origin": SITE, ASKED: "PUT", "Access-Control-Request-Headers": "authorization"}
        answer = api.anonymous.request("OPTIONS", path, headers=asked)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == SITE
        methods = answer.headers["access-control-allow-methods"].split(", ")
        assert {"GET", "HEAD", "PUT", "DELETE"} <= {*methods}
        sent = answer.headers["access-control-allow-headers"].split(", ")
        assert {"Authorization", "Content-Type", "Idempotency-Key", "If-Match"} <= {*sent}
        assert int(answer.headers["access-control-max-age"]) == 7200
        assert "access-control-allow-credentials" not in answer.headers

    def test_it_reads_answers_and_errors(self, api: Clients) -> None:
        found = api.admin.get(SCHEDULES, headers={"Origin": SITE})
        assert found.status_code == 200
        refused = api.anonymous.get(SCHEDULES, headers={"Origin": SITE})
        problem(refused, 401)
        absent = api.anonymous.request(
            "OPTIONS", "/api/nope", headers={"Origin": SITE, ASKED: "GET"}
        )
        problem(absent, 404)
        for answer in (found, refused, absent):
            assert answer.headers["access-control-allow-origin"] == SITE
            assert "ETag" in answer.headers["access-control-expose-headers"].split(", ")
            assert "Origin" in answer.headers["vary"]

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", f"{SITE}.evil.example", f"{SITE}:8443", "http" + SITE[5:], "null"],
    )
    def test_others_get_the_same_without_it(self, api: Clients, origin: str) -> None:
        asked = {"Origin": origin, ASKED: "GET"}
        for method, status in (("OPTIONS", 204), ("GET", 200)):
            answer = api.admin.request(method, SCHEDULES, headers=asked)
            assert (answer.status_code, names(answer)) == (status, set())
            assert "Origin" in answer.headers["vary"]

    def test_only_the_api_is_meant(self, api: Clients) -> None:
        answer = api.anonymous.get("/.well-known/security.txt", headers={"Origin": SITE})
        assert names(answer) == set()


def test_without_a_site_no_page_is_allowed(api: Clients) -> None:
    for method in ("OPTIONS", "GET"):
        answer = api.admin.request(method, SCHEDULES, headers={"Origin": SITE, ASKED: "GET"})
        assert names(answer) == set()


def test_all_headers_of_the_document_may_be_sent_and_read(api: Clients) -> None:
    document = api.anonymous.get("/api/openapi.json").json()
    sent, read = set(), set()
    for item in document["paths"].values():
        for operation in item.values():
            sent |= {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
            for answer in operation["responses"].values():
                read |= {*answer.get("headers", {})}
    assert len(sent) > 2
    assert len(read) > 5
    assert sent <= {*MAY_BE_SENT}
    assert read <= {*MAY_BE_READ} | ALWAYS_READ


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        (
            "https://A.example, http://localhost:5173",
            ("https://a.example", "http://localhost:5173"),
        ),
        ("https://a.example:443 http://[::1]:80", ("https://a.example", "http://[::1]")),
    ],
)
def test_the_setting_is_read_as_browsers_send_it(text: str, origins: tuple[str, ...]) -> None:
    assert Settings.model_validate({"cors_origins": text}).cors_origins == origins


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("*", "every site"),
        ("https://*.example.com", "every site"),
        ("http://a.example", "must be https"),
        ("https://a.example/", "without a path"),
        ("https://user@a.example", "without a path"),
        ("a.example", "addresses of sites"),
        ("null", "addresses of sites"),
        ("https://a.example:0", "addresses of sites"),
    ],
)
def test_a_site_that_cannot_be_one_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Settings.model_validate({"cors_origins": text})
