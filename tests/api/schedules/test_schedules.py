"""Scheduled exports over HTTP: one class per route."""

from typing import Any

import pytest

from exports_app.domain.access import Role
from exports_app.services.core.records import Campaign, Membership
from exports_app.wiring import Services
from tests.api.client import (
    ABSENT,
    BAD_LISTS,
    SCHEDULE_KEYS,
    SCHEDULES,
    Api,
    pointers,
    problem,
    schedule_body,
    token_for,
)
from tests.api.conftest import Clients
from tests.world import Cast, FakeClock, claim, execute


def count(client: Api) -> int:
    total: int = client.get(SCHEDULES).json()["total"]
    return total


POLICIES = {
    "overlap": "skip",
    "catchUp": "latest",
    "catchUpHours": 168,
    "jitterSeconds": 0,
    "pauseAfter": 5,
    "onUnknown": "resend",
    "retryAttempts": None,
    "retryBaseSeconds": None,
}
OPTIONAL = {
    "description",
    "filters",
    "whenEmpty",
    "delivery",
    "linkDays",
    "timeLimit",
    "isActive",
    "version",
    *POLICIES,
}


class TestCreate:
    def test_answers_the_whole_of_it_and_where_it_is(self, api: Clients, cast: Cast) -> None:
        answer = api.admin.post(SCHEDULES, schedule_body())
        assert answer.status_code == 201
        made = answer.json()
        assert set(made) == SCHEDULE_KEYS
        assert answer.headers["location"] == f"{SCHEDULES}/{made['id']}"
        assert api.viewer.get(answer.headers["location"]).json() == made
        assert made | {"id": ""} == schedule_body() | {
            "id": "",
            "tenantId": cast.acme.id,
            "description": None,
            "filters": {},
            "whenEmpty": "send",
            "delivery": "auto",
            "linkDays": 7,
            "timeLimit": 3600,
            **POLICIES,
            "failures": 0,
            "pausedAt": None,
            "pausedReason": None,
            "isActive": True,
            "version": 1,
            "lastRunAt": None,
            "lastStatus": None,
            "nextRunAt": "2026-03-09T08:00:00Z",
            "createdBy": cast.admin.user.id,
            "ownerId": cast.admin.user.id,
            "createdAt": "2026-03-04T10:30:00Z",
            "updatedAt": "2026-03-04T10:30:00Z",
        }

    def test_keeps_every_field(self, api: Clients, campaigns: dict[str, Campaign]) -> None:
        filters = {
            "startDate": "2026-01-01",
            "endDate": "2026-01-31",
            "campaignIds": [campaigns["Spring"].id],
            "groupBy": "week",
        }
        sent = schedule_body(
            name="\N{RIGHT-TO-LEFT MARK}עברית 🚀 " + "x" * 100,
            description="Line one\n\tline two",
            exportType="aggregate",
            format="xml",
            filters=filters,
            whenEmpty="skip",
            delivery="zip",
            linkDays=30,
            timeLimit=120,
            isActive=False,
            tenantId=campaigns["Spring"].tenant_id,
        )
        made = api.super_admin.post(SCHEDULES, sent).json()
        assert {name: made[name] for name in sent} == sent
        assert made["nextRunAt"] is None

    def test_without_a_zone_takes_the_tenants_or_the_servers(self, api: Clients) -> None:
        body = schedule_body()
        del body["timezone"]
        assert api.admin.post(SCHEDULES, body).json()["timezone"] == "Europe/Berlin"
        assert api.outsider.post(SCHEDULES, body | {"timezone": None}).json()["timezone"] == "UTC"

    def test_merges_recipients_whatever_their_case(self, api: Clients) -> None:
        sent = ["Ann@Example.com", "bob@example.com", "ann@example.COM", "BOB@EXAMPLE.COM"]
        assert api.admin.post(SCHEDULES, schedule_body(recipients=sent)).json()["recipients"] == [
            "Ann@example.com",
            "bob@example.com",
        ]
        fifty = [f"user{i}@example.com" for i in range(50)]
        assert (
            api.admin.post(SCHEDULES, schedule_body(recipients=fifty + fifty)).json()["recipients"]
            == fifty
        )

    def test_takes_a_campaign_once_in_whatever_spelling(
        self, api: Clients, campaigns: dict[str, Campaign]
    ) -> None:
        one = campaigns["Spring"].id
        made = api.admin.post(
            SCHEDULES, schedule_body(filters={"campaignIds": [one, one.upper()]})
        ).json()
        assert made["filters"] == {"campaignIds": [one]}

    def test_asks_for_the_tenant_of_those_who_have_several(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        assert pointers(api.super_admin.post(SCHEDULES, schedule_body())) == ["/tenantId"]
        problem(api.super_admin.post(SCHEDULES, schedule_body(tenantId=ABSENT)), 404)
        with services.store.write() as tx:
            tx.users.join(Membership(cast.admin.user.id, cast.globex.id, Role.VIEWER))
        assert (
            api.admin.post(SCHEDULES, schedule_body()).json()["tenantId"] == cast.acme.id
        )  # the only one to write into
        problem(api.admin.post(SCHEDULES, schedule_body(tenantId=cast.globex.id)), 403)
        assert count(api.outsider) == 0


class TestList:
    @pytest.fixture
    def five(self, api: Clients, clock: FakeClock, services: Services, cast: Cast) -> list[str]:
        """Names in the order of their making; one is paused, one has run."""
        rows = [
            schedule_body(name="Ärger 100%", schedule="0 9 * * 1"),
            schedule_body(
                name="beta_one", format="json", schedule="0 9 1 * *", description="Groß und Klein"
            ),
            schedule_body(name="Beta two", exportType="aggregate", isActive=False),
            schedule_body(name="alpha", schedule="0 12 * * *"),
            schedule_body(name="ÄRGER 1000", format="xml", isActive=False),
        ]
        for row in rows:
            clock.advance(seconds=1)
            assert api.admin.post(SCHEDULES, row).status_code == 201
        alpha = api.admin.get(SCHEDULES, params={"q": "alpha"}).json()["items"][0]
        services.schedules.trigger(cast.admin.who, alpha["id"])
        clock.advance(seconds=1)
        execute(services, claim(services))
        return [row["name"] for row in rows]

    def names(self, client: Api, **params: Any) -> list[str]:
        answer = client.get(SCHEDULES, params=params)
        assert answer.status_code == 200, answer.text
        return [item["name"] for item in answer.json()["items"]]

    def test_is_empty_at_first(self, api: Clients) -> None:
        assert api.viewer.get(SCHEDULES).json() == {"items": [], "total": 0, "page": 1, "size": 50}

    def test_pages_through_all_of_it_once(self, api: Clients, five: list[str]) -> None:
        pages = [
            api.viewer.get(SCHEDULES, params={"page": n, "size": 2, "sort": "createdAt"}).json()
            for n in (1, 2, 3, 4)
        ]
        assert [i["name"] for p in pages for i in p["items"]] == five
        assert [(p["total"], p["page"], p["size"], len(p["items"])) for p in pages] == [
            (5, 1, 2, 2), (5, 2, 2, 2), (5, 3, 2, 1), (5, 4, 2, 0)
        ]  # fmt: skip
        assert set(pages[0]["items"][0]) == SCHEDULE_KEYS
        assert (
            api.viewer.get(SCHEDULES, params={"page": 1_000_000, "size": 200}).json()["items"] == []
        )

    def test_sorts_both_ways_with_what_is_absent_last(self, api: Clients, five: list[str]) -> None:
        assert self.names(api.viewer) == five[::-1]
        assert self.names(api.viewer, sort="-createdAt") == five[::-1]
        assert self.names(api.viewer, sort="name") == sorted(five)
        assert self.names(api.viewer, sort="-name") == sorted(five, reverse=True)
        assert self.names(api.viewer, sort="nextRunAt")[:3] == ["alpha", "Ärger 100%", "beta_one"]
        assert self.names(api.viewer, sort="-nextRunAt")[:3] == ["beta_one", "Ärger 100%", "alpha"]
        for sort in ("lastRunAt", "-lastRunAt"):
            assert self.names(api.viewer, sort=sort)[0] == "alpha"

    @pytest.mark.parametrize(
        ("params", "found"),
        [
            ({"isActive": "true"}, {"Ärger 100%", "beta_one", "alpha"}),
            ({"isActive": "false"}, {"Beta two", "ÄRGER 1000"}),
            ({"exportType": "aggregate"}, {"Beta two"}),
            ({"format": "xml", "isActive": "false"}, {"ÄRGER 1000"}),
            ({"format": "xml", "isActive": "true"}, set()),
            ({"lastStatus": "completed"}, {"alpha"}),
            ({"lastStatus": "failed"}, set()),
            ({"q": "BETA"}, {"beta_one", "Beta two"}),
            ({"q": "%"}, {"Ärger 100%"}),
            ({"q": "_"}, {"beta_one"}),
            ({"q": "ärger"}, {"Ärger 100%", "ÄRGER 1000"}),
            ({"q": "groß UND"}, {"beta_one"}),
            ({"q": "\\"}, set()),
            ({"q": "'; DROP TABLE scheduled_exports; --"}, set()),
        ],
    )
    @pytest.mark.usefixtures("five")
    def test_filters_and_searches(
        self, api: Clients, params: dict[str, str], found: set[str]
    ) -> None:
        answer = api.viewer.get(SCHEDULES, params=params).json()
        assert {item["name"] for item in answer["items"]} == found
        assert answer["total"] == len(found)

    def test_shows_a_super_admin_one_tenant_or_all(self, api: Clients, cast: Cast) -> None:
        for client in (api.admin, api.outsider):
            client.post(SCHEDULES, schedule_body())
        assert count(api.super_admin) == 2
        for tenant in (cast.acme, cast.globex):
            items = api.super_admin.get(SCHEDULES, params={"tenantId": tenant.id}).json()["items"]
            assert [i["tenantId"] for i in items] == [tenant.id]

    @pytest.mark.parametrize(
        ("params", "wrong"),
        [
            *BAD_LISTS,
            ({"isActive": "marker"}, "/isActive"),
            ({"exportType": "marker"}, "/exportType"),
            ({"format": "marker"}, "/format"),
            ({"lastStatus": "marker"}, "/lastStatus"),
        ],
    )
    def test_refuses_what_it_cannot_filter_by(
        self, api: Clients, params: dict[str, str], wrong: str
    ) -> None:
        answer = api.viewer.get(SCHEDULES, params=params)
        assert pointers(answer) == [wrong]
        assert "marker" not in answer.text


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

    @pytest.mark.parametrize("name", sorted(SCHEDULE_KEYS - set(schedule_body()) - OPTIONAL))
    def test_read_only_fields_are_refused(
        self, api: Clients, schedule: dict[str, Any], name: str
    ) -> None:
        assert pointers(self.put(api.admin, schedule, {name: schedule[name], "name": "New"})) == [
            f"/{name}"
        ]
        assert api.admin.get(f"{SCHEDULES}/{schedule['id']}").json() == schedule

    def test_a_stale_version_is_a_conflict(self, api: Clients, schedule: dict[str, Any]) -> None:
        assert self.put(api.admin, schedule, {"name": "First", "version": 1}).json()["version"] == 2
        problem(
            self.put(api.super_admin, schedule, {"name": "Second", "version": 1}), 409, "conflict"
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
            assert set(answer.json()) == {"historyId", "status"}
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

    def test_ignores_a_body(self, api: Clients, schedule: dict[str, Any]) -> None:
        assert (
            api.admin.post(
                f"{SCHEDULES}/{schedule['id']}/trigger", content=b"{nonsense"
            ).status_code
            == 202
        )
