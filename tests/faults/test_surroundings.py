"""What goes wrong around the app: mail servers, disks, clocks."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.records import Run
from tests.e2e.client import wait_until
from tests.faults.faketime import faketime
from tests.faults.full_disk import fill, small_disk
from tests.faults.house import House, house_in
from tests.faults.post import Post
from tests.world import deliveries_of, sql


def of(house: House, name: str) -> Run:
    (found,) = [run for run in house.runs() if run.spec.name == name]
    return found


def test_each_answer_of_a_mail_server_has_its_consequence(house: House) -> None:
    for name in ("ok", "grey", "550", "dropbefore", "dropafter"):
        house.once(name, f"{name}@example.com", "ok+beside@example.com")
    house.once("hold", "dropafter+held@example.com", "ok+beside@example.com", on_unknown="hold")
    house.make_due()
    house.all_end(6, house.serve())
    ends = {
        name: of(house, name) for name in ("ok", "grey", "550", "dropbefore", "dropafter", "hold")
    }
    assert {name: run.status for name, run in ends.items()} == {
        "ok": RunStatus.COMPLETED,
        "grey": RunStatus.COMPLETED,
        "550": RunStatus.PARTIAL,
        "dropbefore": RunStatus.COMPLETED,
        "dropafter": RunStatus.COMPLETED,
        "hold": RunStatus.PARTIAL,
    }
    assert {name: run.attempt for name, run in ends.items()} == {
        "ok": 1, "grey": 2, "550": 1, "dropbefore": 2, "dropafter": 2, "hold": 1,
    }  # fmt: skip
    copies = {
        name: len(house.post.to(f"{name}@example.com"))
        for name in ("ok", "grey", "550", "dropbefore", "dropafter")
    }
    assert copies == {"ok": 1, "grey": 1, "550": 0, "dropbefore": 1, "dropafter": 2}
    assert len({one.message_id for one in house.post.to("dropafter@example.com")}) == 1
    assert len(house.post.to("dropafter+held@example.com")) == 1
    assert (
        len(house.post.to("ok+beside@example.com")) == 6
    )  # no retry of another writes to who has it
    (unknown,) = [
        d for d in deliveries_of(house.services, ends["hold"]) if d.status is DeliveryStatus.UNKNOWN
    ]
    assert unknown.target == "dropafter+held@example.com"


def test_a_mail_server_that_is_away_is_waited_for_and_nobody_starts_anything_again(
    house: House,
) -> None:
    house.post.stop()
    for i in range(4):
        house.schedule(f"No. {i}", f"ok+{i}@example.com")
    house.make_due()
    app = house.serve()
    tried = "SELECT count(*) FROM run_attempts WHERE outcome = 'retry'"
    wait_until("each was tried in vain", lambda: sql(house.services, tried) >= [(4,)], 60)
    house.calm()
    house.post.start()
    house.all_end(4, app)
    assert app.starts == 1
    house.check()


def test_a_run_waits_for_a_full_disk_and_says_so(house: House, tmp_path: Path) -> None:
    place = tmp_path / "small"
    house.once("Now", "ok+now@example.com")
    house.make_due()
    with small_disk(place, 3) as mounted:
        ballast = place / "ballast"
        if mounted:
            with pytest.raises(OSError, match="No space left"):
                ballast.write_bytes(bytes(4_000_000))
            app = house.serve(FILES_URL=str(place))
        else:  # where nothing may be mounted, the writing itself says that there is no room
            app = house.serve(FILES_URL=str(place), **house.faulty("disk full"))
        said = "SELECT count(*) FROM run_attempts WHERE error LIKE '%No space left on device%'"
        wait_until("it says so", lambda: sql(house.services, said) > [(0,)], 60)
        assert sql(house.services, "PRAGMA integrity_check") == [("ok",)]
        ballast.unlink(missing_ok=True)
        (run,) = house.all_end(1, app)
        assert run.status is RunStatus.COMPLETED
        assert run.attempt > 1
        assert len(house.post.to("ok+now@example.com")) == 1
        app.kill()


def test_a_full_disk_under_the_database_is_waited_for_and_what_was_accepted_is_not_sent_again(
    tmp_path: Path, letters: Post, password_hash: str
) -> None:
    small = tmp_path / "small"
    with (
        small_disk(small, 24) as mounted,
        house_in(tmp_path, letters, password_hash, data=small) as house,
    ):
        house.once("Held", "hang@example.com", "ok+next@example.com")
        house.make_due()
        writer = {} if mounted else house.faulty("database full")
        app = house.serve(DATA_DIR=str(small), LEASE_SECONDS="60", **writer)
        wait_until("a message is on the wire", lambda: letters.ledger, 60)
        ballast = small / "ballast" if mounted else house.folder / "deaths"
        if mounted:
            assert house.services.database.file is not None
            fill(house.services.database.file, ballast)
        else:
            ballast.touch()
        letters.let_go.set()
        wait_until("the server has noticed", lambda: "database trouble" in app.output, 30)
        assert "database or disk is full" in app.output
        assert len(letters.ledger) == 1
        ballast.unlink()
        house.all_end(1, app)
        assert app.starts == 1
        assert sql(house.services, "PRAGMA integrity_check") == [("ok",)]
        house.check()
        assert len(letters.to("hang@example.com")) == 1
        app.kill()


@pytest.mark.long
def test_a_clock_that_is_an_hour_ahead_and_set_back_makes_no_second_run_and_no_storm(
    house: House,
) -> None:
    library = faketime()
    for i in range(3):
        house.schedule(f"No. {i}", f"ok+{i}@example.com", schedule="0 * * * *", catch_up="latest")
    house.make_due()
    ahead = house.serve(LD_PRELOAD=str(library), FAKETIME="+1h", FAKETIME_DONT_FAKE_MONOTONIC="1")
    ahead.ready()
    house.all_end(3, ahead)
    wait_until("nothing is due", lambda: not house.due(), 30)
    made = len(house.runs())
    code = ahead.stop()
    # Under libfaketime a sleep of a millisecond fails now and then, and granian sleeps so while it
    # waits for its workers' end
    assert code == 0 or ahead.output.endswith("exports_app: the start: Invalid argument\n"), (
        ahead.output
    )
    assert ahead.process is not None
    with suppress(ProcessLookupError):
        os.killpg(ahead.process.pid, signal.SIGKILL)  # what such an end may have left
    back = house.serve()
    back.ready()
    house.all_end(made, back)
    wait_until("nothing is due", lambda: not house.due(), 30)
    assert back.stop() == 0
    runs = house.runs()
    assert len({(run.scheduled_export_id, run.scheduled_for) for run in runs}) == len(runs)
    assert len(runs) <= made + 3  # at most the tick of an hour that begins just now
    assert {run.status for run in runs} == {RunStatus.COMPLETED}
    assert all(run.scheduled_for is not None for run in runs)


@pytest.mark.long
def test_a_hundred_schedules_of_one_second_are_all_run(house: House) -> None:
    for i in range(100):
        house.schedule(f"No. {i}", f"ok+{i}@example.com")
    house.make_due()
    app = house.serve()
    runs = house.all_end(100, app)
    house.calm()
    house.all_end(100, app)
    first = min(run.created_at for run in runs)
    lags = sorted((run.completed_at - first).total_seconds() for run in runs if run.completed_at)
    print(
        f"\n100 due in one second: the first ended after {lags[0]:.2f} s, "
        f"half after {lags[49]:.2f} s, the last of them after {lags[99]:.2f} s"
    )
    house.check()


def test_scripts_are_what_they_say(letters: Post) -> None:
    """The ledger is the judge of all the others: it must see a message that its sender was not told
    of."""
    letters.note("<1>", "ok@example.com", told=False)
    letters.note("<1>", "ok@example.com", told=True)
    assert letters.copies() == {("<1>", "ok@example.com"): 2}
    assert letters.tries("a@example.com") == 0
    assert letters.tries("a@example.com") == 1
