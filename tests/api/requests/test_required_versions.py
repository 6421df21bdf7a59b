"""REQUIRE_IF_MATCH: changes have to name the version that they are made to."""

import pytest

from exports_app.settings import Settings
from tests.api.client import SCHEDULES, problem
from tests.api.conftest import Clients
from tests.api.requests.test_versions import CHANGED
from tests.api.routes import Case, call, named


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"require_if_match": True})


@named(CHANGED)
def test_a_change_of_whatever_it_is_now_is_refused(
    api: Clients, ids: dict[str, str], case: Case
) -> None:
    problem(call(api.super_admin, case, ids), 428, "precondition_required")
    answer = call(api.super_admin, case, ids, headers={"If-Match": "*"})
    assert answer.status_code in {200, 204}, answer.text


def test_a_version_in_the_body_is_as_good(api: Clients, ids: dict[str, str]) -> None:
    for path in (SCHEDULES + "/{schedule_id}", "/api/tenants/{tenant_id}/views/{view_id}"):
        answer = api.admin.put(path.format(**ids), {"name": "One", "version": 1})
        assert answer.status_code == 200
