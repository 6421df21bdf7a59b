"""The keys that seal the audit's chain."""

from pathlib import Path

import pytest

from exports_app import wiring
from exports_app.domain.errors import ExportsError
from exports_app.services.audit.seals import Seals
from exports_app.services.audit.verification import Verification
from exports_app.services.keys.derived_keys import Keys
from exports_app.wiring import Services
from tests.integration.audit.chain.entries import faults, unlocked, write
from tests.world import Cast


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
            with pytest.raises(ExportsError, match="failed verification"):
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
            with pytest.raises(ExportsError, match="failed verification"):
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
            with pytest.raises(
                ExportsError, match=f"failed verification: tenant acme: entry {ids[3]}"
            ):
                fresh.audit_export.write(tmp_path / "b.jsonl", accept_key=True)
        finally:
            fresh.close()
