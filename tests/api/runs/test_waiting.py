"""`?wait=`: an answer that comes when a run has ended, and costs nothing until then."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from exports_app import metrics
from exports_app.api import waiting
from exports_app.api.serving import Serving
from exports_app.api.waiting import Waiting
from exports_app.services.core.change_events import EVERY_TENANT, Change, Topic
from exports_app.services.core.lanes import Lane, Lanes
from exports_app.services.core.records import Run, Schedule
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, Api, pointers, problem
from tests.api.conftest import Clients
from tests.world import DEADLINE, Cast, make_schedule, sql

RUNS = "/api/runs"
ENDED = "/api/runs/ended"


@pytest.fixture
def schedule_of_acme(services: Services, cast: Cast) -> Schedule:
    return make_schedule(services, cast.admin.who)


@pytest.fixture
def pending(services: Services, cast: Cast, schedule_of_acme: Schedule) -> Run:
    return services.schedules.trigger(cast.admin.who, schedule_of_acme.id)


@pytest.fixture
def serving(api: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """Of this test alone; nobody waits at its end."""
    made = Serving()
    own = Waiting(made)
    monkeypatch.setitem(api.admin.app.state._state, "waiting", own)
    yield made
    assert own._users == {}
    assert made._waiting == {}


def end(services: Services, run: Run) -> None:
    sql(services, "UPDATE export_history SET status = 'completed' WHERE id = ?", run.id)
    services.changes.publish(Change(Topic.RUNS, run.tenant_id))


def meanwhile(
    client: Api, path: str, act: Callable[[], Any], method: str = "GET", **params: Any
) -> httpx.Response:
    """The answer to a request that waits, while something happens once it does."""

    async def both() -> httpx.Response:
        asked = asyncio.create_task(client._send(method, path, headers, {"params": params}))
        await until(lambda: waits(client) or asked.done())
        if not asked.done():
            await asyncio.to_thread(act)
        return await asked

    headers = {"Authorization": f"Bearer {client.token}"}
    return client.runner.run(both())


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 (nothing tells that a request waits)
            await asyncio.sleep(0)


def waits(client: Api) -> bool:
    return bool(client.app.state.waiting._serving._waiting)


@pytest.mark.usefixtures("serving")
class TestARun:
    def test_is_answered_once_it_has_ended(
        self, api: Clients, services: Services, pending: Run
    ) -> None:
        for path in (
            f"{RUNS}/{pending.id}",
            f"{SCHEDULES}/{pending.scheduled_export_id}/history/{pending.id}",
        ):
            sql(services, "UPDATE export_history SET status = 'pending' WHERE id = ?", pending.id)
            answer = meanwhile(api.viewer, path, lambda: end(services, pending), wait=60)
            assert (answer.status_code, answer.json()["status"]) == (200, "completed")
            assert api.viewer.get(path, params={"wait": 60}).json()["status"] == "completed"

    def test_is_answered_as_it_is_when_the_time_is_over(self, api: Clients, pending: Run) -> None:
        answer = api.viewer.get(f"{RUNS}/{pending.id}", params={"wait": 1})
        assert (answer.status_code, answer.json()["status"]) == (200, "pending")

    def test_the_time_that_it_waits_is_no_work(
        self, api: Clients, pending: Run, logs: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted: list[float] = []
        monkeypatch.setattr(metrics, "count_request", lambda *of: counted.append(of[-1]))
        api.viewer.get(f"{RUNS}/{pending.id}", params={"wait": 1})
        (line,) = [entry for entry in logs if entry["event"] == "request"]
        assert line["ms"] / 1000 - counted[0] > 0.9

    def test_what_other_servers_changed_while_they_could_not_tell_is_seen(
        self, api: Clients, services: Services, pending: Run
    ) -> None:
        def told_late() -> None:
            sql(services, "UPDATE export_history SET status = 'failed' WHERE id = ?", pending.id)
            services.changes.publish(Change(Topic.RUNS, EVERY_TENANT))

        answer = meanwhile(api.viewer, f"{RUNS}/{pending.id}", told_late, wait=60)
        assert answer.json()["status"] == "failed"

    def test_changes_that_are_not_its_end_are_waited_through(
        self, api: Clients, services: Services, pending: Run
    ) -> None:
        def act() -> None:
            for _ in range(3):
                services.changes.publish(Change(Topic.RUNS, pending.tenant_id))
            end(services, pending)

        answer = meanwhile(api.viewer, f"{RUNS}/{pending.id}", act, wait=60)
        assert answer.json()["status"] == "completed"

    def test_who_loses_their_rights_meanwhile_is_refused(
        self, api: Clients, services: Services, cast: Cast, pending: Run
    ) -> None:
        def leave() -> None:
            services.members.remove(cast.admin.who, cast.acme.id, cast.viewer.user.id)
            end(services, pending)

        problem(meanwhile(api.viewer, f"{RUNS}/{pending.id}", leave, wait=60), 409)

    @pytest.mark.parametrize("seconds", ["-1", "61", "x", "1.5"])
    def test_other_times_are_refused(self, api: Clients, pending: Run, seconds: str) -> None:
        answer = api.viewer.get(f"{RUNS}/{pending.id}", params={"wait": seconds})
        assert pointers(answer) == ["/wait"]

    def test_a_client_that_is_gone_waits_no_longer(self, api: Clients, pending: Run) -> None:
        messages = iter([{"type": "http.request"}, {"type": "http.disconnect"}])
        headers = [(b"authorization", f"Bearer {api.viewer.token}".encode())]
        path = f"{RUNS}/{pending.id}"
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"wait=60",
            "headers": headers,
            "client": ("192.0.2.7", 4711),
        }

        async def receive() -> dict[str, Any]:
            return next(messages)

        async def send(_: Any) -> None: ...

        async def ask() -> None:
            async with asyncio.timeout(DEADLINE):
                await api.viewer.app(scope, receive, send)

        api.viewer.runner.run(ask())


def test_a_server_that_drains_answers_at_once(api: Clients, pending: Run, serving: Serving) -> None:
    path = f"{RUNS}/{pending.id}"

    async def ask(*acts: Callable[[], None]) -> str:
        headers = {"Authorization": f"Bearer {api.viewer.token}"}
        options = {"params": {"wait": 60}}
        asked = asyncio.create_task(api.viewer._send("GET", path, headers, options))
        await until(lambda: waits(api.viewer) or asked.done())
        for act in acts:
            act()
        async with asyncio.timeout(DEADLINE):
            return str((await asked).json()["status"])

    assert api.viewer.runner.run(ask(serving.drain)) == "pending"
    assert api.viewer.runner.run(ask()) == "pending", "it drains already"


@pytest.mark.usefixtures("serving")
class TestManyThatWait:
    def test_they_take_no_place_from_others(
        self, api: Clients, services: Services, pending: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lanes = Lanes(api=Lane("api", 1, 0))
        monkeypatch.setitem(services.__dict__, "lanes", lanes)

        async def one_more() -> list[httpx.Response]:
            headers = {"Authorization": f"Bearer {api.viewer.token}"}
            path = f"{RUNS}/{pending.id}"
            options = {"params": {"wait": 60}}
            asked = asyncio.create_task(api.viewer._send("GET", path, headers, options))
            await until(lambda: waits(api.viewer) and lanes.api._free)
            other = await api.viewer._send("GET", path, headers, {})
            await asyncio.to_thread(end, services, pending)
            return [await asked, other]

        first, other = api.viewer.runner.run(one_more())
        assert (first.json()["status"], other.json()["status"]) == ("completed", "pending")
        assert lanes.api._free == 1

    def test_are_bounded(
        self, api: Clients, services: Services, pending: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(waiting, "MOST", 1)
        monkeypatch.setattr(waiting, "MOST_OF_ONE", 1)
        path = f"{RUNS}/{pending.id}"

        async def three() -> list[httpx.Response]:
            def ask(client: Api) -> Any:
                headers = {"Authorization": f"Bearer {client.token}"}
                return client._send("GET", path, headers, {"params": {"wait": 60}})

            asked = asyncio.create_task(ask(api.viewer))
            await until(lambda: waits(api.viewer))
            refused = [await ask(api.viewer), await ask(api.admin)]
            await asyncio.to_thread(end, services, pending)
            return [*refused, await asked]

        own, others, answer = api.viewer.runner.run(three())
        problem(own, 429, "rate_limited")
        problem(others, 503, "busy")
        assert answer.json()["status"] == "completed"


@pytest.mark.usefixtures("serving")
class TestEnded:
    def test_comes_when_one_has_ended(self, api: Clients, services: Services, pending: Run) -> None:
        answer = meanwhile(api.viewer, ENDED, lambda: end(services, pending), wait=60)
        page = answer.json()
        assert [item["id"] for item in page["items"]] == [pending.id]
        cursor = page["nextCursor"]
        over = api.viewer.get(ENDED, params={"cursor": cursor, "wait": 1}).json()
        assert over == {"items": [], "nextCursor": cursor, "hasMore": False}

    def test_from_now_on(self, api: Clients, services: Services, pending: Run) -> None:
        end(services, pending)
        again = lambda: end_again(services, pending)  # noqa: E731
        answer = meanwhile(api.viewer, ENDED, again, wait=60, **{"from": "now"})
        assert [item["id"] for item in answer.json()["items"]] == [pending.id]


def end_again(services: Services, run: Run) -> None:
    sql(services, "UPDATE export_history SET status = 'pending' WHERE id = ?", run.id)
    end(services, run)
