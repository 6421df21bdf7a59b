"""Make a backup beside a running server: one snapshot of the database, the files that it names, and
the key."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exports_app import __version__
from exports_app.backup import manifest as manifests
from exports_app.backup.manifest import DATABASE, FILES, SUMS, Manifest, sha256_of
from exports_app.backup.places import Places, fingerprint, places_of, put, require_space
from exports_app.db import snapshot
from exports_app.domain.errors import ExportsError
from exports_app.services.keys import secret_keys
from exports_app.settings import Settings

SPARE = 64 * 2**20
"""Bytes that must stay free beside the backup."""

Progress = Callable[[str, float, float], None]
"""Is told what is done, how much of it, and of how much."""


@dataclass
class _Files:
    """What became of the files that the snapshot names."""

    count: int = 0
    bytes: int = 0
    linked: int = 0
    removed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def make(settings: Settings, folder: Path, progress: Progress) -> Manifest:
    """Write a backup into a new folder. Raises ExportsError where there is nothing to back up, the
    folder exists or is within the data folder, or there is no room; OSError."""
    places = places_of(settings)
    _check(places, folder)
    begun = _now()
    with _new_folder(folder):
        keys = _key_lines(places)
        _copy_database(places, folder / DATABASE, progress)
        # Keys of before and after: a rotation meanwhile must not take away the one that the
        # snapshot needs
        _write_keys(folder, [*_key_lines(places), *keys])
        with (folder / SUMS).open("x", encoding="utf-8") as sums:
            files = _put_files(places, folder, sums, progress)
            progress("verifying", 0, 1)
            for part in _parts(folder):
                sums.write(f"{sha256_of(part)}  {part.name}\n")
        if wrong := snapshot.faults(folder / DATABASE):
            raise ExportsError(f"the copy of the database is damaged: {wrong[0]}")
        os.sync()  # once, in place of each of the files
        made = Manifest(
            format=manifests.FORMAT,
            version=__version__,
            migration=snapshot.migration(folder / DATABASE),
            begun=begun,
            finished=_now(),
            rows=snapshot.counts(folder / DATABASE),
            keys=_about_keys(settings),
            database_bytes=(folder / DATABASE).stat().st_size,
            files=files.count,
            files_bytes=files.bytes,
            files_linked=files.linked,
            files_kept_in=settings.files_url if places.files is None else None,
            removed=files.removed,
            missing=files.missing,
            damaged=files.damaged,
            sums=sha256_of(folder / SUMS),
        )
        manifests.write(folder, made)
        progress("verifying", 1, 1)
    return made


def _check(places: Places, folder: Path) -> None:
    if not places.database.exists():
        raise ExportsError(f"there is no database at {places.database}: check DATA_DIR")
    if os.path.lexists(folder):
        raise ExportsError(f"{folder} already exists: name a new folder")
    parent = folder.absolute().parent
    if not parent.is_dir():
        raise ExportsError(f"the folder {parent} does not exist: create it first")
    inside = [places.data, *([places.files] if places.files else [])]
    if any(parent.resolve().is_relative_to(place) for place in inside):
        raise ExportsError(f"{folder} is within the data folder: choose another place")
    needed = places.database.stat().st_size + SPARE
    log = places.database.with_name(f"{places.database.name}-wal")
    needed += log.stat().st_size if log.exists() else 0
    if places.files is not None and places.files.exists() and not _same_disk(places.files, parent):
        needed += snapshot.kept_bytes(places.database)
    require_space(parent, needed)


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


@contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """Removed again where the backup fails. What a killed process leaves has no manifest."""
    folder.mkdir(mode=0o700)
    with ExitStack() as undo:  # also at Ctrl-C
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        yield
        undo.pop_all()


def _copy_database(places: Places, target: Path, progress: Progress) -> None:
    try:
        snapshot.copy(
            places.database, target, lambda done, of: progress("copying the database", done, of)
        )
    except sqlite3.Error as e:
        raise ExportsError(f"the database could not be copied: {e}") from e


def _key_lines(places: Places) -> list[str]:
    """The current generated key first; none where SECRET_KEY is set."""
    lines = list[str]()
    for file in places.keys:
        if file.exists():
            lines += file.read_text().split()
    return lines


def _write_keys(folder: Path, lines: list[str]) -> None:
    current, *previous = dict.fromkeys(lines) or [""]
    if current:
        _write_private(folder / secret_keys.CURRENT, current)
    if previous:
        _write_private(folder / secret_keys.PREVIOUS, "\n".join(previous))


def _write_private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
        f.write(text)


def _about_keys(settings: Settings) -> manifests.Keys:
    return manifests.Keys(
        included=secret_keys.is_generated(settings),
        fingerprint=fingerprint(settings),
        encryption_key="set by ENCRYPTION_KEY"
        if settings.encryption_key.get_secret_value()
        else "derived from the secret key",
    )


def _parts(folder: Path) -> list[Path]:
    names = (DATABASE, secret_keys.CURRENT, secret_keys.PREVIOUS)
    return [folder / name for name in names if (folder / name).exists()]


def _put_files(places: Places, folder: Path, sums: Any, progress: Progress) -> _Files:
    """The files of the snapshot's runs, each with its checksum."""
    files = _Files()
    if places.files is None:
        return files
    of = snapshot.counts_of_kept(folder / DATABASE)
    for number, kept in enumerate(snapshot.kept_files(folder / DATABASE), 1):
        target = folder / FILES / kept.key
        try:
            files.linked += put(places.files / kept.key, target)
        except FileNotFoundError:
            missing = snapshot.still_kept(places.database, kept.key)
            (files.missing if missing else files.removed).append(kept.key)
            continue
        sha256 = sha256_of(target)
        sums.write(f"{sha256}  {FILES}/{kept.key}\n")
        files.count += 1
        files.bytes += target.stat().st_size
        if kept.sha256 and sha256 != kept.sha256:
            files.damaged.append(kept.key)
        progress("files", number, of)
    return files


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
