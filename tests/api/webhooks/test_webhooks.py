"""Webhooks over the API."""

from datetime import timedelta
from typing import Any

import pytest

from exports_app.services.core.records import WebhookStatus
from exports_app.wiring import Services
from tests.api.client import ABSENT, Api, pointers, problem
from tests.api.conftest import Clients
from tests.api.routes import WEBHOOKS
from tests.world import Cast

URL = "https://hooks.example.com/secret-path"
BODY = {"name": "Warehouse", "url": URL, "events": ["export.run.completed"]}


@pytest.fixture
def made(admin_api: Api) -> dict[str, Any]:
    answer = admin_api.post(WEBHOOKS, BODY)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{WEBHOOKS}/{body['id']}"
    return body


def test_the_secret_is_in_the_answers_of_create_and_rotate_alone(
    admin_api: Api, made: dict[str, Any]
) -> None:
    path = f"{WEBHOOKS}/{made['id']}"
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert admin_api.get(path).json() == made
    assert admin_api.get(WEBHOOKS).json() == {"items": [made]}
    rotated = admin_api.post(path + "/rotate-secret", headers={"If-Match": '"1"'}).json()
    assert rotated["secret"] != secret
    assert rotated["previousSecretUntil"] is not None
    assert "secret" not in admin_api.patch(path, {"name": "Other"}).json()
    problem(admin_api.post(path + "/rotate-secret", headers={"If-Match": '"1"'}), 412)


def test_changes(admin_api: Api, made: dict[str, Any], schedule: dict[str, Any]) -> None:
    path = f"{WEBHOOKS}/{made['id']}"
    chosen = {"scheduledExportIds": [schedule["id"]], "events": ["export.run.failed"]}
    changed = admin_api.patch(path, chosen).json()
    assert {key: changed[key] for key in chosen} == chosen
    assert admin_api.patch(path, {"scheduledExportIds": None}).json()["scheduledExportIds"] is None
    problem(admin_api.put(path, {"name": "Late", "version": 1}), 409, "version_conflict")
    assert admin_api.delete(path).status_code == 204
    problem(admin_api.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": "http://hooks.example.com/"}, "/url"),
        ({"events": ["ping"]}, "/events/0"),
        ({"events": []}, "/events"),
        ({"name": " "}, "/name"),
        ({"scheduledExportIds": [ABSENT]}, "/scheduledExportIds/0"),
        ({"scheduledExportIds": []}, "/scheduledExportIds"),
        ({"secret": "whsec_"}, "/secret"),
    ],
)
def test_what_is_refused(admin_api: Api, changes: dict[str, Any], pointer: str) -> None:
    answer = admin_api.post(WEBHOOKS, BODY | changes)
    assert pointers(answer) == [pointer]


def test_a_test_and_its_delivery(
    admin_api: Api, made: dict[str, Any], services: Services, cast: Cast
) -> None:
    queued = admin_api.post(f"{WEBHOOKS}/{made['id']}/test")
    assert (queued.status_code, queued.json()["status"]) == (202, "pending")
    delivery = f"{WEBHOOKS}/deliveries/{queued.json()['id']}"
    found = admin_api.get(delivery).json()
    assert found["messageId"].startswith("msg_")
    assert (found["body"]["type"], found["attemptLog"]) == ("ping", [])
    with services.store.write() as tx:
        seen = tx.webhook_deliveries.get(found["id"])
        assert seen is not None
        tx.webhook_deliveries.change(seen, {"status": WebhookStatus.SENDING})
    problem(admin_api.post(delivery + "/redeliver"), 409, "webhook_being_sent")


def test_deliveries_are_filtered_and_paged(admin_api: Api, made: dict[str, Any]) -> None:
    path = f"{WEBHOOKS}/{made['id']}"
    ids = [admin_api.post(path + "/test").json()["id"] for _ in range(3)]
    first = admin_api.get(path + "/deliveries?size=2&status=pending&status=failed&event=ping")
    page = first.json()
    assert (page["total"], len(page["items"])) == (3, 2)
    rest = admin_api.get(first.links["next"]["url"]).json()
    assert sorted(one["id"] for one in page["items"] + rest["items"]) == sorted(ids)
    for query, pointer in (("status=marker", "/status/0"), ("event=marker", "/event")):
        assert pointers(admin_api.get(f"{path}/deliveries?{query}")) == [pointer]
    assert admin_api.get(path + "/deliveries?status=delivered").json()["total"] == 0


def test_one_that_is_switched_off_replays_nothing(
    admin_api: Api, made: dict[str, Any], services: Services
) -> None:
    path = f"{WEBHOOKS}/{made['id']}"
    since = {"since": (services.clock() - timedelta(days=1)).isoformat()}
    assert admin_api.post(path + "/replay", since).json() == {"deliveries": 0}
    admin_api.patch(path, {"isActive": False})
    problem(admin_api.post(path + "/replay", since), 409, "webhook_inactive")
    assert pointers(admin_api.post(path + "/replay", {"since": "yesterday"})) == ["/since"]


def test_another_tenants_delivery_is_not_found(api: Clients, made: dict[str, Any]) -> None:
    delivery = api.admin.post(f"{WEBHOOKS}/{made['id']}/test").json()["id"]
    for path in (f"{WEBHOOKS}/{made['id']}", f"{WEBHOOKS}/deliveries/{delivery}"):
        problem(api.outsider.get(path), 404, "not_found")
        problem(api.viewer.get(path), 403, "forbidden")


def test_event_types(api: Clients) -> None:
    found = api.admin.get(WEBHOOKS + "/events").json()["items"]
    assert [one["type"] for one in found] == [one["exampleBody"]["type"] for one in found]
    assert {"ping", "export.run.completed", "export.schedule.paused"} <= {
        one["type"] for one in found
    }
