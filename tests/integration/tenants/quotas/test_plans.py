"""What a tenant uses is read from what is open and kept, not from its whole history."""

import pytest

from exports_app.wiring import Services
from tests.query_plans import plans
from tests.world import Cast

pytestmark = pytest.mark.about_sqlite


def test_the_index_of_open_runs_is_used(services: Services, cast: Cast) -> None:
    with plans(services) as steps:
        services.quotas.find(cast.super_admin.who, cast.acme.id)
    of_runs = [step for step in steps if "export_history" in step]
    assert sum("ix_export_history_open " in step for step in of_runs) == 2
    assert sum("ix_export_history_kept" in step for step in of_runs) == 1
    assert len(of_runs) == 3
