"""Listing scheduled exports over HTTP."""

from typing import Any

import pytest

from exports_app.wiring import Services
from tests.api.client import (
    BAD_LISTS,
    SCHEDULE_KEYS,
    SCHEDULES,
    Api,
    pointers,
    schedule_body,
)
from tests.api.conftest import Clients
from tests.api.schedules.fields import count
from tests.doubles import FakeClock
from tests.world import Cast, claim, execute


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
        assert api.viewer.get(SCHEDULES).json() == {
            "total": 0,
            "page": 1,
            "size": 50,
            "nextCursor": None,
            "items": [],
        }

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
        assert api.viewer.get(SCHEDULES, params={"page": 51, "size": 200}).json()["items"] == []

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

    def test_tells_and_finds_what_is_failing(
        self, api: Clients, five: list[str], services: Services
    ) -> None:
        for name in ("alpha", "Beta two"):
            row = api.admin.get(SCHEDULES, params={"q": name}).json()["items"][0]
            with services.store.write() as tx:
                tx.schedules.change(row["id"], {"failing_since": services.clock()})
        items = api.viewer.get(SCHEDULES).json()["items"]
        # The other one is paused
        assert {item["name"]: item["failing"] for item in items} == {
            name: name == "alpha" for name in five
        }
        assert self.names(api.viewer, failing="true") == ["alpha"]
        assert sorted(self.names(api.viewer, failing="false")) == sorted({*five} - {"alpha"})
        assert self.names(api.viewer, failing="true", lastStatus="failed") == []

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
            ({"failing": "marker"}, "/failing"),
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
