"""What is changed behind the triggers is found."""

from dataclasses import replace

import pytest

from exports_app.domain import audit_chain
from exports_app.services.audit.seals import Seals
from exports_app.services.keys.derived_keys import Keys
from exports_app.wiring import Services
from tests.integration.audit.chain.entries import entry, faults, unlocked, write
from tests.world import Cast, sql


class TestTampering:
    @pytest.mark.parametrize(
        "change",
        [
            "actor_name = 'Someone else'",
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
            f"UPDATE audit_entries SET actor_name = 'Someone else' WHERE id = '{ids[3]}'",
            *(f"DELETE FROM {table}" for table in ("audit_links", "audit_seals")),
            "INSERT INTO audit_unsealed (entry_id, at) SELECT id, at FROM audit_entries",
        )
        Seals(services.store, services.clock, Keys([b"the attacker's own key"])).seal()
        expected = "was changed, or made with a SECRET_KEY that this server does not have"
        assert [expected in fault for fault in faults(services)] == [True]
        write(services, cast.acme.id, 1)
        services.audit_seals.seal()
        assert [expected in fault for fault in faults(services)] == [True]
