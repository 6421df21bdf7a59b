"""The audit's chain: every entry gets a place and a seal, and whatever somebody does behind the
app's back is named."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from exports_app import wiring
from exports_app.domain import audit_chain
from exports_app.domain.access import Principal
from exports_app.domain.errors import ExportsError
from exports_app.services.audit import audit_log
from exports_app.services.audit.export import check_file
from exports_app.services.audit.seals import Seals
from exports_app.services.audit.verification import Verification
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page
from exports_app.services.core.request_context import RequestContext
from exports_app.services.keys.derived_keys import AUDIT_SEALS, Keys
from exports_app.wiring import Services
from tests.world import Cast, FakeClock, side_by_side, sql

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


@pytest.fixture
def ids(services: Services, cast: Cast) -> list[str]:
    """Of Acme's ten sealed entries; Globex has three, the installation two."""
    write(services, cast.globex.id, 3)
    write(services, None, 2)
    found = write(services, cast.acme.id, 10)
    assert services.audit_seals.seal() == 15
    assert faults(services) == []
    return found


class TestOrigin:
    def test_an_entry_says_where_it_was_asked_for(
        self, services: Services, admin: Principal, cast: Cast
    ) -> None:
        with request_context.use(RequestContext("192.0.2.7", "a" * 64, "request-1")):
            write(services, cast.acme.id, 1)
        write(services, cast.acme.id, 1)
        (outside, inside), _ = services.audit.find(admin, None, AuditFilter(), Page())
        assert (inside.address, inside.session, inside.request_id) == (
            "192.0.2.7",
            "a" * 64,
            "request-1",
        )
        assert (outside.address, outside.session, outside.request_id) == (None, None, None)

    @pytest.mark.parametrize(
        ("q", "count"),
        [("192.0.2.7", 1), ("192.0.2", 0), ("aaaaaaaa", 1), ("request-", 1), ("re", 0)],
    )
    def test_one_can_search_for_it(
        self, services: Services, admin: Principal, cast: Cast, q: str, count: int
    ) -> None:
        with request_context.use(RequestContext("192.0.2.7", "a" * 64, "request-1")):
            write(services, cast.acme.id, 1, "Numbers")
        with request_context.use(RequestContext("192.0.2.8", "b" * 64, "other-2")):
            write(services, cast.acme.id, 1, "Numbers")
        found, total = services.audit.find(admin, None, AuditFilter(q=q), Page())
        assert (len(found), total) == (count, count)


class TestSealing:
    def test_every_entry_gets_a_place_in_its_tenants_chain(
        self, services: Services, cast: Cast, ids: list[str]
    ) -> None:
        links = sql(
            services,
            "SELECT entry_id FROM audit_links WHERE chain = ? ORDER BY position",
            cast.acme.id,
        )
        assert [row[0] for row in links] == ids
        counts = dict(sql(services, "SELECT chain, count(*) FROM audit_links GROUP BY chain"))
        assert counts == {cast.acme.id: 10, cast.globex.id: 3, audit_chain.INSTALLATION: 2}
        assert sql(services, "SELECT * FROM audit_unsealed") == []
        assert services.audit_seals.seal() == 0

    def test_what_an_older_version_wrote_is_sealed_too(
        self, services: Services, cast: Cast
    ) -> None:
        columns = "id, tenant_id, at, actor_name, action, subject_name, detail"
        at = "2026-03-04 10:00:00.000000"
        values = f"'an-entry', '{cast.acme.id}', '{at}', 'Ann', 'tenant.updated', 'Acme', '{{}}'"
        sql(services, f"INSERT INTO audit_entries ({columns}) VALUES ({values})")
        assert services.audit_seals.seal() == 1
        assert faults(services) == []

    def test_one_that_commits_late_with_an_earlier_time_is_sealed_after_the_others(
        self, services: Services, cast: Cast, clock: FakeClock, ids: list[str]
    ) -> None:
        clock.advance(hours=-2)
        write(services, cast.acme.id, 1, "Late")
        assert services.audit_seals.seal() == 1
        position = sql(
            services, "SELECT max(position) FROM audit_links WHERE chain = ?", cast.acme.id
        )
        assert position == [(11,)]
        assert faults(services) == []

    @pytest.mark.about_postgresql
    def test_one_that_is_not_committed_while_others_are_sealed_is_not_forgotten(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        with services.store.write() as slow:
            subject = {"tenant_id": cast.acme.id, "subject_id": None, "subject_name": "Slow"}
            audit_log.note(slow, audit_log.APP, Action.TENANT_UPDATED, clock(), **subject)  # type: ignore[arg-type]
            write(services, cast.acme.id, 3)
            assert services.audit_seals.seal() == 3
        assert services.audit_seals.seal() == 1
        assert faults(services) == []

    def test_of_many_servers_that_seal_at_once_each_entry_is_sealed_once(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("exports_app.services.audit.seals.BATCH", 7)
        write(services, cast.acme.id, 60)
        sealed = sum(side_by_side(4, lambda _: services.audit_seals.seal()))
        sealed += services.audit_seals.seal()
        positions = [
            row[0] for row in sql(services, "SELECT position FROM audit_links ORDER BY position")
        ]
        assert (sealed, positions) == (60, list(range(1, 61)))
        assert faults(services) == []

    @pytest.mark.about_postgresql
    def test_while_another_one_seals_nothing_is_done(self, services: Services, cast: Cast) -> None:
        write(services, cast.acme.id, 2)
        with services.store.write() as tx:
            assert tx.audit_chain.take_turn()
            assert services.audit_seals.seal() == 0
        assert services.audit_seals.seal() == 2

    def test_a_stop_is_heard_between_two_batches(
        self, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("exports_app.services.audit.seals.BATCH", 2)
        write(services, cast.acme.id, 6)
        asked: list[bool] = []

        def stopped() -> bool:
            asked.append(len(asked) >= 2)
            return asked[-1]

        assert services.audit_seals.seal(stopped) == 4
        assert faults(services) == []

    def test_an_entry_that_is_not_sealed_yet_is_no_fault_and_told(
        self, services: Services, cast: Cast
    ) -> None:
        write(services, cast.acme.id, 1)
        report = services.audit_verification.check()
        assert (report.all_faults, report.waiting_since) == ([], services.clock())


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


def entry(ids: list[str], number: int) -> str:
    return f"entry {ids[number - 1]} at position {number}"


class TestTampering:
    @pytest.mark.parametrize(
        "change",
        [
            "actor_name = 'Somebody else'",
            "detail = '{}'",
            "at = '2026-03-04 09:00:00.000000'",
            "action = 'no.action'",
            "address = '198.51.100.1'",
        ],
    )
    def test_an_entry_that_was_changed(
        self, services: Services, ids: list[str], change: str
    ) -> None:
        unlocked(
            services, f"UPDATE audit_entries SET {change} WHERE id IN ('{ids[3]}', '{ids[6]}')"
        )
        assert faults(services) == [
            f"tenant acme: {entry(ids, 4)} was changed, or put in another's place"
        ]
        assert faults(services, "acme") == faults(services)
        assert faults(services, "globex") == []

    @pytest.mark.about_sqlite
    @pytest.mark.parametrize(
        "change", ["detail = 'no json'", "at = 'one day'", "subject_name = x'ff'"]
    )
    def test_one_that_can_no_longer_be_read(
        self, services: Services, ids: list[str], change: str
    ) -> None:
        unlocked(services, f"UPDATE audit_entries SET {change} WHERE id = '{ids[3]}'")
        assert faults(services) == [
            f"tenant acme: {entry(ids, 4)} was changed, or put in another's place"
        ]

    def test_one_that_was_given_to_another_tenant(
        self, services: Services, cast: Cast, ids: list[str]
    ) -> None:
        unlocked(
            services,
            f"UPDATE audit_entries SET tenant_id = '{cast.globex.id}' WHERE id = '{ids[3]}'",
        )
        assert faults(services) == [
            f"tenant acme: {entry(ids, 4)} was changed: it belongs to another tenant"
        ]

    def test_one_that_was_removed(self, services: Services, ids: list[str]) -> None:
        unlocked(services, f"DELETE FROM audit_entries WHERE id = '{ids[3]}'")
        assert faults(services) == [f"tenant acme: {entry(ids, 4)} was removed"]

    def test_one_that_was_removed_with_its_place(self, services: Services, ids: list[str]) -> None:
        unlocked(
            services,
            f"DELETE FROM audit_entries WHERE id = '{ids[3]}'",
            f"DELETE FROM audit_links WHERE entry_id = '{ids[3]}'",
        )
        assert faults(services) == ["tenant acme: the entry at position 4 was removed"]

    def test_the_first_ones(self, services: Services, ids: list[str]) -> None:
        unlocked(
            services,
            f"DELETE FROM audit_entries WHERE id IN ('{ids[0]}', '{ids[1]}')",
            f"DELETE FROM audit_links WHERE entry_id = '{ids[0]}'",
        )
        assert faults(services) == ["tenant acme: the entry at position 1 was removed"]

    def test_the_last_ones(self, services: Services, ids: list[str]) -> None:
        unlocked(
            services,
            f"DELETE FROM audit_entries WHERE id = '{ids[9]}'",
            f"DELETE FROM audit_links WHERE entry_id = '{ids[9]}'",
        )
        (fault,) = faults(services)
        assert fault.startswith("tenant acme: the entries from position 10 on were removed: seal ")

    def test_all_of_a_tenant_with_its_seals(
        self, services: Services, cast: Cast, ids: list[str]
    ) -> None:
        write(services, None, 1)
        services.audit_seals.seal()
        gone = f"'{cast.acme.id}'"
        unlocked(
            services,
            f"DELETE FROM audit_entries WHERE tenant_id = {gone}",
            f"DELETE FROM audit_links WHERE chain = {gone}",
            f"DELETE FROM audit_seals WHERE chain = {gone}",
        )
        (fault,) = faults(services)
        assert fault.endswith("was removed")
        assert fault.startswith("seal ")

    def test_two_that_changed_places(self, services: Services, ids: list[str]) -> None:
        unlocked(
            services,
            f"UPDATE audit_links SET entry_id = 'x' WHERE entry_id = '{ids[3]}'",
            f"UPDATE audit_links SET entry_id = '{ids[3]}' WHERE entry_id = '{ids[4]}'",
            f"UPDATE audit_links SET entry_id = '{ids[4]}' WHERE entry_id = 'x'",
        )
        (fault,) = faults(services)
        assert (
            fault
            == f"tenant acme: entry {ids[4]} at position 4 was changed, or put in another's place"
        )

    def test_one_that_was_inserted_beside_the_chain(
        self, services: Services, ids: list[str]
    ) -> None:
        rest = "tenant_id, at, actor_id, actor_name, action, subject_id, subject_name, detail"
        unlocked(
            services,
            (
                f"INSERT INTO audit_entries (id, {rest}) SELECT 'an-entry', {rest} "
                f"FROM audit_entries WHERE id = '{ids[3]}'"
            ),
            "DELETE FROM audit_unsealed",
        )
        assert faults(services) == [
            (
                "entry an-entry was inserted beside the chain: "
                "it has no place there and does not wait for one"
            )
        ]

    def test_one_that_was_inserted_with_a_hash_that_fits(
        self, services: Services, cast: Cast, ids: list[str]
    ) -> None:
        """The hashes need no key, the seals do."""
        forged = write(services, cast.acme.id, 1, "Forged")[-1]
        with services.store.write() as tx:
            last, (fields,) = tx.audit_chain.last_link(cast.acme.id), tx.audit_chain.waiting(1)
            assert last is not None
            hashed = audit_chain.link(last.hash, 11, fields)
            tx.audit_chain.add_links(
                cast.acme.id, [replace(last, position=11, hash=hashed, entry_id=forged)]
            )
        assert faults(services) == [
            "tenant acme: the entry at position 11 was inserted: no seal covers it"
        ]

    def test_one_that_was_removed_before_it_was_sealed(
        self, services: Services, cast: Cast, ids: list[str]
    ) -> None:
        last = write(services, cast.acme.id, 1)[-1]
        unlocked(services, f"DELETE FROM audit_entries WHERE id = '{last}'")
        services.audit_seals.seal()
        assert faults(services) == [f"entry {last} was removed before it was sealed"]

    def test_a_seal_that_was_changed(self, services: Services, cast: Cast, ids: list[str]) -> None:
        ((number,),) = sql(services, "SELECT max(number) FROM audit_seals")
        unlocked(
            services,
            f"UPDATE audit_seals SET at = '2026-03-04 09:00:00.000000' WHERE number = {number}",
        )
        (fault,) = faults(services)
        assert fault.startswith(f"seal {number} (position ")
        assert "was changed, or made with a SECRET_KEY that this server does not have" in fault

    def test_a_seal_that_was_removed(self, services: Services, cast: Cast, ids: list[str]) -> None:
        unlocked(services, "DELETE FROM audit_seals WHERE number = 2")
        assert "seal 2 was removed" in faults(services)

    def test_a_chain_that_was_rewritten_whole_without_the_key(
        self, services: Services, cast: Cast, ids: list[str]
    ) -> None:
        """All hashes and seals fit each other. The next seal does not make it good either."""
        unlocked(
            services,
            f"UPDATE audit_entries SET actor_name = 'Somebody else' WHERE id = '{ids[3]}'",
            *(f"DELETE FROM {table}" for table in ("audit_links", "audit_seals")),
            "INSERT INTO audit_unsealed (entry_id, at) SELECT id, at FROM audit_entries",
        )
        Seals(services.store, services.clock, Keys([b"the attacker's own key"])).seal()
        expected = "was changed, or made with a SECRET_KEY that this server does not have"
        assert [expected in fault for fault in faults(services)] == [True]
        write(services, cast.acme.id, 1)
        services.audit_seals.seal()
        assert [expected in fault for fault in faults(services)] == [True]


class TestKeys:
    def other(self, services: Services, *secrets: bytes) -> tuple[Seals, Verification]:
        keys = Keys(secrets)
        return Seals(services.store, services.clock, keys), Verification(
            services.store, services.clock, keys
        )

    def test_a_new_key_signs_on_while_the_old_one_counts(
        self, services: Services, ids: list[str]
    ) -> None:
        old = services.settings.signing_key()
        seals, verification = self.other(services, b"a new key", old)
        assert verification.check().all_faults == []
        assert seals.seal() == 0  # nothing new, but for the key
        only_new, verification = self.other(services, b"a new key")
        assert verification.check().all_faults == []
        write(services, None, 1)
        only_new.seal()
        assert verification.check().all_faults == []

    def test_a_new_key_without_the_old_one_is_told_until_an_export_accepts_it(
        self, services: Services, cast: Cast, ids: list[str], tmp_path: Path
    ) -> None:
        fresh = wiring.build(
            services.settings.model_copy(
                update={"secret_key": type(services.settings.secret_key)("n" * 40)}
            ),
            services.clock,
        )
        try:
            write(fresh, cast.acme.id, 1)
            fresh.audit_seals.seal()
            (fault,) = faults(fresh)
            assert "SECRET_KEY that this server does not have" in fault
            with pytest.raises(ExportsError, match="not whole"):
                fresh.audit_export.write(tmp_path / "a.jsonl")
            fresh.audit_export.write(tmp_path / "a.jsonl", accept_key=True)
            assert faults(fresh) == []
        finally:
            fresh.close()

    def test_checkpoints_are_signed_again_while_the_old_key_counts(
        self, services: Services, cast: Cast, ids: list[str], tmp_path: Path
    ) -> None:
        services.audit_export.write(tmp_path / "a.jsonl")
        seals, verification = self.other(services, b"a new key", services.settings.signing_key())
        assert seals.sign_again() == 3
        assert seals.sign_again() == 0
        assert verification.check().all_faults == []
        _, alone = self.other(services, b"a new key")
        assert alone.check().all_faults == []

    def test_a_checkpoint_that_no_key_of_ours_signed_is_not_signed_again(
        self, services: Services, ids: list[str], tmp_path: Path
    ) -> None:
        services.audit_export.write(tmp_path / "a.jsonl")
        seals, verification = self.other(services, b"a new key")
        assert seals.sign_again() == 0
        assert "the checkpoint at position" in verification.check().all_faults[0]

    def test_a_lost_key_that_signed_checkpoints_and_was_itself_rotated_is_accepted_with_an_export(
        self, services: Services, cast: Cast, ids: list[str], tmp_path: Path
    ) -> None:
        services.audit_export.write(tmp_path / "a.jsonl")
        self.other(services, b"the key that is lost", services.settings.signing_key())[
            0
        ].sign_again()
        fresh = wiring.build(
            services.settings.model_copy(
                update={"secret_key": type(services.settings.secret_key)("n" * 40)}
            ),
            services.clock,
        )
        try:
            with pytest.raises(ExportsError, match="not whole"):
                fresh.audit_export.write(tmp_path / "b.jsonl")
            fresh.audit_export.write(tmp_path / "b.jsonl", accept_key=True)
            assert faults(fresh) == []
        finally:
            fresh.close()

    def test_an_export_that_accepts_a_key_still_refuses_what_was_tampered_with(
        self, services: Services, cast: Cast, ids: list[str], tmp_path: Path
    ) -> None:
        services.audit_export.write(tmp_path / "a.jsonl")
        unlocked(services, f"UPDATE audit_entries SET actor_name = 'X' WHERE id = '{ids[3]}'")
        fresh = wiring.build(
            services.settings.model_copy(
                update={"secret_key": type(services.settings.secret_key)("n" * 40)}
            ),
            services.clock,
        )
        try:
            with pytest.raises(ExportsError, match=f"not whole: tenant acme: entry {ids[3]}"):
                fresh.audit_export.write(tmp_path / "b.jsonl", accept_key=True)
        finally:
            fresh.close()


@pytest.fixture
def keeping(services: Services) -> Seals:
    """With a retention of 30 days."""
    return Seals(services.store, services.clock, Keys([services.settings.signing_key()]), 30)


class TestExport:
    def test_a_file_holds_everything_and_can_be_checked_by_itself(
        self, services: Services, cast: Cast, ids: list[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "audit.jsonl"
        exported = services.audit_export.write(file)
        assert {one.name: one.entries for one in exported} == {
            "tenant acme": 10,
            "tenant globex": 3,
            "installation": 2,
        }
        report = services.audit_export.verify_file(file)
        assert (report.fault, report.signed, report.chains) == (None, True, exported)
        assert check_file(file, []).fault is None
        assert not check_file(file, [b"another key"]).signed
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert [
            line["entry"]["id"]
            for line in lines
            if "entry" in line and line["entry"]["tenant_id"] == cast.acme.id
        ] == ids

    def test_it_is_noted_and_the_next_one_begins_there(
        self, services: Services, cast: Cast, ids: list[str], tmp_path: Path, super_admin: Principal
    ) -> None:
        services.audit_export.write(tmp_path / "1.jsonl", "acme")
        found, _ = services.audit.find(super_admin, cast.acme.id, AuditFilter("audit"), Page())
        assert [(one.action, one.actor_name) for one in found] == [
            (Action.AUDIT_EXPORTED, "the command line")
        ]
        write(services, cast.acme.id, 2)
        (second,) = services.audit_export.write(tmp_path / "2.jsonl", "acme")
        assert (second.first, second.last) == (11, 13)
        assert services.audit_export.verify_file(tmp_path / "2.jsonl").fault is None
        whole = services.audit_export.write(tmp_path / "3.jsonl", "acme", whole=True)
        assert (whole[0].first, whole[0].last) == (1, 14)

    def test_no_file_is_overwritten(
        self, services: Services, ids: list[str], tmp_path: Path
    ) -> None:
        (tmp_path / "audit.jsonl").write_text("mine")
        with pytest.raises(ExportsError, match="name a new file"):
            services.audit_export.write(tmp_path / "audit.jsonl")
        assert [(f.name, f.read_text()) for f in tmp_path.glob("*.jsonl")] == [
            ("audit.jsonl", "mine")
        ]

    def test_what_was_tampered_with_is_not_exported(
        self, services: Services, ids: list[str], tmp_path: Path
    ) -> None:
        unlocked(services, f"UPDATE audit_entries SET actor_name = 'X' WHERE id = '{ids[3]}'")
        with pytest.raises(ExportsError, match=f"not whole: tenant acme: entry {ids[3]}"):
            services.audit_export.write(tmp_path / "audit.jsonl")
        assert list(tmp_path.glob("*audit*")) == []

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (
                lambda lines: lines.pop(4),
                (
                    "line 5, entry {4}: position 4 was expected: an entry was removed, "
                    "inserted or moved"
                ),
            ),
            (lambda lines: lines.insert(4, lines[3]), "line 5, entry {2}: position 4 was expected"),
            (
                lambda lines: lines.__setitem__(4, lines[4].replace("No. 4", "No. 5")),
                "line 5, entry {3}: it was changed",
            ),
            (
                lambda lines: lines.pop(),
                "the file ends before its end: entries after position 10 were cut off",
            ),
            (lambda lines: lines.pop(10), "line 11: the end of tenant acme does not fit"),
            (lambda lines: lines.pop(0), "no file of an audit export"),
            (lambda lines: lines.__setitem__(4, "nonsense"), "line 5 cannot be read"),
            (lambda lines: lines.clear(), "the file is empty"),
        ],
    )
    def test_a_file_that_was_tampered_with_is_named(
        self,
        services: Services,
        ids: list[str],
        tmp_path: Path,
        change: Callable[[list[str]], Any],
        fault: str,
    ) -> None:
        file = tmp_path / "audit.jsonl"
        services.audit_export.write(file, "acme")
        lines = file.read_text().splitlines()
        change(lines)
        file.write_text("".join(f"{line}\n" for line in lines))
        assert fault.format(*ids) in (services.audit_export.verify_file(file).fault or "")


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


def test_keys_of_seals_are_their_own() -> None:
    assert Keys([b"a"]).current(AUDIT_SEALS) != Keys([b"a"]).current("access tokens")


def test_the_hash_of_an_entry_never_changes() -> None:
    fields = {
        "id": "x",
        "tenant_id": None,
        "at": "2026-03-04T10:30:00.000000+00:00",
        "detail": {"b": 1, "a": "ä"},
    }
    previous = audit_chain.beginning(audit_chain.INSTALLATION)
    hashed = audit_chain.link(previous, 1, fields)
    assert hashed == audit_chain.link(
        previous, 1, dict(reversed(fields.items())) | {"new_column": None}
    )
    assert hashed == "d032cb253b9acf35818ec96683b1e24cb5cb4219972e2a67d8cb432185ec4973"
