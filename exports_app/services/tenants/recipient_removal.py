"""Removing the address of a former member from the recipients of a tenant's scheduled exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    OnlyRecipient,
)
from exports_app.domain.humanize import counted
from exports_app.services.audit import audit_log
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Action, Schedule

NAMED = 3
"""Scheduled exports that a refusal names; the others are counted."""


@dataclass(frozen=True)
class Addressed:
    """How many scheduled exports an address is a recipient of. deleted: of those that can be
    restored."""

    live: int = 0
    deleted: int = 0


def addressed(tx: Transaction, tenant_id: str, address: str) -> Addressed:
    """In any case of the address."""
    of = (tenant_id, address)
    deleted = tx.schedules.addressed_to(*of, deleted=True)
    return Addressed(len(tx.schedules.addressed_to(*of)), len(deleted))


def drop(tx: Transaction, who: Principal, tenant_id: str, address: str, now: datetime) -> Addressed:
    """Remove the address, in any case, from the recipients of the tenant's scheduled exports.
    Returns the numbers of changed ones. Raises Conflict with their names where it is the only
    recipient of some."""
    schedules = tx.schedules.addressed_to(tenant_id, address, lock=True)
    remaining = {schedule.id: _without(schedule.recipients, address) for schedule in schedules}
    if emptied := [
        schedule
        for schedule in schedules
        if not (remaining[schedule.id] or schedule.destination_ids)
    ]:
        raise OnlyRecipient(_go_to_nobody_else(emptied, address))
    # Deleted ones may be restored. One that is left without a recipient is then paused
    deleted = tx.schedules.addressed_to(tenant_id, address, lock=True, deleted=True)
    remaining |= {schedule.id: _without(schedule.recipients, address) for schedule in deleted}
    tx.schedules.set_recipients(remaining, now)
    for schedule in (*schedules, *deleted):
        changed = {"recipients": [schedule.recipients, remaining[schedule.id]]}
        audit_log.note_schedule(tx, who, Action.SCHEDULE_UPDATED, schedule, now, changed=changed)
    return Addressed(len(schedules), len(deleted))


def _without(recipients: Sequence[str], address: str) -> list[str]:
    return [recipient for recipient in recipients if recipient.lower() != address.lower()]


def _go_to_nobody_else(schedules: Sequence[Schedule], address: str) -> str:
    by_name = sorted(schedules, key=lambda schedule: (schedule.name.casefold(), schedule.id))
    names = [f'"{schedule.name}"' for schedule in by_name[:NAMED]]
    if len(schedules) > NAMED:
        names.append(f"{len(schedules) - NAMED:,} more")
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    have = "has" if len(schedules) == 1 else "have"
    return (
        f"{counted(len(schedules), 'scheduled export')} {have} no recipient but {address}: "
        f"add another one first ({listed})"
    )
