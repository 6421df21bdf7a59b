"""Procrastinate's tables, which a trigger on the history fills: a run and its job come in one
transaction (migration 0007).

A job only says that a run is pending. The claim decides which run begins, and in which process: a
job too many does no harm, and a missing one is added here.
"""

from sqlalchemy import text

from exports_app.db.engine import Database

QUEUE = "exports"
TASK = "exports_app.run"

# Jobs of runs that are not pending any more: claimed without the queue, or cancelled
_DONE = """
DELETE FROM procrastinate_jobs j
WHERE j.queue_name = :queue AND j.status = 'todo'
  AND NOT EXISTS (
    SELECT 1 FROM export_history h WHERE h.id = j.args ->> 'run' AND h.status = 'pending')
"""
# Jobs whose worker died: a job itself takes only a moment, and a run has its own lease
_STALLED = """
DELETE FROM procrastinate_jobs j
WHERE j.queue_name = :queue AND j.status <> 'todo'
  AND NOT EXISTS (
    SELECT 1 FROM procrastinate_workers w
    WHERE w.id = j.worker_id AND w.last_heartbeat > now() - make_interval(secs => 60))
"""
_MISSING = """
SELECT exports_queue_run(h.id, h.next_attempt_at) FROM export_history h
WHERE h.status = 'pending'
  AND NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs j
    WHERE j.queue_name = :queue AND j.status = 'todo' AND j.args ->> 'run' = h.id)
"""


def sweep(database: Database) -> tuple[int, int]:
    """Make the jobs match the pending runs. Returns how many were removed, and added. Raises
    Unavailable."""
    with database.write() as connection:
        removed = sum(
            connection.execute(text(query), {"queue": QUEUE}).rowcount
            for query in (_DONE, _STALLED)
        )
        added = connection.execute(text(_MISSING), {"queue": QUEUE}).rowcount
    return removed, added
