"""How a run ends that is not carried to its end: what becomes of its messages."""

from datetime import datetime

from exports_app.domain.runs.policies import OnUnknown
from exports_app.domain.runs.states import FINISHED, AttemptOutcome
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Run


def holds_unknown(run: Run) -> bool:
    """Whether a message of it whose fate is unknown waits for a person's decision."""
    return run.spec.on_unknown == OnUnknown.HOLD


def cancel(tx: Transaction, run: Run, reason: str, now: datetime, code: str = "cancelled") -> bool:
    """End a run that waits or is under way. Its worker stops at its next step, or when it would
    prolong its lease; a message that is on its way then may still arrive, and becomes unknown.
    False where the run has ended, or is not as seen."""
    values = {"completed_at": now, "error": reason, "error_code": code, "next_attempt_at": None}
    if run.status in FINISHED or not tx.runs.cancel(run, values):
        return False
    tx.deliveries.mark_sending_unknown(run.id)
    tx.deliveries.end_pending(run.id, "the run was cancelled before this message was sent")
    tx.attempts.end(run.id, AttemptOutcome.CANCELLED, now, reason, code)
    return True
