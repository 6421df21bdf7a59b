"""Making, listing and revoking feeds, and where their tokens stand."""

from typing import Any

import pytest

from exports_app.domain import api_keys, bounds
from exports_app.services.core import request_context
from exports_app.services.core.request_context import RequestContext
from exports_app.wiring import Services
from tests.api.client import ABSENT, pointers, problem
from tests.api.conftest import Clients
from tests.api.feeds.making import FEEDS, made, path_of
from tests.api.keys.making import own
from tests.doubles import FakeClock
from tests.world import Cast, sql


class TestMaking:
    def test_the_addresses_are_shown_once_and_only_a_hash_is_stored(
        self, api: Clients, services: Services, logs: list[Any]
    ) -> None:
        feed = made(api.admin)
        token = path_of(feed["calendarUrl"]).removeprefix("/api/feeds/").removesuffix(".ics")
        assert api_keys.is_whole(token, api_keys.FEED_PREFIX)
        assert feed["atomUrl"] == feed["calendarUrl"].removesuffix("ics") + "atom"
        assert feed["calendarUrl"].startswith(services.settings.base_url)
        kept = {k: v for k, v in feed.items() if k not in {"calendarUrl", "atomUrl"}}
        listed = api.admin.get(FEEDS)
        assert listed.json()["items"] == [kept]
        assert api.admin.get(f"{FEEDS}/{feed['id']}").json() == kept
        for end in ("ics", "atom", "rss"):
            api.anonymous.get(f"/api/feeds/{token}.{end}")
        problem(api.admin.get(f"{FEEDS}/{token}"), 404)  # where no token belongs
        stored = repr(sql(services, "SELECT * FROM feeds"))
        audit = repr(sql(services, "SELECT * FROM audit_entries"))
        for seen in (listed.text, stored, audit, repr(logs)):
            assert token[len("exf_") + 4 :] not in seen

    def test_a_feed_is_no_key_and_a_key_is_no_feed(
        self, api: Clients, services: Services, cast: Cast
    ) -> None:
        token = made(api.admin)["calendarUrl"].rpartition("/")[2].removesuffix(".ics")
        problem(api.anonymous.using(token).get("/api/runs"), 401, "invalid_token")
        key = own(services, api, cast.admin).token
        problem(api.anonymous.get(f"/api/feeds/{key}.ics"), 404)

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({"name": ""}, ["/name"]),
            ({"name": "x" * 101}, ["/name"]),
            ({"name": "x", "scheduledExportId": ABSENT}, ["/scheduledExportId"]),
            ({"name": "x", "scopes": ["exports.read"]}, ["/scopes"]),
        ],
    )
    def test_bad_input_is_refused_by_its_fields(
        self, api: Clients, body: dict[str, Any], wrong: list[str]
    ) -> None:
        assert pointers(api.admin.post(FEEDS, body)) == wrong
        assert api.admin.get(FEEDS).json()["items"] == []

    def test_of_another_tenant_there_is_none(
        self, api: Clients, cast: Cast, schedule: dict[str, Any]
    ) -> None:
        problem(api.outsider.post(FEEDS, {"name": "x", "tenantId": cast.acme.id}), 404)
        of = {"name": "x", "scheduledExportId": schedule["id"]}
        assert pointers(api.outsider.post(FEEDS, of)) == ["/scheduledExportId"]
        of["tenantId"] = cast.globex.id
        assert pointers(api.super_admin.post(FEEDS, of)) == ["/scheduledExportId"]

    def test_there_is_a_limit(self, api: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bounds, "FEEDS", 1)
        feed = made(api.admin)
        refused = problem(api.admin.post(FEEDS, {"name": "x"}), 409)
        assert "revoke one first" in refused["detail"]
        made(api.viewer)  # each has their own
        assert api.admin.delete(f"{FEEDS}/{feed['id']}").status_code == 204
        made(api.admin)


def test_a_revoked_feed_ends_at_once(api: Clients) -> None:
    feed = made(api.admin)
    for other in (api.viewer, api.super_admin):
        problem(other.delete(f"{FEEDS}/{feed['id']}"), 404)
    assert api.anonymous.get(path_of(feed["calendarUrl"])).status_code == 200
    assert api.admin.delete(f"{FEEDS}/{feed['id']}").status_code == 204
    problem(api.admin.delete(f"{FEEDS}/{feed['id']}"), 404)
    for url in (feed["calendarUrl"], feed["atomUrl"]):
        problem(api.anonymous.get(path_of(url)), 404)
    assert api.admin.get(FEEDS).json()["items"] == []


def test_the_tenants_audit_says_who_made_and_revoked_it(api: Clients, clock: FakeClock) -> None:
    feed = made(api.viewer, name="Team calendar")
    clock.advance(seconds=1)
    api.viewer.delete(f"{FEEDS}/{feed['id']}")
    entries = api.admin.get("/api/audit", params={"area": "feed"}).json()["items"]
    assert [(e["action"], e["actorName"], e["subjectName"]) for e in entries] == [
        ("feed.revoked", "Viewer", "Team calendar"),
        ("feed.created", "Viewer", "Team calendar"),
    ]


def test_the_last_use_is_listed(api: Clients, services: Services) -> None:
    feed = made(api.admin)
    assert (feed["lastUsedAt"], feed["lastUsedAddress"]) == (None, None)
    with request_context.use(RequestContext("192.0.2.7")):
        token = path_of(feed["atomUrl"]).removeprefix("/api/feeds/").removesuffix(".atom")
        services.feed_reading.runs(token)
    services.feed_uses.flush()
    (listed,) = api.admin.get(FEEDS).json()["items"]
    assert listed["lastUsedAt"]
    assert listed["lastUsedAddress"] == "192.0.2.7"
