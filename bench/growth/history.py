"""Statements that fill schedules, runs, attempts, deliveries, notices and downloads."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from bench.growth import plans
from bench.growth.dialects import (
    ATTEMPT,
    DELIVERY,
    DOWNLOAD,
    LEASE,
    NOTICE,
    RUN,
    SCHEDULE,
    USER,
    chance,
    choose,
)
from bench.growth.people import KEEP_DAYS, person_email
from bench.growth.plans import MADE, RECIPIENTS, SENT, Plan
from exports_app.domain.runs.states import Trigger
from exports_app.services.core.records import Schedule
from exports_app.services.schedules.filters import Filters
from exports_app.services.schedules.service import new_run

WHAT = ("Sales", "Visits", "Spend", "Umsätze", "Leads", "Orders", "Été", "Reach", "Retention")
HOW = ("by channel", "by week", "per campaign", "all days", "for the board", "für Köln")
WHERE = ("Berlin", "Zürich", "Paris", "Kraków", "São Paulo", "Málaga", "London", "Oslo")
TYPES = ("campaigns", "campaign", "aggregate")
FORMATS = ("csv", "excel", "json", "xml")
EXTENSIONS = ("csv", "xlsx", "json", "xml")
FILTERS = json.dumps(Filters(period="previous_week").to_json())
KEEP_SECONDS = KEEP_DAYS * 86_400
KEEP_NOTICES = 170 * 86_400
"""Seconds: nothing is left for the housekeeping to remove first."""
REFUSED = "550 5.1.1 no such user here"
RUNS = "FROM plan_runs r"
SCHEDULES = "FROM plan_schedules r"


def fill(plan: Plan) -> Iterator[str]:
    yield _schedules(plan)
    yield _runs(plan)
    yield _attempts(plan)
    yield _deliveries(plan)
    yield _notices(plan)
    yield _downloads(plan)


def _name() -> str:
    what, how, where = choose("r.s", WHAT), choose("r.s / 9", HOW), choose("r.s / 54", WHERE)
    return f"({what} || ' ' || {how} || ', ' || {where} || ' ' || r.s)"


def _target(index: str) -> str:
    team = "'team-' || (r.s % 50) || '@example.com'"
    others = ("manager@example.com", "archive@example.com")
    return f"CASE {index} WHEN 0 THEN {team} WHEN 1 THEN '{others[0]}' ELSE '{others[1]}' END"


def _recipients() -> str:
    """As JSON."""
    second = f"CASE WHEN {RECIPIENTS} > 1 THEN ', \"' || {_target('1')} || '\"' ELSE '' END"
    third = f"CASE WHEN {RECIPIENTS} > 2 THEN ', \"' || {_target('2')} || '\"' ELSE '' END"
    return f"('[\"' || {_target('0')} || '\"' || {second} || {third} || ']')"


def _spec(plan: Plan) -> str:
    """The snapshot of a run as JSON, as the application writes it."""
    now = datetime.fromtimestamp(plan.now, UTC)
    schedule = Schedule(
        *("", "", "\x01", None, "\x02", "\x03", "0 9 * * *", "Europe/Berlin"),
        *(["\x04"], json.loads(FILTERS), True, "", "\x05", now, now),
        when_empty="send",
    )
    spec = json.dumps(new_run(schedule, Trigger.SCHEDULE, now, created_at=now).spec.to_json())
    pieces = {
        "\x01": _name(),
        "\x02": choose("r.s", TYPES),
        "\x03": choose("r.s", FORMATS),
        "\x05": plan.dialect.id(USER, "r.owner"),
    }
    text = "'" + spec.replace("'", "''").replace('["\\u0004"]', f"' || {_recipients()} || '") + "'"
    for token, piece in pieces.items():
        text = text.replace(json.dumps(token)[1:-1], f"' || {piece} || '")
    return f"({text})"


def _schedules(plan: Plan) -> str:
    d = plan.dialect
    newest = plan.run_at("0", "r.first_run", "CASE WHEN r.runs = 0 THEN 1 ELSE r.runs END")
    code = chance("r.first_run", 1_000, 3)
    made = f"{plan.now - 63_072_000} - {chance('r.s', 1_000)} * 3600"
    failing = f"r.runs > 0 AND {code} >= 890 AND {code} < {SENT}"
    stopped = "r.s % 21 = 3"
    columns = {
        "id": d.id(SCHEDULE, "r.s"),
        "tenant_id": "r.tenant_id",
        "name": _name(),
        "description": "CASE WHEN r.s % 2 = 0 THEN 'Number ' || r.s ELSE NULL END",
        "export_type": choose("r.s", TYPES),
        "format": choose("r.s", FORMATS),
        "schedule": "x.schedule",
        "timezone": "x.timezone",
        "recipients": d.json(_recipients()),
        "filters": d.json(f"'{FILTERS}'"),
        "when_empty": "'send'",
        "is_active": "CASE WHEN r.s % 7 = 3 THEN FALSE ELSE TRUE END",
        "last_run_at": f"CASE WHEN r.runs > 0 THEN {d.at(newest)} ELSE NULL END",
        "last_status": f"CASE WHEN r.runs = 0 THEN NULL WHEN {code} < 985 "
        f"THEN {plans.status(code)} ELSE 'completed' END",
        "next_run_at": f"CASE WHEN r.s % 7 = 3 THEN NULL ELSE {d.at('x.next_at')} END",
        "created_by": d.id(USER, "r.owner"),
        "owner_id": d.id(USER, "r.owner"),
        "created_at": d.at(made),
        "updated_at": d.at(made),
        "version": "1",
        "failures": f"CASE WHEN {failing} THEN 1 ELSE 0 END",
        "failing_since": f"CASE WHEN {failing} THEN {d.at(newest)} ELSE NULL END",
        "paused_at": f"CASE WHEN {stopped} THEN {d.at(newest)} ELSE NULL END",
        "paused_reason": f"CASE WHEN {stopped} THEN 'five runs failed in a row' ELSE NULL END",
    }
    return _insert("scheduled_exports", columns, f"{SCHEDULES} JOIN plan_times x ON x.k = r.k")


def _runs(plan: Plan) -> str:
    d = plan.dialect
    key, tenant = d.id(RUN, "r.r"), "r.tenant_id"
    made = f"r.code < {MADE}"
    extension = choose("r.s", EXTENSIONS)
    lease = d.id(LEASE, "r.r")
    old = f"{made} AND r.at < {plan.now - KEEP_SECONDS}"
    begun = "r.code < 965"
    columns = {
        "id": key,
        "scheduled_export_id": d.id(SCHEDULE, "r.s"),
        "tenant_id": tenant,
        '"trigger"': "CASE WHEN r.r % 20 = 7 THEN 'manual' ELSE 'schedule' END",
        "triggered_by": f"CASE WHEN r.r % 20 = 7 THEN {d.id(USER, 'r.owner')} ELSE NULL END",
        "scheduled_for": f"CASE WHEN r.r % 20 = 7 THEN NULL ELSE {d.at('r.at')} END",
        "missed_ticks": "0",
        "spec": d.json(_spec(plan)),
        "window_start": d.day("r.at - 7 * 86400"),
        "window_end": d.day("r.at - 86400"),
        "format": choose("r.s", FORMATS),
        "status": plans.status("r.code"),
        "file_name": f"CASE WHEN {made} THEN 'export_' || r.r || '.' || {extension} ELSE NULL END",
        "file_key": f"CASE WHEN {made} THEN {tenant} || '/' || {key} || '/' || {lease} || '.' || "
        f"{extension} ELSE NULL END",
        "file_size": f"CASE WHEN {made} THEN 40000 + r.r % 1000 ELSE NULL END",
        "sha256": f"CASE WHEN {made} THEN replace(({key}) || ({lease}), '-', '') ELSE NULL END",
        "record_count": f"CASE WHEN {made} THEN 1000 + r.r % 1000 ELSE NULL END",
        "removed_characters": f"CASE WHEN {made} THEN 0 ELSE NULL END",
        "sent_as": f"CASE WHEN {made} THEN 'attach' ELSE NULL END",
        "sent_size": f"CASE WHEN {made} THEN 54000 ELSE NULL END",
        "file_removed_at": f"CASE WHEN {old} THEN {d.at(f'r.at + {KEEP_SECONDS}')} ELSE NULL END",
        "recipients": d.json(_recipients()),
        "error": f"CASE WHEN {made} THEN NULL ELSE '{REFUSED}' END",
        "error_code": f"CASE WHEN {made} THEN NULL ELSE 'delivery_failed' END",
        "created_at": d.at("r.at"),
        "started_at": f"CASE WHEN {begun} THEN {d.at('r.at + 1')} ELSE NULL END",
        "completed_at": d.at(f"r.at + 2 + {chance('r.r', 60, 1)}"),
        "attempt": f"CASE WHEN {begun} THEN 1 ELSE 0 END",
    }
    return _insert("export_history", columns, f"{RUNS} {d.in_order}")


def _attempts(plan: Plan) -> str:
    """One, or three of a run that failed."""
    d = plan.dialect
    failed = f"r.code >= {MADE}"
    last = f"(CASE WHEN {failed} THEN 2 ELSE 0 END)"
    columns = {
        "id": d.id(ATTEMPT, "r.r * 4 + c.n"),
        "history_id": d.id(RUN, "r.r"),
        "number": "c.n + 1",
        "started_at": d.at("r.at + 1 + c.n"),
        "ended_at": d.at("r.at + 2 + c.n"),
        "outcome": f"CASE WHEN c.n < {last} THEN 'retry' ELSE {plans.status('r.code')} END",
        "error": f"CASE WHEN {failed} THEN '{REFUSED}' ELSE NULL END",
    }
    source = f"{RUNS} JOIN plan_numbers c ON c.n <= {last} WHERE r.code < {SENT} {d.in_order}"
    return _insert("run_attempts", columns, source)


def _deliveries(plan: Plan) -> str:
    d = plan.dialect
    key = d.id(DELIVERY, "r.r * 4 + c.n")
    refused = f"(r.code >= {MADE} OR (r.code >= 890 AND c.n = 0))"
    columns = {
        "id": key,
        "history_id": d.id(RUN, "r.r"),
        "channel": "'email'",
        "target": _target("c.n"),
        "status": f"CASE WHEN {refused} THEN 'failed' ELSE 'accepted' END",
        "attempts": f"CASE WHEN {refused} THEN 3 ELSE 1 END",
        "message_id": key,
        "error": f"CASE WHEN {refused} THEN '{REFUSED}' ELSE NULL END",
        "sent_at": f"CASE WHEN {refused} THEN NULL ELSE {d.at('r.at + 2')} END",
        "sent_as": "'attach'",
        "sent_size": "54000",
    }
    source = f"{RUNS} JOIN plan_numbers c ON c.n < {RECIPIENTS} WHERE r.code < {SENT} {d.in_order}"
    return _insert("deliveries", columns, source)


def _notices(plan: Plan) -> str:
    """To the owner of each run that failed in whole or in part, as long as they are kept."""
    d = plan.dialect
    content = {
        "name": "\x01",
        "error": REFUSED,
        "attempts": 3,
        "timezone": "Europe/Berlin",
        "scheduled_for": None,
        "since": None,
    }
    text = json.dumps(content).replace("\\u0001", f"' || {_name()} || '")
    columns = {
        "id": d.id(NOTICE, "r.r"),
        "tenant_id": "r.tenant_id",
        "scheduled_export_id": d.id(SCHEDULE, "r.s"),
        "history_id": d.id(RUN, "r.r"),
        "kind": "'failing'",
        "target": person_email("r.owner"),
        "content": d.json(f"'{text}'"),
        "status": "'accepted'",
        "attempts": "1",
        "created_at": d.at("r.at + 70"),
        "sent_at": d.at("r.at + 71"),
    }
    kept = f"r.code >= 890 AND r.code < {SENT} AND r.at > {plan.now - KEEP_NOTICES}"
    return _insert("notices", columns, f"{RUNS} WHERE {kept} {d.in_order}")


def _downloads(plan: Plan) -> str:
    d = plan.dialect
    columns = {
        "id": d.id(DOWNLOAD, "r.r"),
        "history_id": d.id(RUN, "r.r"),
        "way": "'page'",
        "at": d.at("r.at + 100"),
        "user_id": d.id(USER, "r.owner"),
        "address": "'192.0.2.7'",
        "device": "'Firefox on Linux'",
    }
    return _insert("file_downloads", columns, f"{RUNS} WHERE r.code < 50 {d.in_order}")


def _insert(table: str, columns: dict[str, str], source: str) -> str:
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} {source}"
    )
