"""The end of a run that is called off."""

from datetime import datetime

from exports_app.domain.runs.states import FINISHED, AttemptOutcome
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Run


def cancel(tx: Transaction, run: Run, reason: str, now: datetime, code: str = "cancelled") -> bool:
    """End a run that waits or is under way. Its worker stops at its next step, or when it would
    prolong its lease; a message that is on its way then may still arrive, and is said to be
    unknown. False where the run has ended, or is not as seen."""
    ended = {"completed_at": now, "error": reason, "error_code": code, "next_attempt_at": None}
    if run.status in FINISHED or not tx.runs.cancel(run, ended):
        return False
    tx.deliveries.mark_sending_unknown(run.id)
    tx.deliveries.end_pending(run.id, "the run was cancelled before this message was sent")
    tx.attempts.end(run.id, AttemptOutcome.CANCELLED, now, reason, code)
    return True
