"""Backups beside a running server: what is in them, and when there is none."""

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app.backup import making, manifest
from exports_app.backup.making import make
from exports_app.backup.manifest import Manifest
from exports_app.db import snapshot
from exports_app.domain.errors import ExportsError
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.integration.backup.conftest import Installed, quietly
from tests.world import Cast, trigger_and_execute

pytestmark = pytest.mark.about_sqlite


def rows(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def test_has_database_files_and_key_and_can_be_checked_by_sha256sum(
    back_up: Callable[[], Manifest], folder: Path, settings: Settings, installed: Installed
) -> None:
    made = back_up()
    key = installed.run.file_key
    assert key is not None
    assert (folder / "files" / key).read_bytes() == (settings.data_dir / "files" / key).read_bytes()
    assert (folder / "secret_key").read_text() == (settings.data_dir / "secret_key").read_text()
    assert rows(folder / "exports.db", "SELECT id FROM export_history") == [(installed.run.id,)]
    assert (made.files, made.removed, made.missing, made.damaged) == (1, [], [], [])
    assert made.rows["export_history"] == 1
    assert made.begun <= made.finished
    subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True, timeout=60
    )


def test_is_readable_by_its_owner_alone(back_up: Callable[[], Manifest], folder: Path) -> None:
    back_up()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes["backup"] == 0o700
    assert {modes[name] for name in ("exports.db", "secret_key", "manifest.json")} == {0o600}


def test_is_one_moment_while_others_write(
    services: Services, settings: Settings, cast: Cast, installed: Installed, folder: Path
) -> None:
    """Each run commits several times; the copy has each of them as it was at one instant."""
    stop, errors = threading.Event(), list[BaseException]()

    def write() -> None:
        try:
            while not stop.is_set():
                trigger_and_execute(services, cast.admin.who, installed.schedule)
        except BaseException as e:  # noqa: BLE001  (raised again below)
            errors.append(e)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = make(settings, folder, quietly)
    finally:
        stop.set()
        writer.join()
    assert not errors
    database = folder / "exports.db"
    assert (made.missing, made.damaged) == ([], [])
    kept = rows(database, "SELECT file_key FROM export_history WHERE file_key IS NOT NULL")
    assert kept
    assert all((folder / "files" / key).is_file() for (key,) in kept)
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    assert rows(database, "PRAGMA foreign_key_check") == []
    in_order = [id_ for (id_,) in rows(settings.data_dir / "exports.db", RUNS)]
    of_backup = [id_ for (id_,) in rows(database, RUNS)]
    assert of_backup == in_order[: len(of_backup)]


RUNS = "SELECT id FROM export_history ORDER BY rowid"


def test_does_not_begin_anew_when_others_write_meanwhile(
    services: Services, settings: Settings, installed: Installed, folder: Path
) -> None:
    """As the `.backup` command of SQLite does, which then never ends."""
    assert installed
    copied = list[float]()
    step = snapshot.PAGES

    def write(stage: str, done: float, _of: float) -> None:
        if stage == "copying the database":
            copied.append(done)
            with services.database.write() as connection:
                connection.exec_driver_sql("UPDATE tenants SET name = name || 'x'")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(snapshot, "PAGES", 8)
        make(settings, folder, write)
    assert step > 8
    assert len(copied) > 10
    assert copied == sorted(copied)
    names = rows(folder / "exports.db", "SELECT name FROM tenants ORDER BY name")
    assert names == [("Acme",), ("Globex",)]


class TestFilesThatAreGone:
    @pytest.fixture
    def after_the_copy(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        def do(work: Callable[[], object]) -> None:
            copy = snapshot.copy

            def copied(*args: Any) -> None:
                copy(*args)
                work()

            monkeypatch.setattr(snapshot, "copy", copied)

        return do

    def test_by_retention_meanwhile_are_named_and_no_error(
        self,
        services: Services,
        back_up: Callable[[], Manifest],
        installed: Installed,
        after_the_copy: Callable[..., None],
    ) -> None:
        services.clock.advance(days=400)  # type: ignore[attr-defined]
        after_the_copy(services.retention.sweep)
        made = back_up()
        assert (made.files, made.removed, made.missing) == (0, [installed.run.file_key], [])

    def test_otherwise_are_named_as_missing(
        self, settings: Settings, back_up: Callable[[], Manifest], installed: Installed
    ) -> None:
        shutil.rmtree(settings.data_dir / "files")
        made = back_up()
        assert (made.files, made.removed, made.missing) == (0, [], [installed.run.file_key])

    def test_or_changed_are_named_as_damaged(
        self, settings: Settings, back_up: Callable[[], Manifest], installed: Installed
    ) -> None:
        assert installed.run.file_key is not None
        (settings.data_dir / "files" / installed.run.file_key).write_text("not what was sent")
        assert back_up().damaged == [installed.run.file_key]

    def test_or_replaced_by_links_are_in_it_themselves(
        self, settings: Settings, folder: Path, back_up: Callable[[], Manifest], tmp_path: Path
    ) -> None:
        file = next((settings.data_dir / "files").rglob("*.csv"))
        content = file.read_bytes()
        file.rename(tmp_path / "moved.csv")
        file.symlink_to(tmp_path / "moved.csv")
        assert back_up().files == 1
        copy = next((folder / "files").rglob("*.csv"))
        assert not copy.is_symlink()
        assert copy.read_bytes() == content


def test_a_key_that_was_rotated_meanwhile_is_in_it_too(
    settings: Settings,
    back_up: Callable[[], Manifest],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from exports_app.services.keys import secret_keys

    before = (settings.data_dir / "secret_key").read_text()
    copy = snapshot.copy

    def rotated(*args: Any) -> None:
        copy(*args)
        secret_keys.rotate(settings)
        secret_keys.forget_previous(settings)

    monkeypatch.setattr(snapshot, "copy", rotated)
    back_up()
    assert (folder / "secret_key").read_text() == (settings.data_dir / "secret_key").read_text()
    assert (folder / "secret_key.previous").read_text() == before


class TestRefusals:
    def refused(self, settings: Settings, folder: Path, why: str) -> None:
        with pytest.raises(ExportsError, match=why):
            make(settings, folder, quietly)

    @pytest.mark.usefixtures("installed")
    def test_a_folder_that_exists(self, settings: Settings, folder: Path) -> None:
        folder.mkdir()
        self.refused(settings, folder, "already exists")
        assert list(folder.iterdir()) == []

    @pytest.mark.usefixtures("installed")
    @pytest.mark.parametrize("inside", ["backup", "files/backup"])
    def test_a_folder_within_the_data(self, settings: Settings, inside: str) -> None:
        self.refused(settings, settings.data_dir / inside, "is within the data folder")

    @pytest.mark.usefixtures("installed")
    def test_a_folder_in_none(self, settings: Settings, folder: Path) -> None:
        self.refused(settings, folder / "deep", "does not exist: create it first")

    def test_no_database(self, empty: Settings, folder: Path) -> None:
        self.refused(empty, folder, "there is no database at .*exports.db: check DATA_DIR")
        assert not folder.exists()

    def test_postgresql(self, settings: Settings, folder: Path) -> None:
        url = SecretStr("postgresql://exports@127.0.0.1/exports")
        server = settings.model_copy(update={"database_url": url})
        self.refused(server, folder, r"use pg_dump or .*docs/recovery\.md")

    @pytest.mark.usefixtures("installed")
    def test_a_disk_without_room(
        self, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
        self.refused(settings, folder, r"has 0.0 GB free, and 0.1 GB are needed: make room")
        assert not folder.exists()

    @pytest.mark.usefixtures("installed")
    def test_a_failure_leaves_nothing(
        self, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(snapshot, "copy", full)
        self.refused(settings, folder, "could not be copied: database or disk is full")
        assert not folder.exists()

    @pytest.mark.usefixtures("installed")
    def test_a_copy_that_is_not_sound(
        self, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshot, "faults", lambda _: ["row 1 missing from index"])
        self.refused(settings, folder, "is damaged: row 1 missing from index")
        assert not folder.exists()


def test_files_in_a_bucket_are_not_in_it_which_it_says(
    settings: Settings, installed: Installed, folder: Path
) -> None:
    assert installed
    made = make(settings.model_copy(update={"files_url": "s3://b/p"}), folder, quietly)
    assert (made.files, made.files_kept_in) == (0, "s3://b/p")
    assert not (folder / manifest.FILES).exists()


def test_a_key_of_the_settings_is_not_in_it_which_it_says(
    settings: Settings, installed: Installed, folder: Path
) -> None:
    assert installed
    (settings.data_dir / "secret_key").unlink()
    key = SecretStr("a key that the operator keeps, at least so long")
    made = make(settings.model_copy(update={"secret_key": key}), folder, quietly)
    assert not made.keys.included
    assert not (folder / "secret_key").exists()
    assert key.get_secret_value() not in (folder / manifest.NAME).read_text()


def test_making_and_restoring_say_how_far_they_are(
    settings: Settings, installed: Installed, folder: Path
) -> None:
    assert installed
    stages = list[str]()
    making.make(settings, folder, lambda stage, _done, _of: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["copying the database", "files", "verifying"]
