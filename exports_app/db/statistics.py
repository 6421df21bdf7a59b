"""Statistics about tables and indexes, by which a database chooses between indexes."""

from sqlalchemy import text

from exports_app.db.engine import Database

ROWS_READ = 1_000
"""Of each of SQLite's indexes (sqlite.org/pragma.html#pragma_analysis_limit): a few milliseconds in
all, however many rows there are. A database reads 30,000 rows of a table of PostgreSQL at most."""
OUTDATED = """
SELECT relname FROM pg_stat_user_tables
WHERE n_mod_since_analyze > 1000 + n_live_tup * 0.2 AND has_table_privilege(relid, 'UPDATE')
ORDER BY relname
"""
"""Tables that PostgreSQL's own autovacuum, which does so at half as many changes, has not come to,
for example because it is switched off."""


def refresh(database: Database) -> list[str]:
    """Returns the tables of PostgreSQL whose statistics were outdated. Raises Unavailable."""
    if database.embedded:
        with database.write() as connection:
            connection.exec_driver_sql(f"PRAGMA analysis_limit = {ROWS_READ}")
            connection.exec_driver_sql("ANALYZE")
        database.dispose()  # a connection reads the statistics when it opens the file
        return []
    with database.read() as connection:
        outdated = list(connection.execute(text(OUTDATED)).scalars())
    for name in outdated:
        with database.write() as connection:
            connection.exec_driver_sql(f'ANALYZE (SKIP_LOCKED) "{name}"')
    return outdated
