"""Processes over one database that do not fit each other."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from pydantic import SecretStr

from exports_app import __version__, startup, wiring
from exports_app.db.process_registry import ProcessKind
from exports_app.domain.errors import ExportsError
from exports_app.services.keys.fingerprints import fingerprint
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.world import sql

NEW_KEY = "another key for tests, long enough to sign with"
THIRD_KEY = "a third key for tests, which is long enough too"


class Host:
    """Starts with the same settings as the first one, but for those given."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self._settings = settings
        self._stack = stack

    def services(self, **other: Any) -> Services:
        secret = {name: SecretStr(value) for name, value in other.items() if "key" in name}
        built = wiring.build(self._settings.model_copy(update=other | secret))
        return self._stack.enter_context(closing(built))

    def start(self, **other: Any) -> None:
        startup.prepare(self.services(**other))

    def refused(self, **other: Any) -> str:
        with pytest.raises(ExportsError) as e:
            self.start(**other)
        assert "\n" not in str(e.value)
        return str(e.value)


@pytest.fixture
def host(services: Services, settings: Settings) -> Iterator[Host]:
    """The installation has been started once."""
    startup.prepare(services)
    with ExitStack() as stack:
        yield Host(settings, stack)


def test_a_start_with_a_full_disk_goes_on_and_the_next_one_notes_the_store(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        full = OSError(errno.ENOSPC, "No space left on device")
        patched.setattr(services.files, "identify", Mock(side_effect=full))
        startup.prepare(services)
    assert sql(services, "SELECT file_store FROM installation") == [("",)]
    startup.prepare(services)
    assert sql(services, "SELECT file_store FROM installation") == [(services.files.identity(),)]


def test_the_same_settings_start_again(host: Host) -> None:
    host.start()


def test_another_key_is_refused_and_nothing_is_noted(host: Host) -> None:
    assert host.refused(secret_key=NEW_KEY).startswith("SECRET_KEY is not the key that this")
    host.start()


def test_a_rotation_goes_through_all_its_steps_on_two_hosts(host: Host) -> None:
    for current, previous in (
        (SECRET_KEY, NEW_KEY),  # step 1, both hosts
        (SECRET_KEY, NEW_KEY),
        (NEW_KEY, SECRET_KEY),  # step 2, the first host
        (SECRET_KEY, NEW_KEY),  # the second one is restarted before its turn
        (NEW_KEY, SECRET_KEY),
        (NEW_KEY, ""),  # step 4
    ):
        host.start(secret_key=current, secret_key_previous=previous)
    assert "SECRET_KEY" in host.refused(secret_key=SECRET_KEY)


def test_the_encryption_key_is_compared_too(host: Host) -> None:
    host.start(encryption_key=NEW_KEY)
    assert host.refused(encryption_key=THIRD_KEY).startswith("ENCRYPTION_KEY is not the key")
    assert host.refused().startswith("ENCRYPTION_KEY is not the key")
    host.start(encryption_key=THIRD_KEY, encryption_key_previous=NEW_KEY)


def test_rotate_keys_notes_the_new_key_whatever_the_file_store(host: Host, tmp_path: Path) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    rotated = host.services(secret_key=NEW_KEY, secret_key_previous=SECRET_KEY, files_url=elsewhere)
    rotated.installation.confirm_keys()
    host.start(secret_key=NEW_KEY)


def test_another_file_store_is_refused_and_a_moved_one_is_known(
    host: Host, settings: Settings, tmp_path: Path
) -> None:
    empty, other, moved = (tmp_path / name for name in ("empty", "other", "moved"))
    other.mkdir()
    (other / "store_id").write_text("of another installation")
    assert "a file store_id is missing there" in host.refused(files_url=str(empty))
    assert not (empty / "store_id").exists()
    assert "is that of another store" in host.refused(files_url=str(other))
    shutil.copytree(settings.data_dir, moved)
    host.start(files_url=str(moved))


@pytest.mark.about_postgresql
def test_another_time_zone_is_refused_where_others_may_run(host: Host) -> None:
    refusal = host.refused(tz="Europe/Berlin")
    assert refusal.startswith("TZ is Europe/Berlin here, and UTC in this installation: set TZ=UTC")


@pytest.mark.about_sqlite
def test_a_server_alone_may_have_a_new_time_zone(host: Host) -> None:
    host.start(tz="Europe/Berlin")


def test_what_is_accepted_counts_from_then_on(host: Host, tmp_path: Path) -> None:
    new = {"secret_key": NEW_KEY, "files_url": str(tmp_path / "new"), "tz": "Europe/Berlin"}
    services = host.services(**new)
    services.files.prepare()
    assert [m.code for m in services.installation.mismatches()][:2] == [
        "secret_key_differs",
        "encryption_key_differs",
    ]
    accepted = services.installation.accept()
    assert accepted == ["secret key", "encryption key", "file store", "time zone"]
    assert services.installation.mismatches() == []
    host.start(**new)
    assert "SECRET_KEY" in host.refused()


def test_what_is_accepted_is_in_the_audit_of_the_installation(host: Host) -> None:
    services = host.services(secret_key=NEW_KEY)
    entries = "SELECT tenant_id, actor_name, subject_name FROM audit_entries WHERE action = "
    accepted = f"{entries}'installation.settings_accepted'"
    services.installation.accept()
    expected = [(None, "the command line", "secret key, encryption key")]
    assert sql(services, accepted) == expected
    assert services.installation.accept() == []
    assert sql(services, accepted) == expected, "nothing changed, so there is nothing to note"


def test_first_starts_at_the_same_time_note_one_store(services: Services, host: Host) -> None:
    """The id that is there first counts."""
    first = services.files.identity()
    assert services.files.identify("a later one") == first


def test_a_fingerprint_is_slow_salted_and_no_key(services: Services, host: Host) -> None:
    with services.store.read() as tx:
        noted = tx.installation.noted()
    assert noted is not None
    assert SECRET_KEY not in repr(noted)
    assert len(noted.salt) == 32
    assert fingerprint(b"key", noted.salt) != fingerprint(b"key", "another salt")


@pytest.mark.about_postgresql
def test_processes_of_other_versions_are_known(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = services.process_registry
    with registry.register(ProcessKind.WEB):
        assert registry.other_versions() == {}
        monkeypatch.setattr("exports_app.db.process_registry.__version__", "9.9.9")
        with registry.register(ProcessKind.WORKER):
            assert registry.other_versions() == {__version__: 1}
            monkeypatch.setattr("exports_app.startup.__version__", "9.9.9")
            warning = startup.version_warning(services.database, registry)
            assert f"run beside this one (9.9.9): 1 of version {__version__}" in warning
        monkeypatch.undo()
