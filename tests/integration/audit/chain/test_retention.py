"""Entries of the audit that have had their time."""

from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from exports_app.services.audit.seals import Seals
from exports_app.services.keys.derived_keys import Keys
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.audit.chain.entries import entry, faults, unlocked, write
from tests.world import Cast, sql


@pytest.fixture
def keeping(services: Services) -> Seals:
    """With a retention of 30 days."""
    return Seals(services.store, services.clock, Keys([services.settings.signing_key()]), 30)


class TestRetention:
    def test_nothing_is_removed_without_the_setting(
        self, services: Services, clock: FakeClock, ids: list[str], tmp_path: Path
    ) -> None:
        services.audit_export.write(tmp_path / "audit.jsonl")
        clock.advance(days=400)
        assert services.audit_seals.sweep() == 0

    def test_nothing_is_removed_that_no_export_holds(
        self, services: Services, clock: FakeClock, ids: list[str], keeping: Seals
    ) -> None:
        clock.advance(days=400)
        assert keeping.sweep() == 0

    def test_what_is_old_and_exported_is_removed_in_batches_and_the_rest_still_verifies(
        self,
        services: Services,
        cast: Cast,
        clock: FakeClock,
        ids: list[str],
        tmp_path: Path,
        keeping: Seals,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("exports_app.services.audit.seals.REMOVE", 3)
        services.audit_export.write(tmp_path / "audit.jsonl", "acme")
        clock.advance(days=31)
        later = write(services, cast.acme.id, 4)[-4:]
        keeping.seal()
        assert keeping.sweep() == 10
        left = sql(
            services,
            "SELECT id FROM audit_entries WHERE tenant_id = ? ORDER BY at, id",
            cast.acme.id,
        )
        assert set(later) < {row[0] for row in left}
        assert len(left) == 1 + 4 + 1  # what tells of the export, and of the removal
        assert sql(services, "SELECT count(*) FROM audit_entries WHERE tenant_id IS NULL") == [(2,)]
        assert faults(services) == []
        keeping.seal()
        assert keeping.sweep() == 0
        assert faults(services) == []
        (one,) = services.audit_export.write(tmp_path / "rest.jsonl", "acme", whole=True)
        assert one.first == 11
        assert services.audit_export.verify_file(tmp_path / "rest.jsonl").fault is None
        clock.advance(days=31)
        assert keeping.sweep() == 6
        assert faults(services) == []

    def test_seals_that_cover_nothing_any_more_are_removed_and_a_signed_one_says_so(
        self,
        services: Services,
        cast: Cast,
        clock: FakeClock,
        ids: list[str],
        tmp_path: Path,
        keeping: Seals,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("exports_app.services.audit.seals.REMOVE", 3)
        for _ in range(8):
            write(services, cast.acme.id, 2)
            keeping.seal()
        services.audit_export.write(tmp_path / "audit.jsonl")
        write(services, cast.acme.id, 1)
        clock.advance(days=31)
        keeping.seal()
        keeping.sweep()
        (first,) = sql(services, "SELECT min(number) FROM audit_seals")[0]
        assert first > 3
        assert faults(services) == []
        unlocked(services, f"DELETE FROM audit_seals WHERE number = {first}")
        assert f"seal {first} was removed" in faults(services)

    def test_it_stops_at_the_first_entry_that_is_younger(
        self,
        services: Services,
        cast: Cast,
        clock: FakeClock,
        ids: list[str],
        tmp_path: Path,
        keeping: Seals,
    ) -> None:
        services.audit_export.write(tmp_path / "audit.jsonl")
        clock.advance(days=30, seconds=-4)
        assert keeping.sweep() == 3 + 2 + 5
        assert faults(services) == []

    def test_a_later_tampering_is_still_found(
        self,
        services: Services,
        cast: Cast,
        clock: FakeClock,
        ids: list[str],
        tmp_path: Path,
        keeping: Seals,
    ) -> None:
        services.audit_export.write(tmp_path / "audit.jsonl", "acme")
        clock.advance(days=31)
        later = write(services, cast.acme.id, 4)[-4:]
        keeping.seal()
        keeping.sweep()
        unlocked(services, f"UPDATE audit_entries SET actor_name = 'X' WHERE id = '{later[1]}'")
        assert faults(services, "acme") == [
            f"tenant acme: entry {later[1]} at position 13 was changed, or put in another's place"
        ]

    def test_the_triggers_let_go_of_nothing_else(
        self, services: Services, cast: Cast, clock: FakeClock, ids: list[str], tmp_path: Path
    ) -> None:
        services.audit_export.write(tmp_path / "audit.jsonl", "acme")
        last = write(services, cast.acme.id, 1)[-1]
        services.audit_seals.seal()
        for statement in (
            f"DELETE FROM audit_entries WHERE id = '{last}'",  # after the checkpoint
            "DELETE FROM audit_entries WHERE tenant_id IS NULL",  # another chain
            f"DELETE FROM audit_links WHERE entry_id = '{ids[0]}'",  # its entry is there
            f"DELETE FROM audit_seals WHERE chain = '{cast.acme.id}'",
            "DELETE FROM audit_checkpoints",
        ):
            with pytest.raises(DBAPIError, match="only ever added"):
                sql(services, statement)
        # One in the middle of what was exported: the database allows it, and the check names it
        sql(services, f"DELETE FROM audit_entries WHERE id = '{ids[3]}'")
        assert faults(services) == [f"tenant acme: {entry(ids, 4)} was removed"]

    def test_a_checkpoint_that_was_forged_removes_nothing_and_is_named(
        self, services: Services, cast: Cast, clock: FakeClock, ids: list[str], keeping: Seals
    ) -> None:
        (hashed,) = sql(
            services, "SELECT hash FROM audit_links WHERE chain = ? AND position = 10", cast.acme.id
        )
        values = (
            f"'x', '{cast.acme.id}', 10, '{hashed[0]}', 10, '2026-03-04 10:00:00.000000', 'abc', "
            "'abc'"
        )
        sql(services, f"INSERT INTO audit_checkpoints VALUES ({values})")
        clock.advance(days=400)
        assert keeping.sweep() == 0
        assert faults(services) == [
            "tenant acme: the checkpoint at position 10 was not made with this server's SECRET_KEY"
        ]
