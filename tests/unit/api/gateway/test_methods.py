"""The methods of pages, and of all else outside the API."""

from pathlib import Path

import pytest

from exports_app.api.middleware.gateway import Edge
from tests.unit.api.gateway.requests import answering, requested

READ_ONLY = "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("with_pages", [True, False])
def test_pages_are_only_read(tmp_path: Path, with_pages: bool) -> None:
    edge = Edge(answering(), answering(), tmp_path if with_pages else None)
    assert requested(edge, "/", "HEAD").status_code == 200
    options = requested(edge, "/", "OPTIONS")
    assert (options.status_code, options.headers["allow"]) == (204, READ_ONLY)
    for method in ("POST", "DELETE", "TRACE"):
        refused = requested(edge, "/", method)
        assert (refused.status_code, refused.headers["allow"]) == (405, READ_ONLY)
        assert refused.json()["code"] == "method_not_allowed"
