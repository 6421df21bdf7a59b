"""What a database's schema says."""

from exports_app.db.engine import Database


def schema(database: Database) -> list[tuple[str, str]]:
    """Name and definition of everything there is, in name order."""
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name")
        return [(name, sql or "") for name, sql in rows]
