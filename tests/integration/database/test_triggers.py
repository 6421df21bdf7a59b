"""No migration loses a trigger, and a database without one is noticed."""

import pytest
import structlog
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from exports_app import startup
from exports_app.db import triggers
from exports_app.doctor import databases
from exports_app.wiring import Services


def test_migrations_from_the_first_one_on_make_the_triggers_that_are_declared(
    services: Services,
) -> None:
    declared = triggers.declared(embedded=services.database.embedded)
    own = {(t, name) for t, name in triggers.present(services.database) if "procrastinate" not in t}
    assert own == declared


@pytest.mark.about_sqlite
def test_a_table_that_a_migration_makes_anew_is_found_without_its_triggers(
    services: Services,
) -> None:
    with services.database.migrate() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("deliveries", recreate="always"):
            pass
    lost = "deliveries_counted_when_added on deliveries, deliveries_counted_when_moved on"
    assert lost in triggers.warning(services.database)


@pytest.mark.about_postgresql
def test_a_trigger_that_is_disabled_is_found(services: Services) -> None:
    def alter(how: str) -> None:
        with services.database.write() as connection:
            connection.exec_driver_sql(f"ALTER TABLE users {how} TRIGGER search_users_keep")

    alter("DISABLE")
    try:
        assert "(search_users_keep on users)" in triggers.warning(services.database)
    finally:
        alter("ENABLE")


@pytest.mark.about_sqlite
def test_the_start_and_the_doctor_say_so(services: Services) -> None:
    def found_by_doctor() -> list[tuple[bool, str]]:
        found = databases.find_triggers(services.settings)
        return [(finding.good, finding.code) for finding in found]

    startup.prepare(services)
    assert found_by_doctor() == [(True, "triggers")]
    with services.database.migrate() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_entries_are_not_removed")
    assert found_by_doctor() == [(False, "triggers_missing")]
    with structlog.testing.capture_logs() as entries:
        startup.prepare(services)
    (entry,) = [entry for entry in entries if entry["log_level"] == "error"]
    assert "audit_entries_are_not_removed on audit_entries" in entry["event"]
