"""Put a backup in the place of an installation's data, and hold what it would send again."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from exports_app import startup, wiring
from exports_app.backup import manifest as manifests
from exports_app.backup.manifest import DATABASE, FILES, Manifest, sha256_of, sync_folder
from exports_app.backup.places import Places, fingerprint, places_of, put, require_space
from exports_app.db import migrate, snapshot
from exports_app.domain.errors import ExportsError
from exports_app.launch import lock
from exports_app.launch.errors import StartError
from exports_app.launch.unfinished_restore import STAGING
from exports_app.services.keys import secret_keys
from exports_app.services.runs.restored import Held
from exports_app.settings import Settings

SPARE = 64 * 2**20
SIDE_FILES = ("-wal", "-shm", "-journal")
"""Of SQLite, beside a database."""

Progress = Callable[[str, float, float], None]


@dataclass(frozen=True)
class Restored:
    """kept: where what was there before is now; None where nothing was. notes: what a person has to
    know."""

    manifest: Manifest
    held: Held
    kept: Path | None
    notes: list[str]


def restore(settings: Settings, folder: Path, progress: Progress, *, force: bool) -> Restored:
    """Restore the backup in the folder. force: also where there is data, which is kept under
    another name. Raises ExportsError, and changes nothing then; OSError."""
    places = places_of(settings)
    folder = folder.absolute()
    backup = _checked(folder, progress)
    with _alone(settings):
        if _is_used(places) and not force:
            raise ExportsError(
                f"{places.data} has data already: restore into an empty DATA_DIR, or add --force,"
                " which keeps what is there under another name beside it"
            )
        notes = _notes(settings, folder, backup)
        staged = _staged(places)
        _clear(staged, places)
        with contextlib.ExitStack() as undo:  # also at Ctrl-C
            undo.callback(_clear, staged, places)
            _fill(folder, backup, staged, progress)
            held = _hold(settings, staged, folder, backup)
            undo.pop_all()
        kept = _swap(places, staged)
    return Restored(backup, held, kept, notes)


def _checked(folder: Path, progress: Progress) -> Manifest:
    """The manifest of a whole backup that this version can restore."""
    backup = manifests.read(folder)
    if not migrate.knows(backup.migration):
        raise ExportsError(
            f"{folder} was made by a newer version ({backup.version}, migration"
            f" {backup.migration}): restore it with that version"
        )
    damaged = f"is not what the backup had: {folder} is damaged. Use another backup"
    if not (folder / manifests.SUMS).is_file() or (
        sha256_of(folder / manifests.SUMS) != backup.sums
    ):
        raise ExportsError(f"{manifests.SUMS} {damaged}")
    parts = list(manifests.sums_of(folder))
    keys = (secret_keys.CURRENT, secret_keys.PREVIOUS)
    needed = {DATABASE, *(name for name in keys if (folder / name).exists())}
    if not needed <= {str(name) for _, name in parts}:  # restored, but unverified
        raise ExportsError(f"{manifests.SUMS} {damaged}")
    for number, (sha256, name) in enumerate(parts, 1):
        if not (folder / name).is_file() or sha256_of(folder / name) != sha256:
            raise ExportsError(f"{name} {damaged}")
        progress("verifying", number, len(parts))
    return backup


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """No server works on the data, and none starts meanwhile. Raises ExportsError."""
    try:
        with lock.server(settings):
            yield
    except StartError as e:
        raise ExportsError(f"nothing was restored: {e}") from e


def _is_used(places: Places) -> bool:
    if places.database.exists() or any(key.exists() for key in places.keys):
        return True
    return places.files is not None and places.files.is_dir() and any(places.files.iterdir())


def _notes(settings: Settings, folder: Path, backup: Manifest) -> list[str]:
    notes = []
    if not backup.keys.included:
        if not settings.secret_key.get_secret_value():
            notes.append(
                "the secret key is not in this backup: set SECRET_KEY to the one that the server"
                " had, or links, tokens and two-factor codes will not work"
            )
        elif fingerprint(settings) != backup.keys.fingerprint:
            notes.append(
                "SECRET_KEY is not the one that the server had: add that to SECRET_KEY_PREVIOUS, or"
                " links, tokens and two-factor codes will not work"
            )
    elif settings.secret_key.get_secret_value():
        notes.append(
            f"SECRET_KEY is set and is used in place of the key in the backup: add the content of"
            f" {folder / secret_keys.CURRENT} to SECRET_KEY_PREVIOUS"
        )
    if backup.keys.encryption_key.startswith("set"):
        notes.append("ENCRYPTION_KEY is not in this backup: set it as it was")
    if backup.files_kept_in:
        notes.append(
            f"files are not in this backup: those in {backup.files_kept_in} are used as they are"
        )
    for name, keys, what in (
        ("removed", backup.removed, "that retention removed while the backup was made"),
        ("missing", backup.missing, "that were missing when the backup was made"),
        ("damaged", backup.damaged, "that were damaged when the backup was made"),
    ):
        if keys:
            where = f"see “{name}” in {folder / manifests.NAME}"
            notes.append(f"files {what}: {len(keys):,}, {where}")
    return notes


def _staged(places: Places) -> Places:
    """Where the parts are put together: on the disks of their places, under other names."""
    data = places.data / STAGING

    def beside(place: Path) -> Path:
        if place.is_relative_to(places.data):
            return data / place.relative_to(places.data)
        return place.with_name(f"{place.name}.{STAGING}")

    return Places(data, beside(places.database), beside(places.files) if places.files else None)


def _clear(staged: Places, places: Places) -> None:
    """Remove what an unfinished restore left; never a place itself."""
    assert staged.data != places.data
    for path in (staged.database, staged.files, staged.data):
        if path is None:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        for side in ("", *SIDE_FILES):
            _side(path, side).unlink(missing_ok=True)


def _fill(folder: Path, backup: Manifest, staged: Places, progress: Progress) -> None:
    staged.data.mkdir(mode=0o700, parents=True)
    staged.database.parent.mkdir(parents=True, exist_ok=True)
    require_space(staged.database.parent, backup.database_bytes + SPARE)
    progress("copying the database", 0, 1)
    shutil.copyfile(folder / DATABASE, staged.database)
    staged.database.chmod(0o600)
    if wrong := snapshot.faults(staged.database):
        raise ExportsError(f"the database of {folder} is damaged: {wrong[0]}")
    for name in (secret_keys.CURRENT, secret_keys.PREVIOUS):
        if (folder / name).exists():
            shutil.copyfile(folder / name, staged.data / name)
            (staged.data / name).chmod(0o600)
    if staged.files is None:
        return
    staged.files.mkdir(parents=True, exist_ok=True)
    if backup.files:
        _put_files(folder, backup, staged.files, progress)


def _put_files(folder: Path, backup: Manifest, target: Path, progress: Progress) -> None:
    if (folder / FILES).stat().st_dev != target.stat().st_dev:
        require_space(target, backup.files_bytes + SPARE)
    for number, (_, name) in enumerate(manifests.sums_of(folder), 1):
        if name.parts[0] == FILES:
            put(folder / name, target.joinpath(*name.parts[1:]))
            progress("files", number, backup.files)


def _hold(settings: Settings, staged: Places, folder: Path, backup: Manifest) -> Held:
    """Migrate the staged database and hold what it would send again, before anything can run."""
    own = settings.model_copy(
        update={
            "database_url": SecretStr(f"sqlite:///{staged.database}"),
            "data_dir": staged.data,
            "files_url": "",
        }
    )
    services = wiring.build(own)
    try:
        startup.migrate_database(services)
        if staged.files is not None:
            services.installation.forget_file_store()
        return services.restored.hold(f"the backup {folder.name} of {backup.begun}")
    finally:
        services.close()


def _swap(places: Places, staged: Places) -> Path | None:
    """Move what is there away, and the staged parts to their places; the database last."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = _keep_old(places, moment)
    moves = [(_side(staged.database, n), _side(places.database, n)) for n in SIDE_FILES]
    moves += zip(staged.keys, places.keys, strict=True)
    if staged.files is not None and places.files is not None:
        moves.append((staged.files, places.files))
    moves.append((staged.database, places.database))
    for source, target in moves:
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
    sync_folder(places.database.parent)
    sync_folder(places.data)
    shutil.rmtree(staged.data)
    return kept


def _keep_old(places: Places, moment: str) -> Path | None:
    """Where the old data is now. The database goes first, so that no server starts with a part."""
    folder = _folder_of_old(places, moment)
    kept = list[Path]()
    for path, name in _old_parts(places, moment):
        if not path.exists():
            continue
        inside = path.is_relative_to(places.data)
        target = folder / path.relative_to(places.data) if inside else path.with_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        kept.append(target)
    if any(folder.iterdir()):
        return folder
    folder.rmdir()
    return kept[0] if kept else None


def _old_parts(places: Places, moment: str) -> Iterator[tuple[Path, str]]:
    """Each with its new name, if it is outside the data folder."""
    database = places.database
    for side in ("", *SIDE_FILES):
        yield _side(database, side), f"{database.name}.before-{moment}{side}"
    for path in (*places.keys, *([places.files] if places.files else [])):
        yield path, f"{path.name}.before-{moment}"


def _side(database: Path, side: str) -> Path:
    return database.with_name(f"{database.name}{side}")


def _folder_of_old(places: Places, moment: str) -> Path:
    """Beside the data folder; within it where nothing can be moved out of it, as out of a
    volume."""
    beside = places.data.with_name(f"{places.data.name}.before-{moment}")
    within = places.data / f"before-{moment}"
    probe = places.data / STAGING / "probe"
    probe.touch()
    with contextlib.suppress(OSError):
        beside.mkdir(mode=0o700)
        try:
            probe.rename(beside / probe.name)
        except OSError:
            beside.rmdir()
            raise
        (beside / probe.name).unlink()
        return beside
    within.mkdir(mode=0o700)
    return within
