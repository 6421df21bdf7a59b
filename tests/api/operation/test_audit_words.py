"""Entries of the audit name what was changed as the API does: the same fields, units and forms."""

import csv
import io
import json
from typing import Any

import pytest

from exports_app.api.schemas.api_keys import KeyOut
from exports_app.api.schemas.campaigns import CampaignOut
from exports_app.api.schemas.schedules import ScheduleOut
from exports_app.api.schemas.tenants import MemberOut, QuotasChange, TenantSettingsOut
from exports_app.api.schemas.views import ViewOut
from exports_app.services.audit import api_details
from exports_app.services.core.records import Action, AuditEntry, Campaign, SavedView
from exports_app.services.schedules.validation import FIELDS
from exports_app.services.tenants.quotas import MAX_QUOTA
from exports_app.services.tenants.tenant_settings import CHOSEN
from tests.api.client import CAMPAIGNS, SCHEDULES
from tests.api.conftest import Clients
from tests.doubles import FakeClock
from tests.world import Cast


def entry(action: Action, **detail: Any) -> dict[str, Any]:
    now = FakeClock()()
    return api_details.of(AuditEntry("1", None, now, None, "Ann", action, None, "x", detail))


@pytest.mark.parametrize(
    ("schema", "action", "fields"),
    [
        (ScheduleOut, Action.SCHEDULE_UPDATED, [*FIELDS, "next_run_at"]),
        (CampaignOut, Action.CAMPAIGN_UPDATED, {*Campaign.__dataclass_fields__} - {"budget"}),
        (TenantSettingsOut, Action.TENANT_UPDATED, CHOSEN),
        (QuotasChange, Action.QUOTAS_CHANGED, [f"quota_{name}" for name in MAX_QUOTA]),
        (ViewOut, Action.VIEW_UPDATED, {*SavedView.__dataclass_fields__} - {"filters"}),
        (MemberOut, Action.MEMBER_CHANGED, ["role"]),
        (KeyOut, Action.KEY_RENAMED, ["name"]),
    ],
)
def test_every_field_has_the_name_that_the_api_has_for_it(
    schema: Any, action: Action, fields: Any
) -> None:
    known = {field.alias or name for name, field in schema.model_fields.items()}
    found = entry(action, changed={name: [None, "x"] for name in fields})["changed"]
    assert len(found) == len(list(fields))
    assert {*found} <= known


def test_what_is_new_is_what_the_api_answers(api: Clients, ids: dict[str, str], cast: Cast) -> None:
    """Each change by the API, and the entry about it."""
    tenant, view = f"/api/tenants/{cast.acme.id}", "/views/{view_id}"
    member = f"{tenant}/members/{cast.viewer.user.id}"
    changes: list[tuple[str, str, dict[str, Any]]] = [
        (
            "schedule.updated",
            f"{SCHEDULES}/{{schedule_id}}",
            {
                "schedule": "30 7 * * 2",
                "timeLimit": 300,
                "isActive": False,
                "linkDays": 3,
                "replyTo": "ann@example.com",
                "filters": {"period": "previous_month"},
            },
        ),
        (
            "campaign.updated",
            f"{CAMPAIGNS}/{{campaign_id}}",
            {"budget": 1500.25, "startDate": "2026-02-01"},
        ),
        ("tenant.updated", tenant, {"keepDays": 9, "recipientDomains": ["example.com"]}),
        ("view.updated", tenant + view, {"filters": {"lastStatus": "failed"}}),
        ("member.changed", member, {"role": "admin"}),
    ]
    for action, path, body in changes:
        of = path.format(**ids)
        answer = api.admin.put(of, body)
        assert answer.status_code == 200, answer.text
        (newest, *_) = [e for e in items(api) if e["action"] == action]
        changed = newest["detail"]["changed"]
        assert {*changed} == {*body}, action
        for name, (_, new) in changed.items():
            told = answer.json()[name]
            if name == "filters":  # an answer also has those that are not set
                assert {*told} >= {*new}
                assert {key: told[key] for key, value in new.items() if value} == body[name]
            else:
                assert new == told, name


def items(api: Clients) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.super_admin.get("/api/audit?size=100").json()["items"]
    return found


def test_quotas_and_runs_are_named_alike(api: Clients, ids: dict[str, str], cast: Cast) -> None:
    quotas = f"/api/tenants/{cast.acme.id}/quotas"
    assert api.super_admin.put(quotas, {"pendingRuns": 5}).status_code == 200
    run = f"{SCHEDULES}/{ids['schedule_id']}"
    days = {"startDate": "2026-02-01", "endDate": "2026-02-28", "sendTo": "me"}
    rerun = api.admin.post(f"{run}/history/{ids['history_id']}/rerun", {"sendTo": "nobody"}).json()
    assert api.admin.post(f"{run}/backfill", days).status_code == 202
    detail = {entry["action"]: entry["detail"] for entry in items(api)}
    assert detail["tenant.quotas_changed"] == {"changed": {"pendingRuns": [None, 5]}}
    assert detail["run.backfilled"] == days | {"runs": detail["run.backfilled"]["runs"]}
    assert detail["run.repeated"] == {
        "historyId": rerun["id"],
        "rerunOf": ids["history_id"],
        "sendTo": "nobody",
    }


def test_instants_are_in_utc_to_the_second() -> None:
    written = ["2026-03-01 08:00:00.123456+01:00", None]
    assert entry(Action.SCHEDULE_UPDATED, changed={"next_run_at": written, "name": written}) == {
        "changed": {"nextRunAt": ["2026-03-01T07:00:00Z", None], "name": written}
    }
    assert entry(Action.KEY_CREATED, expires="never", scopes=["exports.read"]) == {
        "expiresAt": None,
        "scopes": ["exports.read"],
    }
    assert entry(Action.SIGN_IN_FAILED, times=2, first="2026-03-01T08:00:00.5+00:00") == {
        "times": 2,
        "first": "2026-03-01T08:00:00Z",
    }


def test_the_table_says_the_same(api: Clients, schedule: dict[str, Any], clock: FakeClock) -> None:
    api.admin.put(f"{SCHEDULES}/{schedule['id']}", {"isActive": False})
    clock.advance(seconds=1)
    (row,) = [
        row
        for row in csv.DictReader(io.StringIO(api.admin.get("/api/audit/csv").text))
        if row["action"] == "schedule.updated"
    ]
    assert json.loads(row["detail"]) == {"changed": {"isActive": [True, False]}}
