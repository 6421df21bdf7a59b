"""The API's answers about what a newer version stored."""

import pytest

from exports_app.wiring import Services
from tests.api.client import SCHEDULES
from tests.api.conftest import Clients
from tests.newer_version import UNHEARD, NewerRows, make_newer_rows
from tests.world import Cast


@pytest.fixture
def rows(services: Services, cast: Cast) -> NewerRows:
    return make_newer_rows(services, cast)


def test_every_answer_has_the_text(api: Clients, cast: Cast, rows: NewerRows) -> None:
    schedule, tenant = f"{SCHEDULES}/{rows.schedule.id}", f"/api/tenants/{cast.acme.id}"
    run = f"{schedule}/history/{rows.run.id}"
    for path in (
        *(SCHEDULES, schedule, f"{schedule}/history", f"{schedule}/notices"),
        *(run, f"{run}/attempts", f"{run}/downloads"),
        *(f"{tenant}/members", f"{tenant}/invitations", "/api/users"),
    ):
        answer = (api.super_admin if path == "/api/users" else api.admin).get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert UNHEARD in answer.text or UNHEARD[:10] in answer.text, path
    for path in ("/api/audit", "/api/audit?q=Saturn"):
        assert "planet.moved" in api.admin.get(path).text
    figures = api.admin.get(f"/api/tenants/{cast.acme.id}/analytics/exports")
    assert figures.status_code == 200, figures.text
    assert api.viewer.get("/api/auth/me").json()["tenants"][0]["role"] == UNHEARD
    assert api.viewer.get(SCHEDULES).status_code == 403
