"""What people and programs do with a cluster while its operator restarts or upgrades it."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.records import Run, Schedule
from exports_app.services.identity import passwords
from exports_app.wiring import Services
from tests.e2e.client import wait_until
from tests.operations.cluster import METRICS_TOKEN, Cluster
from tests.operations.handbook import Walk
from tests.operations.host import PATIENCE
from tests.operations.load import Request
from tests.operations.tabs import ADDRESS, Tab
from tests.world import (
    PASSWORD,
    Cast,
    make_campaigns,
    make_cast,
    make_schedule,
    runs_of,
    sql,
)

LINK = re.compile(r"https://[^\s\"]+(/api/files/[^\s\"]+signature=([\w-]+))")
SCRIPT = re.compile(r"/assets/[\w.-]+\.js")


def address(name: str) -> str:
    return f"{name.replace(' ', '.')}@example.com"


def token(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


class Story:
    """services: a look at the same database from here."""

    def __init__(self, site: Cluster) -> None:
        self.site = site
        self.services: Services = site.installation.services()
        self.cast: Cast = make_cast(self.services, passwords.hash_password(PASSWORD))
        make_campaigns(self.services, self.cast)
        self.token = self.services.auth.token_for(self.cast.admin.user).access_token
        self.due = list[Schedule]()

    def schedule(self, name: str, **more: Any) -> Schedule:
        """Due when we say so, and not again."""
        chosen = {"schedule": "0 0 1 1 *", "recipients": (address(name),)} | more
        return make_schedule(self.services, self.cast.admin.who, name=name, **chosen)

    def mails(self, name: str) -> list[str]:
        """The texts of those to the schedule's recipient."""
        return [
            body.get_content()
            for one in self.site.installation.mails.messages
            if address(name) in one.rcpt_tos and (body := one.message.get_body(("plain",)))
        ]

    def link(self) -> tuple[str, str]:
        """Path and query of a file's link, as its recipient gets it; its signature."""
        made = self.schedule("by link", delivery="link")
        self.services.schedules.trigger(self.cast.admin.who, made.id)
        (text,) = wait_until("it is sent", lambda: self.mails("by link"), PATIENCE)
        found = LINK.search(text)
        assert found is not None, text
        return found[1], found[2]

    def make_due(self, name: str) -> None:
        """A new schedule, from now on."""
        self.due.append(made := self.schedule(name))
        sql(self.services, "UPDATE scheduled_exports SET next_run_at = now() WHERE id = ?", made.id)

    def has_run_once(self, schedule: Schedule) -> None:
        wait_until(f"{schedule.name} was sent", lambda: self.mails(schedule.name), PATIENCE)
        (run,) = wait_until("its run has ended", lambda: self.ended_runs(schedule), PATIENCE)
        assert run.status is RunStatus.COMPLETED
        assert len(self.mails(schedule.name)) == 1

    def ended_runs(self, schedule: Schedule) -> list[Run]:
        """All of the schedule's, once each has ended."""
        runs = runs_of(self.services, schedule)
        return runs if all(run.completed_at for run in runs) else []

    def requests(self, link: str) -> dict[str, Request]:
        """What people and programs send; the costly kinds are rarer."""
        ours = {"headers": token(self.token)}
        cron = {"expression": "0 9 * * 1", "timezone": "Europe/Berlin"}
        person = {"email": self.cast.viewer.user.email, "password": PASSWORD}
        return {
            "asset": Request(36, "GET", self._script()),
            "page": Request(24, "GET", "/scheduled-exports"),
            "list": Request(14, "GET", "/api/scheduled-exports", ours),
            "link": Request(10, "GET", link),
            "cron": Request(
                10, "POST", "/api/scheduled-exports/validate-cron", ours | {"json": cron}
            ),
            "health": Request(5, "GET", "/api/health", {"headers": token(METRICS_TOKEN)}),
            "sign-in": Request(1, "POST", "/api/auth/login", {"json": person}),
        }

    def _script(self) -> str:
        """One that a page loads."""
        with self.site.front.client(ADDRESS) as client:
            found = SCRIPT.search(client.get("/scheduled-exports").text)
        assert found is not None
        return found[0]

    def restart(self, number: int, tabs: list[Tab], guide: AbstractContextManager[Walk]) -> None:
        """By a section of the documents. While the host stops, an export comes due; pages go to the
        other server as soon as theirs is gone."""
        host = self.site.hosts[number - 1]
        before, moves = host.pid("exports-web"), sum(tab.moves for tab in tabs)
        print(f"server {number}: stop")
        with ThreadPoolExecutor(1) as pool, guide as walk:
            walked = pool.submit(walk.rest)
            self.make_due(f"due {number}")
            wait_until("it is gone", lambda: host.pid("exports-web") != before, PATIENCE)
            for tab in tabs:
                tab.carry_on()
            walked.result()
        moved = sum(tab.moves for tab in tabs) - moves
        print(f"server {number}: ready; {moved} of {len(tabs)} pages connected to the other one")
        self.schedule(f"after {number}")
        for tab in tabs:
            tab.sees(f"after {number}")
