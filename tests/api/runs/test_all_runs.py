"""The runs of a tenant across its scheduled exports, and a run by its id alone."""

import io
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from exports_app.db import models
from exports_app.db.repositories.runs import run_list
from exports_app.services.core.records import Run
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, RUN_KEYS, SCHEDULES, Api, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme
from tests.api.requests.test_cursors import copies, walk
from tests.doubles import FakeClock
from tests.paths import ROOT
from tests.world import Cast, make_campaigns, make_schedule, trigger_and_execute

RUNS = "/api/runs"
ENDED = "/api/runs/ended"


@pytest.fixture
def runs(services: Services, cast: Cast, clock: FakeClock) -> list[Run]:
    """Of two schedules in turn, an hour apart, the oldest first; and one of Globex."""
    mine = [make_schedule(services, cast.admin.who, name=name) for name in ("One", "Two")]
    made = []
    for schedule in (*mine, *mine):
        made.append(trigger_and_execute(services, cast.admin.who, schedule))
        clock.advance(seconds=3600)
    trigger_and_execute(services, cast.outsider.who, make_schedule(services, cast.outsider.who))
    return made


def ids(client: Api, **params: Any) -> list[str]:
    answer = client.get(RUNS, params=params)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_come_newest_first_with_the_names_of_their_schedules(api: Clients, runs: list[Run]) -> None:
    page = api.viewer.get(RUNS).json()
    assert set(page) == {"items", "nextCursor"}
    assert page["nextCursor"] is None
    assert [item["id"] for item in page["items"]] == [run.id for run in reversed(runs)]
    assert [item["scheduledExportName"] for item in page["items"]] == ["Two", "One", "Two", "One"]
    assert set(page["items"][0]) == RUN_KEYS | {"scheduledExportName"}


@pytest.mark.parametrize("limit", [1, 3])
def test_each_comes_once_through_the_pages(api: Clients, runs: list[Run], limit: int) -> None:
    assert walk(api.viewer, RUNS, limit=limit) == [run.id for run in reversed(runs)]


def test_filters(api: Clients, runs: list[Run]) -> None:
    newest = [run.id for run in reversed(runs)]
    schedule = runs[0].scheduled_export_id
    assert ids(api.viewer, scheduledExportId=schedule) == [newest[1], newest[3]]
    assert ids(api.viewer, status=runs[0].status, trigger="manual") == newest
    assert ids(api.viewer, status="cancelled") == ids(api.viewer, trigger="test") == []
    ended = runs[2].completed_at
    assert ended is not None
    assert ids(api.viewer, endedAfter=ended.isoformat()) == newest[:1]
    assert pointers(api.viewer.get(RUNS, params={"status": "done"})) == ["/status"]
    assert pointers(api.viewer.get(RUNS, params={"endedAfter": "1"})) == ["/endedAfter"]


def test_a_page_that_looked_at_many_for_few_goes_on_behind_them(
    api: Clients, services: Services, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_list, "LOOKED_AT", 2)
    copies(services, models.RunRow, [{"status": "failed"} for _ in range(3)])
    answer = api.viewer.get(RUNS, params={"status": "failed", "trigger": "manual", "limit": 50})
    assert len(answer.json()["items"]) == 2
    assert len(set(walk(api.viewer, RUNS, status="failed", trigger="manual"))) == 3


def test_of_one_tenant_each(api: Clients, cast: Cast, runs: list[Run]) -> None:
    assert len(ids(api.outsider)) == 1
    assert len(ids(api.super_admin, tenantId=cast.acme.id)) == len(runs)
    assert pointers(api.super_admin.get(RUNS)) == ["/tenantId"]
    problem(api.outsider.get(RUNS, params={"tenantId": cast.acme.id}), 404)
    of = {"scheduledExportId": runs[0].scheduled_export_id}
    problem(api.outsider.get(RUNS, params=of), 404)
    problem(api.super_admin.get(RUNS, params=of | {"tenantId": cast.globex.id}), 404)


def test_one_by_its_id_alone(api: Clients, runs: list[Run]) -> None:
    run = runs[0]
    found = api.viewer.get(f"{RUNS}/{run.id}").json()
    assert found in api.viewer.get(RUNS).json()["items"]
    of_schedule = api.viewer.get(f"{SCHEDULES}/{run.scheduled_export_id}/history/{run.id}").json()
    assert found == of_schedule | {"scheduledExportName": "One"}
    problem(api.outsider.get(f"{RUNS}/{run.id}"), 404)
    api.admin.delete(f"{SCHEDULES}/{run.scheduled_export_id}")
    problem(api.viewer.get(f"{RUNS}/{run.id}"), 404)
    assert run.id not in ids(api.viewer)


def test_lists_link_to_their_next_page(
    api: Clients, services: Services, cast: Cast, runs: list[Run]
) -> None:
    make_campaigns(services, cast)
    schedule = runs[0].scheduled_export_id
    for path, size in (
        (f"{RUNS}?status={runs[0].status}", "limit"),
        (f"{SCHEDULES}/{schedule}/history", "limit"),
        (f"{SCHEDULES}?format=csv&sort=name", "size"),
        (CAMPAIGNS, "size"),
        (f"/api/tenants/{cast.acme.id}/members", "size"),
        ("/api/audit?page=1", "size"),
        ("/api/users", "size"),
    ):
        client = api.super_admin if path == "/api/users" else api.admin
        first = client.get(f"{path}{'&' if '?' in path else '?'}{size}=1")
        link = first.links["next"]["url"]
        following = client.get(urljoin(str(first.url), link))
        assert following.status_code == 200, (path, following.text)
        assert following.json()["items"][0]["id"] != first.json()["items"][0]["id"], path
        assert first.json()["nextCursor"] in link
        assert "page=" not in link
        assert "link" not in client.get(path).headers, path


def test_a_link_keeps_the_filters_as_they_were_sent(api: Clients) -> None:
    for name in ("a", "b"):
        api.admin.post(SCHEDULES, schedule_body(name=f"ü & {name}", tags=["x y", "z"]))
    sent = {"q": "ü &", "tag": ["x y", "z"], "size": 1}
    first = api.admin.get(SCHEDULES, params=sent)
    following = api.admin.get(urljoin(str(first.url), first.links["next"]["url"]))
    assert [len(page.json()["items"]) for page in (first, following)] == [1, 1]
    assert {first.json()["items"][0]["name"], following.json()["items"][0]["name"]} == {
        "ü & a",
        "ü & b",
    }


class TestEnded:
    """`GET /api/runs/ended`, as a program asks that wants each new result."""

    def test_each_comes_once_and_the_cursor_is_always_given(
        self, api: Clients, services: Services, cast: Cast, runs: list[Run]
    ) -> None:
        seen: list[str] = []
        cursor: dict[str, str] = {}
        more = True
        while more:
            page = api.viewer.get(ENDED, params={"limit": 3} | cursor).json()
            assert set(page) == {"items", "nextCursor", "hasMore"}
            seen += [item["id"] for item in page["items"]]
            cursor, more = {"cursor": page["nextCursor"]}, page["hasMore"]
        assert seen == [run.id for run in runs]
        nothing = api.viewer.get(ENDED, params=cursor).json()
        assert nothing == {"items": [], "nextCursor": cursor["cursor"], "hasMore": False}
        schedule = make_schedule(services, cast.admin.who, name="Three")
        late = trigger_and_execute(services, cast.admin.who, schedule)
        (new,) = api.viewer.get(ENDED, params=cursor).json()["items"]
        assert (new["id"], new["scheduledExportName"]) == (late.id, "Three")

    def test_from_now_on(
        self, api: Clients, services: Services, cast: Cast, runs: list[Run]
    ) -> None:
        now = api.viewer.get(ENDED, params={"from": "now"}).json()
        assert (now["items"], now["hasMore"]) == ([], False)
        schedule = make_schedule(services, cast.admin.who)
        late = trigger_and_execute(services, cast.admin.who, schedule)
        found = api.viewer.get(ENDED, params={"cursor": now["nextCursor"]}).json()
        assert [item["id"] for item in found["items"]] == [late.id]

    def test_what_is_refused(self, api: Clients, cast: Cast, runs: list[Run]) -> None:
        cursor = api.viewer.get(ENDED).json()["nextCursor"]
        both = {"cursor": cursor, "from": "now"}
        assert pointers(api.viewer.get(ENDED, params=both)) == ["/from"]
        other = {"cursor": cursor, "status": "failed"}
        assert pointers(api.viewer.get(ENDED, params=other)) == ["/cursor"]
        assert pointers(api.viewer.get(ENDED, params={"from": "then"})) == ["/from"]
        assert pointers(api.super_admin.get(ENDED)) == ["/tenantId"]
        problem(api.outsider.get(ENDED, params={"tenantId": cast.acme.id}), 404)
        problem(api.outsider.get(ENDED, params={"tenantId": cast.acme.id, "from": "now"}), 404)


def test_a_key_for_chosen_schedules_sees_their_runs_alone(
    api: Clients, services: Services, cast: Cast, runs: list[Run]
) -> None:
    chosen = runs[0].scheduled_export_id
    key = of_acme(services, api, cast, "exports.read", schedule_ids=[chosen])
    expected = [run.id for run in runs if run.scheduled_export_id == chosen]
    assert ids(key) == ids(key, scheduledExportId=chosen) == expected[::-1]
    assert walk(key, RUNS, limit=1) == expected[::-1]
    page = key.get(ENDED).json()
    assert [item["id"] for item in page["items"]] == expected
    assert key.get(ENDED, params={"from": "now"}).json()["items"] == []
    assert key.get(f"{RUNS}/{expected[0]}").status_code == 200
    other = runs[1]
    problem(key.get(f"{RUNS}/{other.id}"), 404)
    problem(key.get(RUNS, params={"scheduledExportId": other.scheduled_export_id}), 404)
    problem(key.get(ENDED, params={"scheduledExportId": other.scheduled_export_id}), 404)


class Stopped(Exception):
    pass


def test_the_program_of_the_documentation_misses_nothing(
    api: Clients,
    services: Services,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    schedule = make_schedule(services, cast.admin.who)
    expected = [trigger_and_execute(services, cast.admin.who, schedule).id]
    handled: list[str] = []

    def urlopen(request: urllib.request.Request, timeout: float) -> Any:
        assert timeout > 60
        path = request.full_url.removeprefix("http://exports.test").replace("wait=60", "wait=0")
        answer = api.viewer.get(path, headers=dict(request.headers))
        assert answer.status_code == 200, answer.text
        if len(expected) < 4:  # ends after the answer, before the next call
            expected.append(trigger_and_execute(services, cast.admin.who, schedule).id)
        elif len(handled) == len(expected):
            raise Stopped
        return io.BytesIO(answer.content)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setenv("KEY", api.viewer.token or "")
    monkeypatch.setenv("URL", "http://exports.test")
    monkeypatch.chdir(tmp_path)
    program = (ROOT / "docs/integrations/new_runs.py").read_text()
    with pytest.raises(Stopped):
        exec(program, {"print": lambda run_id, *_, **__: handled.append(run_id)})
    assert handled == expected
