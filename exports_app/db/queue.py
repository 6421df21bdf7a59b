"""Procrastinate's tables, which a trigger on the history fills: a run and its job come in one
transaction (migration 0007).

A job only says that a run waits. What is run, by whom and in which order is decided by a claim; a
job too many does no harm, and one that was lost is made again here.
"""

from sqlalchemy import text

from exports_app.db.engine import Database

QUEUE, TASK = "exports", "exports_app.run"

# Jobs of runs that are not pending any more: somebody claimed them without the queue, or they were
# called off
_DONE = """
DELETE FROM procrastinate_jobs j
WHERE j.queue_name = :queue AND j.status = 'todo'
  AND NOT EXISTS (
    SELECT 1 FROM export_history h WHERE h.id = j.args ->> 'run' AND h.status = 'pending')
"""
# Jobs whose worker died over them: looking at the queue takes a moment, and a run has its own lease
_STALLED = """
DELETE FROM procrastinate_jobs j
WHERE j.queue_name = :queue AND j.status <> 'todo'
  AND NOT EXISTS (
    SELECT 1 FROM procrastinate_workers w
    WHERE w.id = j.worker_id AND w.last_heartbeat > now() - make_interval(secs => 60))
"""
_LOST = """
SELECT exports_queue_run(h.id, h.next_attempt_at) FROM export_history h
WHERE h.status = 'pending'
  AND NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs j
    WHERE j.queue_name = :queue AND j.status = 'todo' AND j.args ->> 'run' = h.id)
"""


def sweep(database: Database) -> tuple[int, int]:
    """Bring the queue in line with the history. Returns how many jobs were removed, and made again.
    Raises Unavailable."""
    with database.write() as connection:
        removed = sum(
            connection.execute(text(query), {"queue": QUEUE}).rowcount
            for query in (_DONE, _STALLED)
        )
        made = connection.execute(text(_LOST), {"queue": QUEUE}).rowcount
    return removed, made
