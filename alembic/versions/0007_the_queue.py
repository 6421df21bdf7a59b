"""PostgreSQL: Procrastinate's tables, and a job for each run that waits, in the transaction that makes it wait.

The tables are those of Procrastinate 3.10.0 as it ships them (alembic/sql).
"""

from pathlib import Path
from typing import Any

from alembic import op

revision, down_revision, branch_labels, depends_on = "0007", "0006", None, None

SCHEMA = Path(__file__).parents[1] / "sql" / "procrastinate-3.10.0.sql"
QUEUE = """
CREATE FUNCTION exports_queue_run(run text, at timestamptz) RETURNS bigint[] LANGUAGE sql AS $$
  SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW('exports', 'exports_app.run', 0, NULL, NULL, jsonb_build_object('run', run), at)
  ]::procrastinate_job_to_defer_v1[])
$$;
CREATE FUNCTION exports_queue_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM exports_queue_run(NEW.id, NEW.next_attempt_at);
  RETURN NULL;
END
$$;
CREATE TRIGGER export_history_is_made AFTER INSERT ON export_history
  FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION exports_queue_waiting();
CREATE TRIGGER export_history_waits_again AFTER UPDATE OF status, next_attempt_at ON export_history
  FOR EACH ROW WHEN (
    NEW.status = 'pending' AND (OLD.status <> 'pending' OR OLD.next_attempt_at IS DISTINCT FROM NEW.next_attempt_at)
  ) EXECUTE FUNCTION exports_queue_waiting();
"""
GONE = """
DROP TRIGGER export_history_waits_again ON export_history;
DROP TRIGGER export_history_is_made ON export_history;
DROP FUNCTION exports_queue_waiting();
DROP FUNCTION exports_queue_run(text, timestamptz);
DO $$
DECLARE one record;
BEGIN
  DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname LIKE 'procrastinate\\_%' AND n.nspname = current_schema()
  LOOP EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE'; END LOOP;
  DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type;
END
$$;
"""


def upgrade() -> None:
    _run(SCHEMA.read_text(), QUEUE)


def downgrade() -> None:
    _run(GONE)


def _run(*scripts: str) -> None:
    if op.get_context().dialect.name != "postgresql" or op.get_context().as_sql:
        return
    driver: Any = op.get_bind().connection.driver_connection
    for script in scripts:
        driver.execute(script)  # many statements in one go, which only the driver takes
