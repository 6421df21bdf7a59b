"""If-Match on everything that has a PUT."""

import pytest

from exports_app.api.routes import schedules
from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict
from exports_app.services.accounts.administration import UserAccount
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.routes import CASES, SUPER_ADMINS, Case, call, named
from tests.world import Cast

CHANGED = [
    case
    for case in [*CASES, *SUPER_ADMINS]
    if case.method in {"PUT", "PATCH", "DELETE"}
    and any(other.path == case.path and other.method == "PUT" for other in [*CASES, *SUPER_ADMINS])
]


@named(CHANGED)
def test_a_change_is_made_to_the_version_that_was_read(
    api: Clients, ids: dict[str, str], case: Case
) -> None:
    client, path = api.super_admin, case.path.format(**ids)
    tag = client.get(path).headers["etag"]
    assert "-" in tag
    for other in ('"other"', f"W/{tag}"):
        refused = call(client, case, ids, headers={"If-Match": other})
        problem(refused, 412, "precondition_failed")
    assert client.get(path).headers["etag"] == tag
    answer = call(client, case, ids, headers={"If-Match": tag})
    assert answer.status_code in {200, 204}, answer.text
    if case.method != "DELETE":  # to go on with, without a GET
        assert answer.headers["etag"] == client.get(path).headers["etag"]


def test_what_was_created_given_away_or_restored_has_the_etag_of_a_get(
    api: Clients, ids: dict[str, str], cast: Cast
) -> None:
    view = {"name": "Mine", "filters": {}}
    schedule = f"{SCHEDULES}/{ids['schedule_id']}"
    given = {"ownerId": cast.admin.user.id}
    for path, body, status in (
        (SCHEDULES, schedule_body(tenantId=cast.acme.id), 201),
        (CAMPAIGNS, {"name": "New", "currency": "EUR", "tenantId": cast.acme.id}, 201),
        (f"/api/tenants/{cast.acme.id}/views", view, 201),
        (f"{schedule}/transfer", given, 200),
        (f"{schedule}/restore", None, 200),
    ):
        if body is None:
            api.super_admin.delete(schedule)
        key = {"Idempotency-Key": path}
        answer = api.super_admin.post(path, body, headers=key)
        assert answer.status_code == status, answer.text
        tag = answer.headers["etag"]
        assert api.super_admin.get(answer.headers.get("location", schedule)).headers["etag"] == tag
        again = api.super_admin.post(path, body, headers=key)
        assert (again.headers["etag"], again.content) == (tag, answer.content)


def test_the_document_names_the_etag_of_changes(api: Clients) -> None:
    paths = api.anonymous.get("/api/openapi.json").json()["paths"]
    named = {
        f"{method} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
        for status, answer in operation["responses"].items()
        if method != "get" and status.startswith("2") and "ETag" in answer.get("headers", {})
    }
    view = "/api/tenants/{tenant_id}/views"
    created = {
        *(f"post {path}" for path in (SCHEDULES, CAMPAIGNS, "/api/destinations", view)),
        *(f"post {SCHEDULES}/{{schedule_id}}/{action}" for action in ("transfer", "restore")),
    }
    changed = {f"{c.method.lower()} {c.path}" for c in CHANGED if c.method != "DELETE"}
    assert named == created | changed


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_who_sent_if_match_is_told_of_it_also_by_the_service(
    api: Clients, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """It was changed after the route compared the versions."""
    monkeypatch.setattr(schedules, "expected_version", lambda *_: 7)
    path, body = f"{SCHEDULES}/{ids['schedule_id']}", {"name": "Other"}
    sent = {} if method == "DELETE" else {"json": body}
    problem(api.admin.request(method, path, headers={"If-Match": '"7"'}, **sent), 412)
    if method != "DELETE":  # without a version it is carried out on any
        problem(api.admin.request(method, path, **sent), 409, "version_conflict")


def test_what_changes_by_itself_makes_no_other_version(
    api: Clients, ids: dict[str, str], services: Services, cast: Cast
) -> None:
    paths = [f"/api/tenants/{cast.acme.id}/{of}" for of in ("quotas", f"members/{ids['user_id']}")]
    versions = [api.admin.get(path).headers["etag"].partition("-")[0] for path in paths]
    made = api.admin.post(SCHEDULES, schedule_body())
    owner = {"owner_id": ids["user_id"]}
    with services.store.write() as tx:
        tx.schedules.change(made.json()["id"], owner)
    again = [api.admin.get(path).headers["etag"].partition("-")[0] for path in paths]
    assert again == versions


def test_a_change_between_the_check_and_the_writing_counts(
    api: Clients, services: Services, cast: Cast, ids: dict[str, str]
) -> None:
    """The services compare again what was seen, where it is written."""
    who, tenant = cast.super_admin.who, cast.acme.id
    campaign = services.campaigns.get(who, ids["campaign_id"])
    quotas = services.quotas.find(who, tenant)
    api.super_admin.put(f"{CAMPAIGNS}/{campaign.id}", {"name": "Other"})
    api.super_admin.put(f"/api/tenants/{tenant}/quotas", {"schedules": 77})
    account = services.user_administration.get(who, ids["user_id"])
    services.user_administration.set_active(who, account.id, active=False)
    member = (who, tenant, ids["user_id"])
    for change in (
        lambda: services.user_administration.set_active(who, account.id, active=True, seen=account),
        lambda: services.campaigns.update(who, campaign.id, {"name": "Mine"}, campaign),
        lambda: services.campaigns.delete(who, campaign.id, campaign),
        lambda: services.quotas.change(who, tenant, {"schedules": 5}, quotas),
        lambda: services.members.change_role(*member, "admin", Role.ADMIN),
        lambda: services.members.remove(*member, seen=Role.ADMIN),
        lambda: services.saved_views.delete(who, tenant, ids["view_id"], 7),
        lambda: services.schedules.delete(who, ids["schedule_id"], 7),
    ):
        with pytest.raises(Conflict):
            change()
    assert not services.user_administration.get(who, account.id).is_active
    assert services.campaigns.get(who, campaign.id).name == "Other"
    assert services.quotas.find(who, tenant)[0].own == 77


def test_an_account_that_is_changed_meanwhile_is_another_version(
    api: Clients, services: Services, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/api/users/{ids['user_id']}"
    tag = api.super_admin.get(path).headers["etag"]
    administration = services.user_administration
    read = administration.account

    def changed_afterwards(who: Principal, user_id: str) -> UserAccount:
        found = read(who, user_id)
        administration.set_active(who, user_id, active=False)
        return found

    monkeypatch.setattr(administration, "account", changed_afterwards)
    answer = api.super_admin.put(path, {"isActive": False}, headers={"If-Match": tag})
    problem(answer, 412, "precondition_failed")
