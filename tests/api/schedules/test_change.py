"""Changing, deleting and running scheduled exports over HTTP."""

from typing import Any

import pytest

from exports_app.wiring import Services
from tests.api.client import (
    SCHEDULES,
    Api,
    pointers,
    problem,
    schedule_body,
    token_for,
)
from tests.api.conftest import Clients
from tests.api.schedules.fields import count
from tests.doubles import FakeClock
from tests.world import Cast


class TestUpdate:
    def put(self, client: Api, schedule: dict[str, Any], body: Any) -> Any:
        return client.put(f"{SCHEDULES}/{schedule['id']}", body)

    def test_what_is_left_out_keeps_its_value(
        self, api: Clients, schedule: dict[str, Any], clock: FakeClock
    ) -> None:
        clock.advance(hours=1)
        answer = self.put(api.admin, schedule, {"name": "Renamed"})
        assert answer.status_code == 200
        assert answer.json() == schedule | {
            "name": "Renamed",
            "version": 2,
            "updatedAt": "2026-03-04T11:30:00Z",
        }
        assert api.admin.get(f"{SCHEDULES}/{schedule['id']}").json() == answer.json()

    def test_nothing_to_change_changes_nothing(
        self, api: Clients, schedule: dict[str, Any], clock: FakeClock
    ) -> None:
        clock.advance(hours=1)
        assert self.put(api.admin, schedule, {}).json() == schedule
        assert (
            self.put(api.admin, schedule, {"name": schedule["name"], "version": 1}).json()
            == schedule
        )

    def test_filters_are_replaced_whole(self, api: Clients, schedule: dict[str, Any]) -> None:
        first = self.put(
            api.admin,
            schedule,
            {"exportType": "aggregate", "filters": {"period": "yesterday", "groupBy": "week"}},
        )
        assert first.json()["filters"] == {"period": "yesterday", "groupBy": "week"}
        assert self.put(api.admin, schedule, {"filters": {"groupBy": "day"}}).json()["filters"] == {
            "groupBy": "day"
        }
        assert self.put(api.admin, schedule, {"filters": {}}).json()["filters"] == {}

    def test_null_clears_only_the_description(self, api: Clients, schedule: dict[str, Any]) -> None:
        assert (
            self.put(api.admin, schedule, {"description": "Words"}).json()["description"] == "Words"
        )
        for name in (
            "name",
            "exportType",
            "format",
            "schedule",
            "timezone",
            "recipients",
            "filters",
            "whenEmpty",
            "isActive",
        ):
            assert pointers(self.put(api.admin, schedule, {name: None})) == [f"/{name}"]
        assert self.put(api.admin, schedule, {"description": None}).json()["description"] is None

    def test_a_stale_version_is_a_conflict(self, api: Clients, schedule: dict[str, Any]) -> None:
        assert self.put(api.admin, schedule, {"name": "First", "version": 1}).json()["version"] == 2
        problem(
            self.put(api.super_admin, schedule, {"name": "Second", "version": 1}),
            409,
            "version_conflict",
        )
        problem(self.put(api.super_admin, schedule, {"name": "Second", "version": 10**30}), 409)
        assert (
            self.put(api.super_admin, schedule, {"name": "Second", "version": 2}).json()["version"]
            == 3
        )

    def test_only_time_moves_the_next_run(
        self,
        api: Clients,
        schedule: dict[str, Any],
        services: Services,
        cast: Cast,
        clock: FakeClock,
    ) -> None:
        clock.advance(days=10)  # the run of Monday was missed: no tick ran here
        later = api.anonymous.using(token_for(services.auth, cast.admin.user))
        assert (
            self.put(later, schedule, {"name": "New", "format": "xml"}).json()["nextRunAt"]
            == schedule["nextRunAt"]
        )
        assert (
            self.put(later, schedule, {"timezone": "UTC"}).json()["nextRunAt"]
            == "2026-03-16T09:00:00Z"
        )
        assert (
            self.put(later, schedule, {"schedule": "0 8 * * 2"}).json()["nextRunAt"]
            == "2026-03-17T08:00:00Z"
        )
        assert self.put(later, schedule, {"isActive": False}).json()["nextRunAt"] is None
        assert self.put(later, schedule, {"schedule": "0 7 * * 2"}).json()["nextRunAt"] is None
        assert (
            self.put(later, schedule, {"isActive": True}).json()["nextRunAt"]
            == "2026-03-17T07:00:00Z"
        )

    def test_who_activates_it_again_owns_it(
        self, api: Clients, schedule: dict[str, Any], cast: Cast
    ) -> None:
        self.put(api.super_admin, schedule, {"isActive": False, "name": "x"})
        changed = self.put(api.super_admin, schedule, {"isActive": True}).json()
        assert (changed["ownerId"], changed["createdBy"]) == (
            cast.super_admin.user.id,
            cast.admin.user.id,
        )


class TestDelete:
    def test_it_is_gone_for_everybody_on_every_route(
        self, api: Clients, schedule: dict[str, Any]
    ) -> None:
        one = f"{SCHEDULES}/{schedule['id']}"
        run = api.admin.post(f"{one}/trigger").json()["historyId"]
        answer = api.admin.delete(one)
        assert (answer.status_code, answer.content) == (204, b"")
        for client in (api.admin, api.super_admin):
            assert count(client) == 0
            for method, path in [
                ("GET", one),
                ("PUT", one),
                ("DELETE", one),
                ("POST", f"{one}/trigger"),
                ("GET", f"{one}/history"),
                ("GET", f"{one}/history/{run}"),
                ("GET", f"{one}/history/{run}/file"),
            ]:
                problem(
                    client.request(method, path, json={} if method == "PUT" else None),
                    404,
                    "not_found",
                )


class TestTrigger:
    @pytest.mark.parametrize("active", [True, False])
    def test_a_run_waits_at_once_and_the_plan_stays(self, api: Clients, active: bool) -> None:
        schedule = api.admin.post(SCHEDULES, schedule_body(isActive=active)).json()
        one = f"{SCHEDULES}/{schedule['id']}"
        answers = [api.admin.post(f"{one}/trigger") for _ in range(2)]
        for answer in answers:
            assert answer.status_code == 202
            assert set(answer.json()) == {"historyId", "status", "location"}
            assert answer.json()["status"] == "pending"
            assert answer.headers["location"] == f"{one}/history/{answer.json()['historyId']}"
            assert api.viewer.get(answer.headers["location"]).json()["trigger"] == "manual"
        assert len({a.json()["historyId"] for a in answers}) == 2
        assert api.admin.get(one).json() == schedule

    def test_covers_the_window_of_now(self, api: Clients) -> None:
        schedule = api.admin.post(
            SCHEDULES, schedule_body(filters={"period": "previous_week"})
        ).json()
        run = api.admin.get(
            api.admin.post(f"{SCHEDULES}/{schedule['id']}/trigger").headers["location"]
        ).json()
        assert (run["windowStart"], run["windowEnd"]) == ("2026-02-23", "2026-03-01")

    def test_refuses_a_body_that_cannot_be_read(
        self, api: Clients, schedule: dict[str, Any]
    ) -> None:
        path = f"{SCHEDULES}/{schedule['id']}"
        assert pointers(api.admin.post(f"{path}/trigger", content=b"{nonsense")) == [""]
        assert api.admin.get(f"{path}/history").json()["total"] == 0
