"""The database refuses to change or remove an entry of the audit."""

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from exports_app.wiring import Services
from tests.integration.audit.chain.entries import TABLES, write
from tests.world import Cast, sql


class TestTriggers:
    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize("statement", ["DELETE FROM {0}", "UPDATE {0} SET {1} = {1}"])
    def test_nobody_changes_or_removes_a_row(
        self, services: Services, ids: list[str], tmp_path: Path, table: str, statement: str
    ) -> None:
        services.audit_export.write(tmp_path / "audit.jsonl")
        write(services, None, 1)
        services.audit_seals.seal()
        (column,) = {"audit_entries": ["id"], "audit_seals": ["number"]}.get(table, ["chain"])
        with pytest.raises(DBAPIError, match="only ever added"):
            sql(services, statement.format(table, column))
        assert sql(services, f"SELECT count(*) FROM {table}")[0][0] > 0

    @pytest.mark.about_postgresql
    @pytest.mark.parametrize("table", TABLES)
    def test_nobody_empties_a_table(self, services: Services, ids: list[str], table: str) -> None:
        with pytest.raises(DBAPIError, match="only ever added"):
            sql(services, f"TRUNCATE {table}")

    @pytest.mark.about_postgresql
    def test_nobody_merges_over_an_entry(self, services: Services, ids: list[str]) -> None:
        merge = (
            "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (id) "
            "DO UPDATE SET actor_name = 'Nobody'"
        )
        with pytest.raises(DBAPIError, match="only ever added"):
            sql(services, merge)

    @pytest.mark.about_sqlite
    @pytest.mark.parametrize(
        "statement",
        [
            "REPLACE INTO audit_entries SELECT * FROM audit_entries",
            (
                "INSERT OR REPLACE INTO audit_entries (rowid, {0}) SELECT rowid, 'x' || id, {1} "
                "FROM audit_entries"
            ),
            (
                "INSERT INTO audit_entries SELECT * FROM audit_entries WHERE true ON CONFLICT (id) "
                "DO UPDATE SET actor_name = 'X'"
            ),
            "UPDATE OR REPLACE audit_entries SET id = 'x'",
            "REPLACE INTO audit_links SELECT * FROM audit_links",
            (
                "REPLACE INTO audit_links SELECT chain, position + 100, entry_id, hash "
                "FROM audit_links"
            ),
            "REPLACE INTO audit_seals SELECT * FROM audit_seals",
        ],
    )
    def test_nobody_replaces_a_row_by_another(
        self, services: Services, ids: list[str], statement: str
    ) -> None:
        """INSERT OR REPLACE removes the row in its way without asking a DELETE trigger."""
        rest = (
            "tenant_id, at, actor_id, actor_name, action, subject_id, subject_name, detail, "
            "address, session, request_id"
        )
        before = sql(services, "SELECT * FROM audit_entries ORDER BY id")
        with pytest.raises(DBAPIError, match="only ever added"):
            sql(services, statement.format(f"id, {rest}", rest))
        assert sql(services, "SELECT * FROM audit_entries ORDER BY id") == before

    def test_a_checkpoint_of_what_is_not_sealed_is_refused(
        self, services: Services, cast: Cast, ids: list[str]
    ) -> None:
        values = f"'x', '{cast.acme.id}', 99, 'abc', 99, '2026-03-04 10:00:00.000000', 'abc', 'abc'"
        with pytest.raises(DBAPIError, match="sealed entries"):
            sql(services, f"INSERT INTO audit_checkpoints VALUES ({values})")
