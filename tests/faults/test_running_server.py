"""What changes around a server while it runs: its clock, and how many files it may open."""

import resource
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from exports_app.domain.runs.states import RunStatus
from tests.e2e.client import wait_until
from tests.faults.app import App
from tests.faults.faketime import faketime
from tests.faults.house import House
from tests.faults.overload import sign_in
from tests.world import PASSWORD, sql


class Clock:
    """Of a server under libfaketime, which reads its offset from a file each time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set("+0")

    def env(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(faketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset: str) -> None:
        """At once: a reader sees the old offset or the new one."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset}\n")
        new.replace(self._file)


def ends(house: House, app: App, name: str) -> None:
    """A schedule that is due by the time of day now has a run, which ends."""
    schedule = house.schedule(name, catch_up="latest")
    query = "SELECT count(completed_at) FROM export_history WHERE scheduled_export_id"

    def ended() -> bool:
        app.tend()
        return sql(house.services, f"{query} = '{schedule.id}'") > [(0,)]

    wait_until(f"{name} has run: {app.output[-2000:]}", ended, 150)


@pytest.mark.long
def test_a_clock_that_is_set_while_the_server_runs_stops_nothing(
    house: House, tmp_path: Path
) -> None:
    clock = Clock(tmp_path / "offset")
    clock.set("+1h")
    app = house.serve(**clock.env())
    app.ready()
    url = f"http://127.0.0.1:{app.env['PORT']}"
    token = sign_in(url, house.cast.admin.user.email, PASSWORD)
    clock.set("+0")
    me = httpx.get(f"{url}/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert me.status_code == 200, me.text
    ends(house, app, "After an hour back")
    clock.set("+1d")
    wait_until("what was due meanwhile has run", lambda: len(house.runs()) >= 2, 60)
    # It looks each second: what is set back before, it has no reason to notice
    wait_until("both were noticed", lambda: app.output.count("clock was set") >= 2, 60)
    clock.set("+0")
    ends(house, app, "After a day back")
    wait_until("the third was noticed", lambda: app.output.count("clock was set") >= 3, 60)
    assert app.starts == 1
    house.calm()
    house.all_end(1, app)
    app.kill()
    runs = house.runs()
    assert {run.status for run in runs} == {RunStatus.COMPLETED}
    assert len({(run.scheduled_export_id, run.scheduled_for) for run in runs}) == len(runs)


def _worker(app: App) -> int:
    """The process that opens the files: the server's youngest child, or itself."""
    assert app.process is not None
    children = Path(f"/proc/{app.process.pid}/task/{app.process.pid}/children").read_text().split()
    return int(children[-1]) if children else app.process.pid


@pytest.mark.long
def test_runs_wait_while_no_file_can_be_opened(house: House) -> None:
    due = [house.once(f"No. {number}", f"ok+{number}@example.com") for number in range(12)]
    app = house.serve()
    app.ready()
    worker = _worker(app)
    before = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (16, before[1]))
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    sql(house.services, "UPDATE scheduled_exports SET next_run_at = ?", now)
    failed = "SELECT count(*) FROM run_attempts WHERE ended_at IS NOT NULL"
    wait_until(
        f"an attempt has failed, or nothing can be claimed: {app.output[-2000:]}",
        lambda: "Too many open files" in app.output or sql(house.services, failed) > [(0,)],
        60,
    )
    resource.prlimit(worker, resource.RLIMIT_NOFILE, before)
    runs = house.all_end(len(due), app)
    assert {run.status for run in runs} == {RunStatus.COMPLETED}
    assert app.starts == 1
    app.kill()
    house.check()
