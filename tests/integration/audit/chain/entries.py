"""Entries of the audit: written, checked, and changed behind the app's back."""

import sqlite3

import psycopg

from exports_app.services.audit import audit_log
from exports_app.services.core.records import Action
from exports_app.wiring import Services
from tests.world import sql

TABLES = ("audit_entries", "audit_links", "audit_seals", "audit_checkpoints")


def write(services: Services, tenant_id: str | None, count: int, name: str = "No.") -> list[str]:
    """So many entries, a second apart. Their ids, the oldest first."""
    for i in range(count):
        services.clock.advance(seconds=1)  # type: ignore[attr-defined]
        with services.store.write() as tx:
            audit_log.note(
                *(tx, audit_log.COMMAND_LINE, Action.TENANT_UPDATED, services.clock()),
                tenant_id=tenant_id,
                subject_id=None,
                subject_name=f"{name} {i + 1}",
                changed={"name": ["ä", i]},
            )
    of_tenant = "tenant_id IS NULL" if tenant_id is None else f"tenant_id = '{tenant_id}'"
    return [
        row[0]
        for row in sql(services, f"SELECT id FROM audit_entries WHERE {of_tenant} ORDER BY at, id")
    ]


def faults(services: Services, slug: str | None = None) -> list[str]:
    return services.audit_verification.check(slug).all_faults


def unlocked(services: Services, *statements: str) -> None:
    """As one who owns the database and first takes its triggers away."""
    if services.database.embedded:
        with sqlite3.connect(services.database.file or "") as connection:
            triggers = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            for _, text in triggers:
                connection.execute(text)
        connection.close()
        return
    with psycopg.connect(services.database.libpq_url) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")  # type: ignore[arg-type]


def entry(ids: list[str], number: int) -> str:
    return f"entry {ids[number - 1]} at position {number}"
