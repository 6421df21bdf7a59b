"""Calls of the repository of the list of all runs."""

from collections.abc import Mapping
from typing import Any

from exports_app.services.core.interfaces import RunFilter
from exports_app.services.core.records import Page
from tests.integration.database.query_plans.known import DAY, Call


def _found(sort: str = "-created_at", **where: Any) -> Call:
    return lambda tx, k: tx.run_list.find(
        k.filled.tenant,
        RunFilter(**where),
        Page(size=50, sort=sort, after=(k.filled.now - 9 * DAY, k.run.id)),
    )


CALLS: Mapping[str, Call] = {
    "run_list.find": _found(),
    "run_list.with_id": lambda tx, k: tx.run_list.with_id(k.filled.tenant, k.run.id[:6], 8),
    "run_list.find: newer": _found("created_at"),
    "run_list.find: a status": _found(status="cancelled"),
    "run_list.find: tests": _found(trigger="test"),
    "run_list.find: a status and tests": _found(status="failed", trigger="test"),
    "run_list.find: scheduled": _found(trigger="schedule"),
    "run_list.find: a reason": _found(reason="mailbox full"),
    "run_list.find: a reason, newer": _found("created_at", reason="mailbox full"),
    "run_list.find: ended": lambda tx, k: tx.run_list.find(
        k.filled.tenant,
        RunFilter(ended_after=k.filled.now - 9 * DAY),
        Page(size=50, sort="-created_at"),
    ),
    "run_list.find: a recipient": _found(recipient="nobody@example.com"),
    "run_list.find: a part of a recipient": _found(recipient="ann", is_part=True),
    "run_list.find: of a schedule": lambda tx, k: tx.run_list.find(
        k.filled.tenant,
        RunFilter(schedule_id=k.schedule.id, status="failed"),
        Page(size=50, sort="-created_at"),
    ),
    "run_ends.after": lambda tx, k: tx.run_ends.after(k.filled.tenant, 0, RunFilter(), 50),
    "run_ends.after: filtered": lambda tx, k: tx.run_ends.after(
        k.filled.tenant,
        0,
        RunFilter(schedule_id=k.schedule.id, status="failed", trigger="schedule"),
        50,
    ),
    "run_ends.last": lambda tx, k: tx.run_ends.last(k.filled.tenant),
    "run_ends.any_to_number": lambda tx, k: tx.run_ends.any_to_number(k.filled.tenant),
    "run_ends.tenants_to_number": lambda tx, _: tx.run_ends.tenants_to_number(),
    "run_ends.number": lambda tx, k: tx.run_ends.number(k.filled.tenant, 1, 1_000),
    "run_list.find: days": lambda tx, k: tx.run_list.find(
        k.filled.tenant,
        RunFilter(since=k.filled.now - 9 * DAY, before=k.filled.now),
        Page(size=50, sort="-created_at"),
    ),
}
