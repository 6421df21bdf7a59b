"""The database of `bench.growth`: a tiny one, filled by its SQL, is one of this application."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.growth.callers import ADMIN, client, sign_in
from bench.growth.clocks import Wall
from bench.growth.databases import opened
from bench.growth.fill import fill
from bench.growth.requests import Api, unmeasured
from bench.growth.shape import ELEVEN, HUNDRED, LARGE, SHAPES
from exports_app import startup
from exports_app.api.app import create
from exports_app.wiring import Services

TINY = SHAPES["tiny"]

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder: Path = tmp_path_factory.mktemp("growth")
    with opened(folder) as services:
        fill(services, TINY)
        startup.prepare(services)
        yield services


def test_all_that_is_asked_of_the_api_is_answered(grown: Services) -> None:
    asyncio.run(_ask(grown))


async def _ask(grown: Services) -> None:
    app = create(grown, lambda: True)
    callers = await sign_in(grown, app)
    api = Api(app, callers, Wall())
    # Each once: the callers ask for the same
    for operation in {o.name: o for o in [*await api.operations(), *api.files()]}.values():
        await operation.do()
    await api.close()
    async with client(app, callers[ADMIN].token) as http:
        places = callers[ADMIN].places
        listed = await http.get(f"/api/scheduled-exports?tenantId={places['tenant']}")
        history = await http.get(f"/api/scheduled-exports/{places['schedule']}/history")
    assert listed.json()["total"] == TINY.tenants[LARGE].schedules
    assert history.json()["total"] == TINY.busy


def test_every_get_of_the_api_is_measured(grown: Services) -> None:
    assert unmeasured(create(grown, lambda: True)) == []


def test_its_audit_is_linked_and_sealed(grown: Services) -> None:
    report = grown.audit_verification.check()
    assert report.all_faults == []
    assert len(report.chains) == len(TINY.tenants) + 1


def test_it_waits_for_nothing(grown: Services) -> None:
    assert grown.ticks.tick() == 0
    assert grown.run_queue.claim() is None
    assert grown.zone_updates.apply() == 0
    assert grown.retention.sweep().outdated == 0


def test_both_sizes_ask_about_tenants_of_the_same_people() -> None:
    small, full = SHAPES["small"], SHAPES["full"]
    for number in (LARGE, ELEVEN, HUNDRED):
        assert small.tenants[number].people == full.tenants[number].people
    assert (full.schedules, full.runs, full.people) == (100_000, 1_000_000, 2_000)
    assert (small.schedules, small.runs) == (100, 1_000)
    assert full.all_entries == 200_000
