"""The history of a scheduled export over HTTP, and its files."""

import hashlib
import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from exports_app.domain.runs.states import RunStatus, Trigger
from exports_app.services.core.extension_points import FORMATS
from exports_app.services.core.records import Campaign, Run
from exports_app.services.schedules.new_run import new_run
from exports_app.wiring import Services
from tests.api.client import (
    CAMPAIGNS,
    DELIVERY_KEYS,
    RUN_KEYS,
    SCHEDULES,
    pointers,
    problem,
    schedule_body,
)
from tests.api.conftest import Clients
from tests.doubles import NOW, FakeClock
from tests.mailserver import MailServer
from tests.world import FORMAT_KEYS, Cast, claim, execute, uuid_of


@pytest.fixture
def path(schedule: dict[str, Any]) -> str:
    return f"{SCHEDULES}/{schedule['id']}/history"


def add_runs(services: Services, schedule_id: str, number: int) -> None:
    """One a minute, the first at NOW."""
    with services.store.write() as tx:
        schedule = tx.schedules.get(schedule_id)
        assert schedule is not None
        for i in range(number):
            at = NOW + timedelta(minutes=i)
            tx.runs.add(new_run(schedule, Trigger.SCHEDULE, at, scheduled_for=at, created_at=at))


def done(services: Services, cast: Cast, schedule: dict[str, Any]) -> Run:
    services.schedules.trigger(cast.admin.who, schedule["id"])
    return execute(services, claim(services))


def set_file(services: Services, run: Run, **values: Any) -> None:
    with services.database.write() as connection:
        for name, value in values.items():
            connection.exec_driver_sql(
                f"UPDATE export_history SET {name} = ? WHERE id = ?", (value, run.id)
            )


class TestHistory:
    def test_is_empty_before_the_first_run(self, api: Clients, path: str) -> None:
        assert api.viewer.get(path).json() == {
            "items": [],
            "total": 0,
            "removed": None,
            "nextCursor": None,
        }

    def test_shows_the_newest_fifty_unless_told_otherwise(
        self, api: Clients, path: str, schedule: dict[str, Any], services: Services
    ) -> None:
        add_runs(services, schedule["id"], 60)
        for params, expected in (
            ({}, 50),
            ({"limit": "1"}, 1),
            ({"limit": "60"}, 60),
            ({"limit": "500"}, 60),
        ):
            body = api.viewer.get(path, params=params).json()
            assert (len(body["items"]), body["total"]) == (expected, 60)
            assert body["items"][0]["scheduledFor"] == "2026-03-04T11:29:00Z"
            at = [item["createdAt"] for item in body["items"]]
            assert at == sorted(at, reverse=True)

    @pytest.mark.parametrize("limit", ["0", "501", "-1", "all", "", "1.5", "9" * 30])
    def test_refuses_another_limit(self, api: Clients, path: str, limit: str) -> None:
        assert (
            problem(api.viewer.get(path, params={"limit": limit}), 422)["errors"][0]["pointer"]
            == "/limit"
        )

    def test_a_waiting_run_shows_what_is_known(
        self, api: Clients, schedule: dict[str, Any], path: str, cast: Cast
    ) -> None:
        run_id = api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger").json()["historyId"]
        run = api.viewer.get(f"{path}/{run_id}").json()
        assert set(run) == RUN_KEYS
        known = {
            "id": run_id,
            "scheduledExportId": schedule["id"],
            "tenantId": cast.acme.id,
            "trigger": "manual",
            "triggeredBy": cast.admin.user.id,
            "missedTicks": 0,
            "format": "csv",
            "status": "pending",
            "recipients": ["ann@example.com"],
            "attempt": 0,
            "createdAt": "2026-03-04T10:30:00Z",
            "deliveries": [],
        }
        assert run == dict.fromkeys(RUN_KEYS) | known
        assert api.viewer.get(path).json() == {
            "items": [run],
            "total": 1,
            "removed": None,
            "nextCursor": None,
        }

    @pytest.mark.usefixtures("campaigns")
    def test_a_finished_run_shows_its_file_and_deliveries(
        self, api: Clients, services: Services, cast: Cast, path: str, mail: MailServer
    ) -> None:
        schedule = api.admin.post(
            SCHEDULES, schedule_body(recipients=["bob@example.com", "ann@example.com"])
        ).json()
        run_id = done(services, cast, schedule).id
        path = f"{SCHEDULES}/{schedule['id']}/history"
        run = api.viewer.get(f"{path}/{run_id}").json()
        assert set(run) == RUN_KEYS
        assert [set(d) for d in run["deliveries"]] == [DELIVERY_KEYS, DELIVERY_KEYS]
        assert [
            (d["channel"], d["target"], d["status"], d["attempts"], d["error"])
            for d in run["deliveries"]
        ] == [
            ("email", "ann@example.com", "accepted", 1, None),
            ("email", "bob@example.com", "accepted", 1, None),
        ]
        assert (run["status"], run["recordCount"], run["attempt"], run["completedAt"]) == (
            "completed",
            4,
            1,
            "2026-03-04T10:30:00Z",
        )
        assert run["fileName"].endswith(".csv")
        assert api.viewer.get(path).json()["items"] == [run]
        assert api.viewer.get(f"{SCHEDULES}/{schedule['id']}").json()["lastStatus"] == "completed"


class TestFile:
    @pytest.mark.parametrize("file_format", FORMAT_KEYS)
    @pytest.mark.usefixtures("campaigns")
    def test_is_an_attachment_with_its_name_type_and_size(
        self, api: Clients, services: Services, cast: Cast, file_format: str
    ) -> None:
        schedule = api.admin.post(SCHEDULES, schedule_body(format=file_format)).json()
        run = done(services, cast, schedule)
        answer = api.viewer.get(f"{SCHEDULES}/{schedule['id']}/history/{run.id}/file")
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == FORMATS[file_format].mime
        assert answer.headers["content-disposition"] == f'attachment; filename="{run.file_name}"'
        assert int(answer.headers["content-length"]) == run.file_size == len(answer.content)
        assert hashlib.sha256(answer.content).hexdigest() == run.sha256
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]

    @pytest.mark.parametrize(
        "name",
        [
            "Zürich 100%.csv",
            "数据.csv",
            'quote".csv',
            "a\r\nX-Evil: 1.csv",
            "ل\u202eexe.csv",
            "x;y=z'.csv",
            "דוח שבועי!.csv",
        ],
    )
    def test_a_name_of_any_letters_reaches_the_caller_whole(
        self,
        api: Clients,
        services: Services,
        cast: Cast,
        schedule: dict[str, Any],
        path: str,
        name: str,
    ) -> None:
        run = done(services, cast, schedule)
        set_file(services, run, file_name=name)
        answer = api.viewer.get(f"{path}/{run.id}/file")
        assert "x-evil" not in answer.headers
        disposition = answer.headers["content-disposition"]
        plain, whole = disposition.removeprefix("attachment; ").split("; ")
        assert re.fullmatch(r'filename="[A-Za-z0-9-]+\.csv"', plain)  # for programs that read ASCII
        assert unquote(whole.removeprefix("filename*=UTF-8''")) == name
        assert disposition.isascii()

    def test_is_not_there_while_there_is_none(
        self, api: Clients, schedule: dict[str, Any], path: str
    ) -> None:
        run = api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger").json()["historyId"]
        assert (
            problem(api.viewer.get(f"{path}/{run}/file"), 404, "no_file")["detail"]
            == "This run has no file: wait until it has ended, or start another one"
        )

    def test_is_gone_once_it_was_removed(
        self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any], path: str
    ) -> None:
        run = done(services, cast, schedule)
        assert run.file_key is not None
        services.files.remove(run.file_key)
        problem(api.viewer.get(f"{path}/{run.id}/file"), 410, "file_removed")
        assert api.viewer.get(f"{path}/{run.id}").json()["fileName"] == run.file_name

    def test_a_part_of_it_can_be_asked_for(
        self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any], path: str
    ) -> None:
        run = done(services, cast, schedule)
        whole = api.viewer.get(f"{path}/{run.id}/file").content
        part = api.viewer.get(f"{path}/{run.id}/file", headers={"Range": "bytes=3-9"})
        assert (part.status_code, part.content) == (206, whole[3:10])
        beyond = api.viewer.get(f"{path}/{run.id}/file", headers={"Range": f"bytes={len(whole)}-"})
        problem(beyond, 416, "range_not_satisfiable")
        assert beyond.headers["content-range"] == f"bytes */{len(whole)}"

    @pytest.mark.parametrize(
        "odd", ["rows=1-2", "bytes", "bytes=", "bytes=9-3", "bytes=a-b", "bytes=1-2,x", "bytes=-"]
    )
    def test_what_is_no_range_is_passed_over(
        self,
        api: Clients,
        services: Services,
        cast: Cast,
        schedule: dict[str, Any],
        path: str,
        odd: str,
    ) -> None:
        run = done(services, cast, schedule)
        answer = api.viewer.get(f"{path}/{run.id}/file", headers={"Range": odd})
        assert (answer.status_code, len(answer.content)) == (200, run.file_size)

    def test_a_format_that_is_no_longer_installed_is_still_delivered(
        self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any], path: str
    ) -> None:
        run = done(services, cast, schedule)
        set_file(services, run, format="parquet")
        answer = api.viewer.get(f"{path}/{run.id}/file")
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "application/octet-stream",
        )


def test_a_failed_run_says_why(
    api: Clients, services: Services, cast: Cast, campaigns: Any
) -> None:
    body = schedule_body(exportType="campaign", filters={"campaignIds": [uuid_of(0xC1)]})
    schedule = api.admin.post(SCHEDULES, body).json()
    api.admin.delete(f"/api/campaigns/{uuid_of(0xC1)}")
    run = done(services, cast, schedule)
    assert run.status is RunStatus.FAILED
    told = api.viewer.get(f"{SCHEDULES}/{schedule['id']}/history/{run.id}").json()
    assert (told["status"], told["errorCode"], told["fileName"]) == (
        "failed",
        "campaign_missing",
        None,
    )
    assert told["error"]
    problem(api.viewer.get(f"{SCHEDULES}/{schedule['id']}/history/{run.id}/file"), 404)


def test_a_deleted_campaign_is_refused_and_its_schedules_can_still_be_renamed(
    api: Clients, campaigns: dict[str, Campaign]
) -> None:
    one = campaigns["Spring"].id
    schedule = api.admin.post(
        SCHEDULES, schedule_body(exportType="campaign", filters={"campaignIds": [one]})
    ).json()
    api.admin.delete(f"{CAMPAIGNS}/{one}")
    assert api.admin.put(f"{SCHEDULES}/{schedule['id']}", {"name": "New"}).status_code == 200
    other = {"campaignIds": [one], "period": "previous_week"}
    refused = api.admin.put(f"{SCHEDULES}/{schedule['id']}", {"filters": other})
    assert pointers(refused) == ["/filters/campaignIds/0"]


class TestRerun:
    def test_is_a_new_run_over_the_same_days(
        self,
        api: Clients,
        services: Services,
        cast: Cast,
        schedule: dict[str, Any],
        clock: FakeClock,
    ) -> None:
        old = done(services, cast, schedule)
        path = f"{SCHEDULES}/{schedule['id']}/history/{old.id}/rerun"
        clock.advance(hours=1)
        answer = api.admin.post(path)
        assert answer.status_code == 202
        again = answer.json()
        assert answer.headers["location"] == f"/api/runs/{again['id']}"
        assert (again["trigger"], again["status"]) == ("rerun", "pending")
        assert again["id"] != old.id
        days = [old.window_start, old.window_end]
        assert [again["windowStart"], again["windowEnd"]] == [d and d.isoformat() for d in days]
        assert again["recipients"] == ["ann@example.com"]
        problem(api.admin.post(path.replace(old.id, again["id"])), 409)

    def test_to_oneself_or_nobody(
        self, api: Clients, services: Services, cast: Cast, schedule: dict[str, Any]
    ) -> None:
        old = done(services, cast, schedule)
        path = f"{SCHEDULES}/{schedule['id']}/history/{old.id}/rerun"
        mine = api.admin.post(path, {"sendTo": "me"}).json()
        assert (mine["trigger"], mine["recipients"]) == ("test", [cast.admin.user.email])
        assert api.admin.post(path, {"sendTo": "nobody"}).json()["recipients"] == []
        assert pointers(api.admin.post(path, {"sendTo": "all"})) == ["/sendTo"]
