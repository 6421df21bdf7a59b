"""Hundreds of open pages: they hold up neither the runs nor health, and go on."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from bench.pages import OpenPage, close_pages, open_pages
from exports_app.domain.runs.states import RunStatus
from tests.faults.app import App
from tests.faults.house import House
from tests.faults.overload import Load, press, sign_in
from tests.faults.test_overload import fill
from tests.world import PASSWORD, sql

PAGES, RUNS = 200, 200
PATIENCE = 120.0
BROWSER = "a browser"
MOST_BYTES = 300_000
"""Pushed to a page on average. Where each run has every page drawn anew, it is a million."""


def session_of(house: House) -> str:
    email = house.cast.admin.user.email
    code = house.services.sessions.begin(email, PASSWORD, "127.0.0.1", BROWSER)
    session, _ = house.services.sessions.redeem(code, BROWSER)
    return session


def make_due(house: House, ids: list[str]) -> None:
    told = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
    listed = "', '".join(ids)
    sql(
        house.services,
        f"UPDATE scheduled_exports SET next_run_at = {told} WHERE id IN ('{listed}')",
    )


@contextmanager
def health_watched(url: str, token: str) -> Iterator[Load]:
    """Asked for five times a second meanwhile."""
    load = Load()

    async def watch() -> None:
        while True:
            found = await press(url, token, {}, 0, 1)
            load.answers.update(found.answers)

    task = asyncio.ensure_future(watch())
    try:
        yield load
    finally:
        task.cancel()


async def watched(house: House, app: App, url: str, ids: list[str]) -> tuple[Load, list[int]]:
    """The answers of health, and the bytes that each page got."""
    token = sign_in(url, house.cast.admin.user.email, PASSWORD)
    pages = await open_pages(url, session_of(house), PAGES)
    before = [page.bytes for page in pages]
    with health_watched(url, token) as load:
        make_due(house, ids)
        runs = await asyncio.to_thread(house.all_end, len(ids), app)
    assert {run.status for run in runs} == {RunStatus.COMPLETED}
    pushed = [page.bytes - size for page, size in zip(pages, before, strict=True)]
    await see(pages, url, token, house.cast.acme.id)
    await close_pages(pages)
    return load, pushed


async def see(pages: list[OpenPage], url: str, token: str, tenant_id: str) -> None:
    """Each page shows what is made now."""
    seen = [page.wait_for("Made at the end") for page in pages]
    made = {
        "tenantId": tenant_id,
        "name": "Made at the end",
        "exportType": "campaigns",
        "format": "csv",
        "schedule": "0 0 1 1 *",
        "recipients": ["ok@example.com"],
    }
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, headers=headers) as http:
        (await http.post("/api/scheduled-exports", json=made)).raise_for_status()
    await asyncio.wait_for(asyncio.gather(*seen), PATIENCE)


@pytest.mark.long
def test_two_hundred_open_pages_hold_up_neither_runs_nor_health(house: House) -> None:
    fill(house, 2_000)
    # The newest are at the top of the pages
    due = [house.once(f"No. {number:03}").id for number in range(RUNS)]
    app = house.serve_pages()
    app.ready()
    url = f"http://127.0.0.1:{app.env['PORT']}"
    load, pushed = asyncio.run(watched(house, app, url, due))
    print(f"\n{PAGES} pages: {sum(pushed) / 1e6:.1f} MB pushed; health {load.statuses('health')}")
    assert set(load.statuses("health")) == {200}
    assert sum(pushed) / PAGES < MOST_BYTES
    assert app.starts == 1
    app.kill()
