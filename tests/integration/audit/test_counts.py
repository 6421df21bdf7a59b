"""The kept counts of audit entries are always what a count of the entries would find."""

import random
from pathlib import Path

import pytest

from exports_app.db import migrate
from exports_app.services import kept_counts
from exports_app.services.audit.seals import Seals
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page
from exports_app.services.keys.derived_keys import Keys
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.audit.chain.entries import write
from tests.query_plans import plans
from tests.world import Cast, side_by_side, sql

PAGE = Page(1, 1)


def assert_exact(services: Services, cast: Cast) -> None:
    rows = sql(services, "SELECT tenant_id, count(*) FROM audit_entries GROUP BY tenant_id")
    counted = dict(rows)
    with services.store.read() as tx:
        for tenant in (cast.acme.id, cast.globex.id, "missing"):
            kept = tx.audit.find({tenant}, AuditFilter(), PAGE)[1]
            assert kept == counted.get(tenant, 0)
        of_both = tx.audit.find({cast.acme.id, cast.globex.id}, AuditFilter(), PAGE)[1]
        assert of_both == counted[cast.acme.id] + counted.get(cast.globex.id, 0)
        of_installation = AuditFilter(installation=True)
        assert tx.audit.find(None, of_installation, PAGE)[1] == counted.get(None, 0)
        assert tx.audit.find(None, AuditFilter(), PAGE)[1] == sum(counted.values())


def test_counts_are_exact_while_entries_come_and_are_removed(
    services: Services,
    cast: Cast,
    clock: FakeClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept_counts, "BATCH", 7)
    monkeypatch.setattr(kept_counts, "FEW", 5)
    monkeypatch.setattr("exports_app.services.audit.seals.REMOVE", 3)
    keeping = Seals(services.store, clock, Keys([services.settings.signing_key()]), 30)
    chance = random.Random(11)
    for part in range(6):
        for tenant in (cast.acme.id, cast.globex.id, None):
            write(services, tenant, chance.randrange(1, 6))
        assert_exact(services, cast)
        keeping.seal()
        services.audit_export.write(tmp_path / f"{part}.jsonl")
        clock.advance(days=chance.randrange(40))
        assert_exact(services, cast)
        keeping.sweep()
        assert_exact(services, cast)
        services.kept_counts.fold()
        assert_exact(services, cast)


def test_folding_leaves_about_a_row_for_each_tenant_and_then_writes_nothing(
    services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_counts, "FEW", 2)
    for tenant in (cast.acme.id, cast.globex.id, None):
        write(services, tenant, 4)
    assert services.kept_counts.fold()
    assert_exact(services, cast)
    (rows,) = sql(services, "SELECT count(*), count(DISTINCT tenant_id) FROM audit_counts")
    assert rows[0] <= rows[1] + 1
    assert services.kept_counts.fold() == 0


def test_servers_fold_while_others_write(
    services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_counts, "BATCH", 3)
    monkeypatch.setattr(kept_counts, "FEW", 1)

    def work(i: int) -> None:
        for _ in range(6):
            if i < 2:
                write(services, cast.acme.id, 1)
            else:
                services.kept_counts.fold()

    side_by_side(4, work)
    assert_exact(services, cast)


@pytest.mark.about_sqlite
def test_an_unfiltered_page_counts_no_entries(services: Services, cast: Cast) -> None:
    write(services, cast.acme.id, 3)
    for within in ({cast.acme.id}, None):
        with plans(services) as steps, services.store.read() as tx:
            tx.audit.find(within, AuditFilter(), PAGE)
        counting = [step for step in steps if "COVERING INDEX ix_audit_entries" in step]
        assert steps
        assert not counting


def test_what_was_there_before_is_counted_by_the_migration(own: Services) -> None:
    write(own, None, 3)
    migrate.downgrade(own.database, "0040")
    own.database.dispose()
    migrate.upgrade(own.database)
    with own.store.read() as tx:
        assert tx.audit.find(None, AuditFilter(), PAGE)[1] == 3
        assert tx.audit.find(None, AuditFilter(installation=True), PAGE)[1] == 3
