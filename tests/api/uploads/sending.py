"""Sending a file as a page's browser does."""

from pathlib import Path
from typing import Any

import httpx

from exports_app.wiring import Services
from tests.api.conftest import Clients
from tests.world import Cast

CONTENT = b"campaign_name,currency,date\nSpring,EUR,2026-03-01\n"


def begin(services: Services, cast: Cast, session_id: str, name: str = "march.csv") -> str:
    return services.uploads.begin(cast.admin.who, session_id, cast.acme.id, name, len(CONTENT))


def send(
    api: Clients, code: str, session_id: str, content: Any = CONTENT, **headers: str
) -> httpx.Response:
    """As a page's browser sends it."""
    held = {"Cookie": f"exports_session={session_id}", "Origin": "http://exports.test"} | headers
    return api.anonymous.request("POST", f"/api/uploads/{code}", content=content, headers=held)


def stored(services: Services) -> list[Path]:
    """Every file that is kept, and every draft."""
    folders = ("files", "drafts")
    return [
        path
        for folder in folders
        for path in (services.settings.data_dir / folder).rglob("*")
        if path.is_file()
    ]


def assert_unused(services: Services, cast: Cast, session_id: str, code: str, api: Clients) -> None:
    """The code is still good, and nothing was kept."""
    assert stored(services) == []
    assert send(api, code, session_id).status_code == 204
