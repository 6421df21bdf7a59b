"""More requests than the server can answer: it refuses what is too much, and goes on with the
rest."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from exports_app.domain.runs.states import RunStatus
from tests.faults.house import House
from tests.faults.overload import Load, press, sign_in
from tests.world import PASSWORD, sql

FILL = """
INSERT INTO scheduled_exports ({names})
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
SELECT {values} FROM scheduled_exports, n WHERE scheduled_exports.id = '{of}'
"""
PATHS = {
    "list": "/api/scheduled-exports?size=200",
    "search": "/api/scheduled-exports?q=nothing+has+this+name&size=200",
    "members": "/api/users?size=200",
}


def fill(house: House, count: int) -> None:
    """So many more paused schedules."""
    model = house.once("Model", is_active=False)
    columns = [row[1] for row in sql(house.services, "PRAGMA table_info(scheduled_exports)")]
    own = {"id": "lower(hex(randomblob(16)))", "name": "'Copy ' || i", "slug": "NULL"}
    values = ", ".join(own.get(column, column) for column in columns)
    names = ", ".join(columns)
    sql(house.services, FILL.format(names=names, values=values, count=count, of=model.id))


def check_answers(load: Load) -> None:
    for name in PATHS:
        assert set(load.statuses(name)) <= {200, 503}, load.answers
        assert load.codes(name) <= {"busy", "read_too_long"}, load.answers
    assert load.odd == []
    assert set(load.statuses("health")) == {200}, load.answers


@pytest.mark.long
@pytest.mark.parametrize("connections", [64, 250])
def test_an_overloaded_server_refuses_what_is_too_much_and_its_runs_and_health_go_on(
    house: House, connections: int
) -> None:
    due = [house.once(f"No. {number}", f"ok+{number}@example.com") for number in range(20)]
    fill(house, 20_000)
    app = house.serve(RATE_LIMIT_API="1000000/minute", READ_SECONDS="5")
    app.ready()
    url = f"http://127.0.0.1:{app.env['PORT']}"
    token = sign_in(url, house.cast.super_admin.user.email, PASSWORD)
    with ThreadPoolExecutor(1) as thread:
        pressing = thread.submit(asyncio.run, press(url, token, PATHS, connections, 20))
        ids = "', '".join(schedule.id for schedule in due)
        told = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
        sql(
            house.services,
            f"UPDATE scheduled_exports SET next_run_at = {told} WHERE id IN ('{ids}')",
        )
        runs = house.all_end(len(due), app)
        assert {run.status for run in runs} == {RunStatus.COMPLETED}
        load = pressing.result()
    check_answers(load)
    print(f"\n{connections} connections: {dict(load.answers)}; slowest {dict(load.slowest)}")
    assert sum(load.statuses("list").values()) > 0
    if connections > 100:
        assert "busy" in load.codes("list")
    # It is as it was, once they have gone
    again = asyncio.run(press(url, token, PATHS, 3, 1))
    check_answers(again)
    assert set(again.statuses("list")) == {200}
    assert app.starts == 1
    app.kill()
