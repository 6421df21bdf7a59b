"""A change that others outrun again and again ends."""

from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

import pytest

from exports_app.domain.errors import VersionConflict
from exports_app.services.core.current_rights import write_as
from exports_app.services.core.optimistic import ROUNDS
from exports_app.services.core.records import Campaign
from exports_app.wiring import Services
from tests.world import Cast, make_schedule, sql

DAY = date(2026, 1, 5)
SCHEDULES = "UPDATE scheduled_exports SET"
Change = Callable[[Services, Cast, str, str], object]
CHANGES: list[tuple[str, Change, str]] = [
    (
        "schedules.service",
        lambda s, cast, schedule, _: s.schedules.update(
            cast.admin.who, schedule, {"format": "json"}
        ),
        f"{SCHEDULES} description = ?",
    ),
    (
        "runs.backfill",
        lambda s, cast, schedule, _: s.backfill.run(cast.admin.who, schedule, DAY, DAY),
        f"{SCHEDULES} schedule = '0 ' || ? || ' * * 1'",
    ),
    (
        "tenants.tenant_settings",
        lambda s, cast, _, __: s.tenants.update(
            cast.admin.who, cast.acme.id, {"timezone": "Asia/Tokyo"}
        ),
        "UPDATE tenants SET name = ?",
    ),
    (
        "campaigns.service",
        lambda s, cast, _, campaign: s.campaigns.update(
            cast.admin.who, campaign, {"status": "ended"}
        ),
        "UPDATE campaigns SET name = ?",
    ),
]


@pytest.mark.parametrize(("module", "change", "others"), CHANGES, ids=[c[0] for c in CHANGES])
def test_who_is_outrun_again_and_again_is_told(
    services: Services,
    cast: Cast,
    campaigns: dict[str, Campaign],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    change: Change,
    others: str,
) -> None:
    schedule, rounds = make_schedule(services, cast.admin.who), list[str]()

    def outrun(*given: Any) -> Any:
        assert len(rounds) <= 2 * ROUNDS, "it never gives up"
        rounds.append(str(len(rounds)))
        sql(services, others, rounds[-1])
        return write_as(*given)

    monkeypatch.setattr(import_module(f"exports_app.services.{module}"), "write_as", outrun)
    with pytest.raises(VersionConflict):
        change(services, cast, schedule.id, campaigns["Spring"].id)
    assert len(rounds) == ROUNDS
