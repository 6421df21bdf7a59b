"""Scheduled exports as code over HTTP."""

from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from exports_app.wiring import Services
from tests.api.client import SCHEDULES, Api, pointers, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme
from tests.world import Cast

YAML = {"Content-Type": "application/yaml"}
SCHEMA = "/api/definition.schema.json"
WEEKLY = """\
schedules:
  - slug: weekly
    name: Weekly
    exportType: campaigns
    format: csv
    schedule: 0 9 * * 1
    recipients: [ann@example.com]
"""


@pytest.fixture
def path(cast: Cast) -> str:
    return f"/api/tenants/{cast.acme.id}/definition"


def post(caller: Api, path: str, text: str, **params: Any) -> httpx.Response:
    return caller.post(path, content=text.encode(), headers=YAML, params=params)


def test_a_definition_is_exported_edited_planned_and_applied(api: Clients, path: str) -> None:
    made = schedule_body(name="Monthly", description="Two\nlines", tags=["a"], isActive=False)
    api.admin.post(SCHEDULES, made)
    exported = api.viewer.get(path, headers={"Accept": "application/yaml"})
    assert exported.headers["content-type"].partition(";")[0] == "application/yaml"
    first, _, third, *_ = exported.text.splitlines()
    assert first.startswith("# yaml-language-server: $schema=http")
    assert (first.endswith(SCHEMA), third) == (True, "tenant: acme")
    assert yaml.safe_load(exported.text) == api.viewer.get(path).json()
    (one,) = api.viewer.get(path).json()["schedules"]
    expected = {key: value for key, value in made.items() if key != "tenantId"}
    assert one == expected | {"slug": "monthly"}
    same = post(api.viewer, f"{path}/plan", exported.text).json()
    assert (same["changes"], same["unchanged"]) == ([], 1)

    edited = exported.text.replace("name: Monthly", "name: Each month") + WEEKLY.partition("\n")[2]
    plan = post(api.admin, f"{path}/plan", edited).json()
    assert (plan["toCreate"], plan["toUpdate"], plan["toDelete"]) == (1, 1, 0)
    update, create = plan["changes"]
    renamed = {"field": "name", "old": "Monthly", "new": "Each month"}
    assert (update["kind"], update["slug"], update["fields"]) == ("update", "monthly", [renamed])
    assert (create["kind"], create["id"], create["name"]) == ("create", None, "Weekly")
    applied = post(api.admin, f"{path}/apply", edited, digest=plan["digest"])
    assert applied.json() == plan
    assert post(api.admin, f"{path}/apply", edited).json()["unchanged"] == 2
    (weekly,) = api.admin.get(SCHEDULES, params={"slug": "weekly"}).json()["items"]
    assert (weekly["timezone"], weekly["version"]) == ("Europe/Berlin", 1)  # the tenant's zone

    stale = post(api.admin, f"{path}/apply", WEEKLY, prune=True, digest=plan["digest"])
    problem(stale, 409, "plan_outdated")
    pruned = post(api.admin, f"{path}/apply", WEEKLY, prune=True).json()
    assert [(c["kind"], c["slug"]) for c in pruned["changes"]] == [("delete", "monthly")]
    assert api.admin.get(SCHEDULES).json()["total"] == 1


def test_errors_name_the_field_and_the_line(api: Clients, path: str) -> None:
    wrong = WEEKLY.replace("0 9 * * 1", "never").replace("format: csv", "format: csv\n    size: 3")
    for call in ("plan", "apply"):
        answer = post(api.admin, f"{path}/{call}", wrong)
        assert pointers(answer) == ["/schedules/0/size"]
        assert answer.json()["errors"][0]["detail"] == (
            "line 6: is unknown or read-only: leave it out"
        )
        answer = post(api.admin, f"{path}/{call}", wrong.replace("    size: 3\n", ""))
        assert pointers(answer) == ["/schedules/0/schedule"]
        assert answer.json()["errors"][0]["detail"].startswith("line 6: ")
    assert pointers(post(api.admin, f"{path}/plan", "schedules: [")) == [""]
    assert pointers(post(api.admin, f"{path}/plan", "tenant: globex\nschedules: []")) == ["/tenant"]
    in_json = api.admin.post(f"{path}/plan", {"schedules": [{"slug": "a"}]})
    assert "/schedules/0/name" in pointers(in_json)
    assert in_json.json()["errors"][0]["detail"] == "is required"
    many = {"schedules": [schedule_body(slug=f"s{i}") for i in range(1_001)]}
    assert pointers(api.admin.post(f"{path}/plan", many)) == ["/schedules"]
    form = api.admin.post(f"{path}/plan", content=b"a=1", headers={"Content-Type": "text/plain"})
    problem(form, 415, "unsupported_media_type")
    large = post(api.admin, f"{path}/plan", WEEKLY + "#" * 1024 * 1024)
    problem(large, 413, "too_large")


def test_a_key_applies_and_the_audit_names_it(
    api: Clients, services: Services, cast: Cast, path: str
) -> None:
    reader = of_acme(services, api, cast, "exports.read")
    writer = of_acme(services, api, cast, "exports.read", "exports.write")
    assert post(reader, f"{path}/plan", WEEKLY).json()["toCreate"] == 1
    problem(post(reader, f"{path}/apply", WEEKLY), 403, "insufficient_scope")
    assert post(writer, f"{path}/apply", WEEKLY).status_code == 200
    entries = api.admin.get("/api/audit", params={"tenantId": cast.acme.id}).json()["items"]
    (created,) = [one for one in entries if one["action"] == "schedule.created"]
    assert (created["subjectName"], "Nightly" in str(created["detail"])) == ("Weekly", True)


def test_apply_is_carried_out_once_with_an_idempotency_key(api: Clients, path: str) -> None:
    again = YAML | {"Idempotency-Key": "one"}
    first, second = (
        api.admin.post(f"{path}/apply", content=WEEKLY.encode(), headers=again) for _ in range(2)
    )
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"


def test_the_schema_takes_what_is_exported_and_no_other_field(api: Clients, path: str) -> None:
    api.admin.post(SCHEDULES, schedule_body(filters={"period": "last_7_days"}, replyTo="a@b.org"))
    schema = api.anonymous.get(SCHEMA).json()
    definition = api.admin.get(path).json()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(definition)
    definition["schedules"][0]["size"] = 3
    assert not validator.is_valid(definition)
    assert "csv" in str(schema)
