"""The OpenAPI document and its pages."""

import json
import re
from typing import Any

import pytest

from tests.api.conftest import Clients
from tests.api.routes import PUBLIC


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [v for k, v in node.items() if k == "$ref"] + [
            r for v in node.values() for r in references(v)
        ]
    return [r for v in node for r in references(v)] if isinstance(node, list) else []


WITHOUT_BODY = (
    "/restore",
    "/cancel",
    "/retry",
    "/give-up",
    "/resend",
    "/accept-unknown",
    "/revoke-links",
    "/sign-out-everywhere",
    "}/reset-password",
    "/rotate-secret",
    "}/test",
    "/redeliver",
)


class TestTheDocumentation:
    @pytest.fixture
    def document(self, api: Clients) -> dict[str, Any]:
        answer = api.anonymous.get("/api/openapi.json")
        assert answer.headers["content-type"] == "application/json"
        document: dict[str, Any] = answer.json()
        return document

    def test_every_reference_leads_somewhere(self, document: dict[str, Any]) -> None:
        found = references(document)
        assert found
        for reference in found:
            node = document
            for step in reference.removeprefix("#/").split("/"):
                node = node[step]

    def test_gives_every_operation_a_title_of_its_own(self, document: dict[str, Any]) -> None:
        """Without one, FastAPI takes the name of the function: there are many "Get"."""
        operations = [o for item in document["paths"].values() for o in item.values()]
        assert operations
        for operation in operations:
            function = operation["operationId"].partition("_api_")[0]
            assert operation["summary"] != function.replace("_", " ").title()

    def test_names_what_every_operation_takes_and_answers(self, document: dict[str, Any]) -> None:
        names = []
        for path, item in document["paths"].items():
            for method, operation in item.items():
                names.append(operation["operationId"])
                where = f"{method} {path}"
                held = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
                assert held == set(re.findall(r"\{(\w+)\}", path)), where
                if method == "put" or (method == "post" and not path.endswith(WITHOUT_BODY)):
                    content = operation["requestBody"]["content"]
                    assert ("application/json" in content) != path.endswith("/import"), where
                    assert all("schema" in media for media in content.values()), where
                # Accepting an invitation takes a token or a password
                open_to_all = (method.upper(), path) in PUBLIC and path != "/api/invitations/accept"
                assert bool(operation.get("security")) == (not open_to_all), where
                assert any(status.startswith("2") for status in operation["responses"]), where
        assert len(names) == len(set(names))

    def test_errors_are_described_as_they_are(self, document: dict[str, Any]) -> None:
        assert set(document["components"]["schemas"]["Problem"]["properties"]) == {
            "type", "title", "status", "detail", "code", "errors"
        }  # fmt: skip
        for path, item in document["paths"].items():
            for operation in item.values():
                assert "application/problem+json" in operation["responses"]["default"]["content"], (
                    path
                )
        assert "HTTPValidationError" not in json.dumps(document)

    def test_bodies_are_described_in_the_words_of_the_json(self, document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        assert set(schemas["ScheduleIn"]["required"]) == {
            "name",
            "exportType",
            "format",
            "schedule",
        }
        assert schemas["ScheduleIn"]["additionalProperties"] is False
        assert {"startDate", "endDate", "period", "campaignIds", "groupBy"} == set(
            schemas["FiltersIn"]["properties"]
        )

    def test_the_page_loads_nothing_from_another_host_and_has_no_inline_script(
        self, api: Clients
    ) -> None:
        page = api.anonymous.get("/api/docs")
        assert page.headers["content-type"].startswith("text/html")
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert [x for x in loaded if not x.startswith(("/api/docs/", "data:"))] == []
        assert all('src="' in tag for tag in re.findall(r"<script[^>]*>", page.text))
        for path in loaded:
            if path.startswith("/"):
                assert api.anonymous.get(path).status_code == 200, path
        start = api.anonymous.get("/api/docs/start.js")
        assert start.headers["content-type"].startswith("text/javascript")
        assert "://" not in start.text
