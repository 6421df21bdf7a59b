"""A backup put in the place of the data: what comes back, what is held, and what is refused."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.backup import restoring
from exports_app.backup.manifest import Manifest, sha256_of
from exports_app.backup.restoring import Restored
from exports_app.domain.errors import ExportsError
from exports_app.domain.runs.states import RunStatus
from exports_app.launch import lock, unfinished_restore
from exports_app.launch.errors import StartError
from exports_app.services.core.records import Run
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.backup.conftest import Installed
from tests.world import Cast, runs_of, trigger_and_execute

pytestmark = pytest.mark.about_sqlite

PutBack = Callable[..., Restored]
BackUp = Callable[[], Manifest]


@contextmanager
def opened(settings: Settings, clock: FakeClock) -> Iterator[Services]:
    services = wiring.build(settings, clock)
    try:
        yield services
    finally:
        services.close()


def made_before(services: Services, of: Installed) -> list[Run]:
    """Without the ticks since then, which are held."""
    return [run for run in runs_of(services, of.schedule) if run.error_code != "restored"]


def tree(folder: Path) -> dict[str, str]:
    """Everything in it but locks, with its content."""
    return {
        str(path.relative_to(folder)): sha256_of(path)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and not path.name.endswith("-shm")
    }


def change_manifest(folder: Path, **changes: Any) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_the_data_is_back_with_its_files_and_key(
    services: Services,
    cast: Cast,
    back_up: BackUp,
    put_back: PutBack,
    empty: Settings,
    installed: Installed,
    clock: FakeClock,
) -> None:
    back_up()
    trigger_and_execute(services, cast.admin.who, installed.schedule)
    restored = put_back(empty)
    assert restored.kept is None
    with opened(empty, clock) as again:
        (run,) = made_before(again, installed)
        assert run == installed.run
        assert run.file_key is not None
        assert again.files.find(run.file_key) is not None
        file = again.history.file(cast.admin.who, installed.schedule.id, run.id)
        assert file is not None
    keys = {(s.data_dir / "secret_key").read_text() for s in (empty, services.settings)}
    assert len(keys) == 1
    left = {path.name for path in empty.data_dir.iterdir() if path.suffix != ".lock"}
    assert left <= {"exports.db", "exports.db-wal", "exports.db-shm", "files", "secret_key"}


def test_the_installation_says_in_the_audit_that_it_was_restored(
    back_up: BackUp, put_back: PutBack, empty: Settings, clock: FakeClock
) -> None:
    made = back_up()
    put_back(empty)
    with opened(empty, clock) as again, again.database.read() as connection:
        query = "SELECT subject_name FROM audit_entries WHERE action = 'installation.restored'"
        (entry,) = connection.exec_driver_sql(query).scalars()
    assert entry == f"the backup backup of {made.begun}"


class TestForce:
    def test_keeps_what_is_there_under_a_dated_name_beside_it(
        self,
        services: Services,
        settings: Settings,
        cast: Cast,
        back_up: BackUp,
        put_back: PutBack,
        installed: Installed,
        clock: FakeClock,
    ) -> None:
        back_up()
        trigger_and_execute(services, cast.admin.who, installed.schedule)
        services.close()
        restored = put_back(settings, force=True)
        assert restored.kept is not None
        assert restored.kept.parent == settings.data_dir.parent
        assert restored.kept.name.startswith("data.before-")
        for folder, count in ((restored.kept, 2), (settings.data_dir, 1)):
            with opened(settings.model_copy(update={"data_dir": folder}), clock) as found:
                runs = made_before(found, installed)
                assert len(runs) == count
                assert all(found.files.has(run.file_key or "") for run in runs)

    def test_keeps_it_within_where_nothing_can_be_moved_out(
        self,
        services: Services,
        settings: Settings,
        back_up: BackUp,
        put_back: PutBack,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """As in a volume of a container."""
        back_up()
        services.close()
        mkdir = Path.mkdir

        def refused(path: Path, *args: Any, **options: Any) -> None:
            if path.name.startswith("data.before-"):
                raise PermissionError(13, "Permission denied", str(path))
            mkdir(path, *args, **options)

        monkeypatch.setattr(Path, "mkdir", refused)
        restored = put_back(settings, force=True)
        assert restored.kept is not None
        assert restored.kept.parent == settings.data_dir.resolve()
        assert (restored.kept / "exports.db").exists()

    def test_without_it_data_is_not_touched(
        self, services: Services, settings: Settings, back_up: BackUp, put_back: PutBack
    ) -> None:
        back_up()
        services.close()
        before = tree(settings.data_dir)
        with pytest.raises(ExportsError, match=r"has data already: .* or add --force"):
            put_back(settings)
        assert tree(settings.data_dir) == before


@pytest.mark.parametrize(
    ("of", "why"),
    [
        ("removed", "files that retention removed while the backup was made: 2, see"),
        ("missing", "files that were missing when the backup was made: 2, see"),
        ("damaged", "files that were damaged when the backup was made: 2, see"),
    ],
)
def test_it_says_which_files_are_not_as_they_were(
    back_up: BackUp, put_back: PutBack, folder: Path, empty: Settings, of: str, why: str
) -> None:
    back_up()
    change_manifest(folder, **{of: ["a/b/c", "a/b/d"]})
    assert put_back(empty).notes == [f"{why} “{of}” in {folder / 'manifest.json'}"]


def test_places_outside_the_data_folder_get_their_parts(
    back_up: BackUp, put_back: PutBack, empty: Settings, tmp_path: Path, clock: FakeClock
) -> None:
    back_up()
    elsewhere = empty.model_copy(
        update={
            "database_url": SecretStr(f"sqlite:///{tmp_path / 'db' / 'main.db'}"),
            "files_url": str(tmp_path / "mounted"),
        }
    )
    for force in (False, True):
        restored = put_back(elsewhere, force=force)
        with opened(elsewhere, clock) as found:
            assert found.files.usage().count == 1
            assert found.health.troubles() == []
    assert restored.kept is not None
    assert len(list((tmp_path / "db").glob("main.db.before-*"))) == 1
    assert len(list((tmp_path / "mounted").glob("files.before-*"))) == 1


class TestRefusals:
    @pytest.fixture
    def refused(self, put_back: PutBack, empty: Settings) -> Callable[[str], None]:
        def refuse(why: str) -> None:
            with pytest.raises(ExportsError, match=why):
                put_back(empty)
            assert not (empty.data_dir / "exports.db").exists()

        return refuse

    def test_a_folder_that_is_none(self, refused: Callable[[str], None]) -> None:
        refused("is not a folder: name the folder of a backup")

    def test_an_unfinished_backup(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None]
    ) -> None:
        back_up()
        (folder / "manifest.json").unlink()
        refused("has no manifest.json: the backup is incomplete")

    @pytest.mark.parametrize("part", ["exports.db", "secret_key", "SHA256SUMS", "files"])
    def test_a_damaged_part(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None], part: str
    ) -> None:
        back_up()
        file = next((folder / "files").rglob("*.csv")) if part == "files" else folder / part
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.unlink()  # the files of a backup are links to those of the server
        file.write_bytes(content)
        refused(f"{file.name} is not what the backup had: .* is damaged")

    @pytest.mark.parametrize("part", ["exports.db", "SHA256SUMS"])
    def test_a_part_that_is_gone(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None], part: str
    ) -> None:
        back_up()
        (folder / part).unlink()
        refused("is damaged")

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1, "extra": 2}'])
    def test_a_damaged_manifest(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None], text: str
    ) -> None:
        back_up()
        (folder / "manifest.json").write_text(text)
        refused("manifest.json is damaged: use another backup")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"format": float("inf")},
            {"keys": None},
            {"keys": {}},
            {"rows": None},
            {"missing": 3},
            {"database_bytes": "many"},
        ],
        ids=str,
    )
    def test_a_manifest_with_a_wrong_value(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None], wrong: dict[str, Any]
    ) -> None:
        back_up()
        change_manifest(folder, **wrong)
        refused("manifest.json is damaged: use another backup")

    @pytest.mark.parametrize("sums", [b"", b"\xff\xfe\n", b"0" * 64 + b"  \xff\n"], ids=str)
    def test_sums_that_are_none(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None], sums: bytes
    ) -> None:
        back_up()
        (folder / "SHA256SUMS").write_bytes(sums)
        change_manifest(folder, sums=sha256_of(folder / "SHA256SUMS"))
        refused("SHA256SUMS .*damaged")

    @pytest.mark.parametrize("part", ["exports.db", "secret_key"])
    def test_a_part_without_a_checksum(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None], part: str
    ) -> None:
        back_up()
        sums = folder / "SHA256SUMS"
        lines = sums.read_text().splitlines(keepends=True)
        sums.write_text("".join(line for line in lines if not line.endswith(f"  {part}\n")))
        change_manifest(folder, sums=sha256_of(sums))
        refused("SHA256SUMS is not what the backup had")

    @pytest.mark.parametrize("newer", [{"format": 2}, {"migration": "9999"}])
    def test_one_of_a_newer_version(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None], newer: dict[str, Any]
    ) -> None:
        back_up()
        change_manifest(folder, **newer, version="7.0.0")
        refused(r"was made by a newer version \(7.0.0.*: restore it with that version")

    def test_a_path_that_leaves_the_backup(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None]
    ) -> None:
        back_up()
        with (folder / "SHA256SUMS").open("a") as sums:
            sums.write(f"{'0' * 64}  files/../../x\n")
        change_manifest(folder, sums=sha256_of(folder / "SHA256SUMS"))
        refused("SHA256SUMS is damaged")

    @pytest.mark.parametrize("part", ["exports.db", "secret_key", "SHA256SUMS", "manifest.json"])
    def test_a_part_that_is_a_link_out_of_the_backup(
        self,
        back_up: BackUp,
        folder: Path,
        tmp_path: Path,
        refused: Callable[[str], None],
        part: str,
    ) -> None:
        back_up()
        (folder / part).rename(tmp_path / part)
        (folder / part).symlink_to(tmp_path / part)
        refused(f"{part} is a symbolic link")

    @pytest.mark.parametrize("depth", [0, 1, 2])
    def test_a_file_behind_a_link_out_of_the_backup(
        self,
        back_up: BackUp,
        folder: Path,
        tmp_path: Path,
        refused: Callable[[str], None],
        depth: int,
    ) -> None:
        """depth: of the link, above the file."""
        back_up()
        file = next((folder / "files").rglob("*.csv"))
        link = [file, *file.parents][depth]
        link.rename(tmp_path / "outside")
        link.symlink_to(tmp_path / "outside")
        refused(f"{link.name} is a symbolic link")

    @pytest.mark.parametrize("part", ["exports.db", "manifest.json", "something else"])
    def test_a_part_that_is_a_pipe(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None], part: str
    ) -> None:
        back_up()
        (folder / part).unlink(missing_ok=True)
        os.mkfifo(folder / part)
        refused(f"{part} is neither a file nor a folder")

    def test_a_manifest_without_end(
        self, back_up: BackUp, folder: Path, refused: Callable[[str], None]
    ) -> None:
        back_up()
        os.truncate(folder / "manifest.json", 2**40)  # takes no space
        refused("manifest.json is damaged")

    def test_a_running_server(
        self, back_up: BackUp, empty: Settings, refused: Callable[[str], None]
    ) -> None:
        back_up()
        with lock.server(empty):
            refused("nothing was restored: another server is running")

    def test_postgresql(self, put_back: PutBack, empty: Settings) -> None:
        url = SecretStr("postgresql://exports@127.0.0.1/exports")
        with pytest.raises(ExportsError, match=r"docs/recovery\.md, Backup"):
            put_back(empty.model_copy(update={"database_url": url}))


class TestKilledWhileReplacing:
    def test_no_server_starts_and_the_next_restore_finishes_it(
        self,
        services: Services,
        settings: Settings,
        back_up: BackUp,
        put_back: PutBack,
        installed: Installed,
        clock: FakeClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        back_up()
        services.close()
        with monkeypatch.context() as killed:
            killed.setattr(restoring, "sync_folder", lambda _: None)
            keep = restoring._keep_old

            def die(*args: Any) -> None:
                keep(*args)
                raise KeyboardInterrupt

            killed.setattr(restoring, "_keep_old", die)
            with pytest.raises(KeyboardInterrupt):
                put_back(settings, force=True)
        with pytest.raises(StartError, match="a restore did not finish: run it again"):
            unfinished_restore.refuse(settings)
        put_back(settings)
        unfinished_restore.refuse(settings)
        with opened(settings, clock) as again:
            assert made_before(again, installed) == [installed.run]

    def test_before_that_everything_is_as_it_was(
        self,
        services: Services,
        settings: Settings,
        back_up: BackUp,
        put_back: PutBack,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        back_up()
        services.close()
        before = tree(settings.data_dir)

        def die(*_: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(restoring, "_hold", die)
        with pytest.raises(KeyboardInterrupt):
            put_back(settings, force=True)
        unfinished_restore.refuse(settings)
        assert tree(settings.data_dir) == before


def test_a_backup_of_an_older_version_is_migrated(
    back_up: BackUp, put_back: PutBack, folder: Path, empty: Settings, clock: FakeClock
) -> None:
    from exports_app.db import migrate
    from exports_app.db.engine import Database

    back_up()
    older = Database(f"sqlite:///{folder / 'exports.db'}")
    migrate.downgrade(older, "0026")
    older.close()
    with closing(sqlite3.connect(folder / "exports.db")) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    stored = json.loads((folder / "manifest.json").read_text())
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    own = f"{sha256_of(folder / 'exports.db')}  exports.db"
    lines = [own if line.endswith("  exports.db") else line for line in lines]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    sums = sha256_of(folder / "SHA256SUMS")
    (folder / "manifest.json").write_text(json.dumps(stored | {"sums": sums, "migration": "0026"}))
    put_back(empty)
    with opened(empty, clock) as again:
        assert migrate.is_current(again.database)


def test_nothing_that_may_have_been_sent_since_goes_out_again(
    services: Services,
    cast: Cast,
    back_up: BackUp,
    put_back: PutBack,
    empty: Settings,
    installed: Installed,
    clock: FakeClock,
) -> None:
    waiting = services.schedules.trigger(cast.admin.who, installed.schedule.id)
    back_up()
    restored = put_back(empty)
    assert restored.held.runs == 1
    with opened(empty, clock) as again:
        assert again.run_queue.claim() is None
        run = next(r for r in runs_of(again, installed.schedule) if r.id == waiting.id)
        assert (run.status, run.error_code) == (RunStatus.CANCELLED, "restored")
