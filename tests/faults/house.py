"""An app under test, as real processes; what must be true of it afterwards, whatever was done to
it."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from exports_app import wiring
from exports_app.db import migrate
from exports_app.domain.access import Principal
from exports_app.domain.runs.policies import MOST_CAUGHT_UP
from exports_app.domain.runs.states import MAX_DEATHS, DeliveryStatus, RunStatus
from exports_app.services.core.records import Delivery, Run, Schedule
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.e2e.client import wait_until
from tests.e2e.server import command, environment
from tests.faults.app import PATIENCE, App
from tests.faults.post import Post
from tests.world import Cast, deliveries_of, make_campaigns, make_cast, make_schedule, sql

INJECTED = Path(__file__).parent / "injected"
MINUTE = timedelta(minutes=1)
TICKS = MOST_CAUGHT_UP - 15
"""Of each schedule under a heavy load: all of them are made up, also where the first look comes
some minutes later."""
DEFAULTS = {
    "LEASE_SECONDS": "3",
    "RETRY_BASE_SECONDS": "1",
    "DRAIN_SECONDS": "2",
    "DEMO": "0",
    "SECRET_KEY": SECRET_KEY,
    "QUOTA_PENDING_RUNS": "5000",  # some tests make thousands of runs due
}


@dataclass
class House:
    """folder: of its data. services: a look at the same database from here. base: settings of an
    installation of several processes; empty on SQLite. at_risk: Message-IDs that were noted as on
    the wire when a process had died, each with the number of its attempt."""

    folder: Path
    post: Post
    services: Services
    cast: Cast
    held: ExitStack = field(default_factory=ExitStack)
    apps: list["App"] = field(default_factory=list)
    base: dict[str, str] = field(default_factory=dict)
    at_risk: set[tuple[str, int]] = field(default_factory=set)
    deaths_seen: int = 0

    @property
    def admin(self) -> Principal:
        return self.cast.admin.who

    @property
    def deaths(self) -> int:
        file = self.folder / "deaths"
        return file.stat().st_size if file.exists() else 0

    def settings(self) -> dict[str, str]:
        return DEFAULTS | self.base | self.post.settings()

    def faulty(self, point: str, times: int = 1, run: str = "") -> dict[str, str]:
        """The environment of a process that dies at the point."""
        return {
            "PYTHONPATH": str(INJECTED),
            "FAULT_POINT": point,
            "FAULT_TIMES": str(times),
            "FAULT_FILE": str(self.folder / "deaths"),
            "FAULT_RUN": run,
        }

    def serve(self, **env: str) -> "App":
        """A server that is begun again whenever it has ended."""
        return self._begin(command(backend_only=True), env)

    def serve_pages(self, **env: str) -> "App":
        """With the websockets of pages."""
        return self._begin(command(backend_only=False), env)

    def worker(self, **env: str) -> "App":
        return self._begin([sys.executable, "-m", "exports_app", "worker"], env)

    def _begin(self, arguments: list[str], env: dict[str, str]) -> "App":
        name = f"process-{len(self.apps)}"
        place = (
            self.folder / name if self.base else self.folder
        )  # of several, each has a folder of its own
        place.mkdir(exist_ok=True)
        app = App(
            arguments,
            environment(place, self.settings() | env),
            self.folder / f"{name}.log",
            self.note_at_risk,
        )
        self.apps.append(app)
        self.held.callback(app.end)
        app.tend()
        return app

    def note_at_risk(self) -> None:
        """Of these another copy may come: a process died, or stands still, and the next one cannot
        know whether they arrived."""
        rows = sql(
            self.services, "SELECT message_id, attempts FROM deliveries WHERE status = 'sending'"
        )
        self.at_risk.update((message_id, attempts) for message_id, attempts in rows)

    def look_for_deaths(self) -> None:
        """A server replaces a worker that lived for some seconds: then no process of ours has
        ended, and the next worker needs longer to start than we to look."""
        if (deaths := self.deaths) > self.deaths_seen:
            self.deaths_seen = deaths
            self.note_at_risk()

    def schedule(self, name: str, *recipients: str, **more: Any) -> Schedule:
        chosen = {"schedule": "* * * * *", "overlap": "allow", "catch_up": "all"} | more
        return make_schedule(
            self.services,
            self.admin,
            name=name,
            recipients=recipients or ("ok@example.com",),
            **chosen,
        )

    def once(self, name: str, *recipients: str, **more: Any) -> Schedule:
        """Due at `make_due`, and not again whatever minute begins meanwhile."""
        return self.schedule(
            name, *recipients, **{"schedule": "0 0 1 1 *", "catch_up": "latest"} | more
        )

    def make_due(self, ticks: int = 1) -> None:
        """Every schedule was due for the first time so many minutes ago. Only while no server
        runs."""
        first = datetime.now(UTC).replace(second=0, microsecond=0) - (ticks - 1) * MINUTE
        told = (
            first if not self.services.database.embedded else first.strftime("%Y-%m-%d %H:%M:%S.%f")
        )
        sql(self.services, "UPDATE scheduled_exports SET next_run_at = ?", told)

    def calm(self) -> None:
        """No more ticks: what is there shall end."""
        sql(self.services, "UPDATE scheduled_exports SET is_active = false, next_run_at = NULL")

    def runs(self) -> list[Run]:
        with self.services.store.read() as tx:
            ids = sql(self.services, "SELECT id FROM export_history ORDER BY created_at")
            return [run for (run_id,) in ids if (run := tx.runs.get(run_id))]

    def due(self) -> bool:
        """Whether a tick waits for its run."""
        with self.services.store.read() as tx:
            return tx.schedules.due_since(self.services.clock()) is not None

    def busy(self) -> bool:
        """Whether there is anything to do."""
        return (
            sql(self.services, "SELECT count(*) FROM export_history WHERE completed_at IS NULL")
            > [(0,)]
            or self.due()
        )

    def wait_for_work(self) -> None:
        """Until another attempt at a run has begun, or nothing is left to do."""
        begun = "SELECT count(*) FROM run_attempts"
        before = sql(self.services, begun)
        wait_until(
            "they work", lambda: sql(self.services, begun) > before or not self.busy(), PATIENCE
        )

    def all_end(self, at_least: int, *apps: "App", seconds: float = PATIENCE) -> list[Run]:
        """The runs, once there are so many, and each has ended; meanwhile the apps are tended."""
        state = "SELECT count(*), count(completed_at) FROM export_history"

        def over() -> bool:
            for app in apps:
                app.tend()
            self.look_for_deaths()
            ((made, ended),) = sql(self.services, state)
            return bool(made >= at_least and made == ended)

        try:
            wait_until(f"all of at least {at_least} runs have ended", over, seconds)
        except AssertionError as e:
            counts = sql(
                self.services,
                "SELECT status, error, count(*) FROM export_history GROUP BY status, error",
            )
            raise AssertionError(f"{e}; {counts}") from None
        return self.runs()

    def check(self, *, unseen: int = 0, may_die: bool = False) -> None:
        """One row for each tick and no gap, every run ended as it should, no message lost or sent
        unknown to us; second copies, with the same Message-ID, only of what was `at_risk`, once for
        each time. unseen: so many others, where nobody could look at what was on the wire. may_die:
        a run whose worker was killed MAX_DEATHS times is failed, and says so; one whose message was
        on the wire at more deaths than it is sent again by itself is partial, since nobody knows
        whether it arrived. Prints the counts."""
        runs = self.runs()
        ticks = Counter(
            (run.scheduled_export_id, run.scheduled_for) for run in runs if run.scheduled_for
        )
        assert set(ticks.values()) <= {1}, "a tick has two runs"
        for schedule_id in {run.scheduled_export_id for run in runs}:
            instants = sorted(
                run.scheduled_for
                for run in runs
                if run.scheduled_export_id == schedule_id and run.scheduled_for
            )
            gaps = [b for a, b in pairwise(instants) if b - a != MINUTE]
            assert not gaps, f"ticks without a run before {gaps}"
        given_up = {
            run.id
            for run in runs
            if may_die and run.error_code == "worker_died" and run.deaths == MAX_DEATHS
        }
        risks = Counter(message_id for message_id, _ in self.at_risk)
        uncertain = {
            run.id
            for run in runs
            if may_die and run.status is RunStatus.PARTIAL and self._sent_often(run, risks)
        }
        odd = [
            (run.status, run.error)
            for run in runs
            if run.status is not RunStatus.COMPLETED and run.id not in given_up | uncertain
        ]
        assert not odd, odd
        notices = {
            one for (one,) in sql(self.services, "SELECT id FROM notices")
        }  # that a run was given up
        received = (one.message_id.strip("<>").split("@")[0] for one in self.post.ledger)
        arrived = Counter(one for one in received if one not in notices)
        known = {d.message_id for run in runs for d in self._deliveries(run)}
        assert set(arrived) <= known, "messages that no delivery knows of"
        for run in runs:
            deliveries = self._deliveries(run)
            assert run.id in given_up or len(deliveries) == len(run.recipients)
            for one in deliveries:
                if run.id in given_up and one.status in {
                    DeliveryStatus.FAILED,
                    DeliveryStatus.UNKNOWN,
                    DeliveryStatus.SKIPPED,  # its turn had not come at any of the deaths
                }:
                    continue  # said in the history
                if run.id in uncertain and one.status is DeliveryStatus.UNKNOWN:
                    continue
                assert one.status is DeliveryStatus.ACCEPTED, (one.status, one.error)
                assert arrived[one.message_id], f"the message {one.message_id} was lost"
        extra = sum(arrived.values()) - len(arrived)
        deaths = sum(run.deaths for run in runs)
        print(
            f"\nruns {len(runs)} | completed {len(runs) - len(given_up | uncertain)} | "
            f"failed after {MAX_DEATHS} deaths {len(given_up)} | "
            f"unknown {len(uncertain - given_up)} | deaths of runs {deaths} | "
            f"messages {len(arrived)} | second copies {extra}"
        )
        without_cause = {one: number for one, number in arrived.items() if number > 1 + risks[one]}
        assert sum(number - 1 for number in without_cause.values()) <= unseen, (
            f"copies without a cause: {without_cause}"
        )

    def _sent_often(self, run: Run, risks: Counter[str]) -> bool:
        """Whether a message may have been sent as often as it is sent by itself."""
        unknown = [d for d in self._deliveries(run) if d.status is DeliveryStatus.UNKNOWN]
        sends = 1 + self.services.settings.unknown_resends
        return bool(unknown) and all(risks[d.message_id] >= sends for d in unknown)

    def _deliveries(self, run: Run) -> list[Delivery]:
        return deliveries_of(self.services, run)


@contextmanager
def house_in(
    folder: Path, post: Post, password_hash: str, data: Path | None = None
) -> Iterator[House]:
    """data: where it has its database and files, if not in the folder."""
    held = Settings(data_dir=data or folder / "data", secret_key=SecretStr(SECRET_KEY), demo=False)
    held.data_dir.mkdir(parents=True, exist_ok=data is not None)
    services = wiring.build(held)
    migrate.upgrade(services.database)
    services.files.prepare()
    cast = make_cast(services, password_hash)
    make_campaigns(services, cast)
    with ExitStack() as stack:
        stack.callback(services.close)
        yield House(folder, post, services, cast, stack)
