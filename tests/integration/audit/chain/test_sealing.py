"""The audit's chain: every entry gets a place and a seal."""

import pytest

from exports_app.domain import audit_chain
from exports_app.domain.access import Principal
from exports_app.services.audit import audit_log
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page
from exports_app.services.core.request_context import RequestContext
from exports_app.services.keys.derived_keys import AUDIT_SEALS, Keys
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.audit.chain.entries import faults, write
from tests.world import Cast, side_by_side, sql


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
            assert tx.audit_chain.try_lock()
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
