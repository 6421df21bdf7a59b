"""Changes of scheduled exports, as they are stored and noted in the audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from exports_app.domain.access import Principal
from exports_app.services.audit import audit_log
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Action, Schedule
from exports_app.services.schedules.draft_values import columns
from exports_app.services.schedules.validation import Draft

RESET_NEXT_RUN = {"schedule", "timezone", "is_active"}


@dataclass(frozen=True)
class Edit:
    """What becomes of one. values: columns, without the version and the time of the change.
    detail: of its entry in the audit."""

    values: Mapping[str, Any]
    action: Action = Action.SCHEDULE_UPDATED
    detail: Mapping[str, Any] = field(default_factory=dict)

    def of(self, old: Schedule, now: datetime) -> dict[str, Any]:
        """All that is stored."""
        return {**self.values, "updated_at": now, "version": old.version + 1}


def edit_of(old: Schedule, draft: Draft, next_run_at: datetime | None, who: str) -> Edit | None:
    """None where nothing differs. next_run_at: of the draft. who: the id of its owner if this
    activates it."""
    values = {k: v for k, v in columns(draft).items() if v != getattr(old, k)}
    if not values:
        return None
    changes = audit_log.changed(vars(old), values)
    if RESET_NEXT_RUN & values.keys():
        values["next_run_at"] = next_run_at
    if values.get("is_active"):
        values |= {"owner_id": who, "failures": 0, "paused_at": None, "paused_reason": None}
    return Edit(values, detail={"changed": changes})


def write(
    tx: Transaction, who: Principal, edits: Sequence[tuple[Schedule, Edit]], now: datetime
) -> list[Schedule]:
    """They must be locked. Returns them as they are then, in order."""
    values = {old.id: edit.of(old, now) for old, edit in edits}
    tx.schedules.update_all(values)
    changed = [replace(old, **values[old.id]) for old, _ in edits]
    notes = [(edit.action, old, edit.detail) for old, edit in edits]
    audit_log.note_schedules(tx, who, notes, now)
    return changed
