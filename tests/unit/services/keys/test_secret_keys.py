"""Where keys come from, and how a generated one is replaced while servers run."""

import multiprocessing
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from exports_app.environment import SettingsError
from exports_app.services.keys import secret_keys
from exports_app.services.keys.encryption import Encryption, Unreadable
from exports_app.settings import Settings

NEW, OLD, OLDER = ("a key that is long enough to sign with " + c for c in "123")
ENCRYPTION = "another key that encrypts what is stored"


def signing(settings: Settings) -> list[bytes]:
    return list(secret_keys.signing(settings)())


def test_previous_keys_are_accepted_after_the_current_one(tmp_path: Path) -> None:
    for listed in (
        f"{OLD},{OLDER}",
        f" {OLD} , {OLDER} ",
        f"{OLD}\n{OLDER}",
        f"{OLD}\n\n{OLDER}\n",
    ):
        settings = Settings(
            data_dir=tmp_path, secret_key=SecretStr(NEW), secret_key_previous=SecretStr(listed)
        )
        assert signing(settings)[:3] == [NEW.encode(), OLD.encode(), OLDER.encode()]


@pytest.mark.parametrize("comma", ["a key, as long as it must be, to sign with", f"{OLD},{OLDER}"])
def test_a_key_that_has_commas_itself_is_accepted(tmp_path: Path, comma: str) -> None:
    settings = Settings(
        data_dir=tmp_path, secret_key=SecretStr(NEW), secret_key_previous=SecretStr(comma)
    )
    assert comma.encode() in signing(settings)


@pytest.mark.parametrize(
    "name", ["secret_key_previous", "encryption_key", "encryption_key_previous"]
)
def test_a_short_key_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name.upper()} must .*32 characters"):
        Settings.model_validate({name: "short"})


class TestAGeneratedKey:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return Settings(data_dir=tmp_path)

    def test_is_replaced_and_stays_accepted(self, settings: Settings) -> None:
        first = signing(settings)
        secret_keys.rotate(settings)
        second = signing(settings)
        assert len(first) == 1
        assert second[1:] == first
        secret_keys.rotate(settings)
        assert signing(settings)[1:] == second
        for file in settings.data_dir.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_is_followed_by_a_server_that_runs(self, settings: Settings) -> None:
        running = secret_keys.signing(settings)
        before = running()
        secret_keys.rotate(settings)
        assert list(running()) == signing(settings) != before
        secret_keys.forget_previous(settings)
        assert list(running()) == signing(settings)
        assert len(running()) == 1

    def test_is_readable_wherever_a_rotation_was_cut_off(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, replace = signing(settings), secret_keys._replace

        def cut_off(file: Path, text: str) -> None:
            if file.name == secret_keys.CURRENT:
                raise OSError("power cut")
            replace(file, text)

        monkeypatch.setattr(secret_keys, "_replace", cut_off)
        with pytest.raises(OSError, match="power cut"):
            secret_keys.rotate(settings)
        assert signing(settings) == first
        monkeypatch.undo()
        secret_keys.rotate(settings)
        assert signing(settings)[1:] == first

    def test_is_lost_by_none_of_several_rotations_at_once(self, settings: Settings) -> None:
        first = signing(settings)
        with multiprocessing.get_context("fork").Pool(4) as processes:
            processes.map(secret_keys.rotate, [settings] * 8, chunksize=1)
        assert len(signing(settings)) == 9
        assert signing(settings)[-1:] == first

    def test_that_is_removed_or_damaged_later_stays_that_of_a_running_server(
        self, settings: Settings
    ) -> None:
        running = secret_keys.signing(settings)
        before = running()
        (settings.data_dir / "secret_key").write_text("x")
        assert running() == before
        (settings.data_dir / "secret_key").unlink()
        assert running() == before
        assert not (settings.data_dir / "secret_key").exists()

    def test_whose_list_of_previous_ones_is_damaged_stops_the_start(
        self, settings: Settings
    ) -> None:
        signing(settings)
        (settings.data_dir / "secret_key.previous").write_text("x\n")
        with pytest.raises(SettingsError, match=r"secret_key\.previous is damaged"):
            signing(settings)


class TestEncryption:
    def of(self, tmp_path: Path, **keys: str) -> Encryption:
        values = {name: SecretStr(key) for name, key in keys.items()}
        return Encryption(
            secret_keys.encryption(Settings.model_validate({"data_dir": tmp_path} | values))
        )

    def test_what_an_older_key_encrypted_is_read_and_renewed(self, tmp_path: Path) -> None:
        old = self.of(tmp_path, secret_key=OLD).encrypt("hush")
        both = self.of(tmp_path, secret_key=NEW, secret_key_previous=OLD)
        assert "hush" not in old
        assert both.decrypt(old) == "hush"
        assert not both.is_current(old)
        renewed = both.renew(old)
        assert both.is_current(renewed)
        new = self.of(tmp_path, secret_key=NEW)
        assert new.decrypt(renewed) == "hush"
        for read in (new.decrypt, new.renew):
            with pytest.raises(Unreadable):
                read(old)

    def test_a_key_of_its_own_can_be_set_later_and_replaced(self, tmp_path: Path) -> None:
        derived = self.of(tmp_path, secret_key=NEW).encrypt("hush")
        own = self.of(tmp_path, secret_key=NEW, encryption_key=ENCRYPTION)
        assert own.decrypt(derived) == "hush"
        encrypted = own.encrypt("hush")
        assert (
            self.of(tmp_path, secret_key=OLD, encryption_key=ENCRYPTION).decrypt(encrypted)
            == "hush"
        )
        replaced = self.of(
            tmp_path, secret_key=OLD, encryption_key=NEW, encryption_key_previous=ENCRYPTION
        )
        assert replaced.decrypt(encrypted) == "hush"
        assert not replaced.is_current(encrypted)

    def test_a_rotated_file_is_followed(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path)
        encryption = Encryption(secret_keys.encryption(settings))
        before = encryption.encrypt("hush")
        secret_keys.rotate(settings)
        assert encryption.decrypt(before) == "hush"
        assert not encryption.is_current(before)
        assert encryption.is_current(encryption.encrypt("hush"))
