"""What a backup holds. The manifest is written last: where it is, the backup is complete."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter, ValidationError

from exports_app.domain.errors import ExportsError

NAME = "manifest.json"
SUMS = "SHA256SUMS"
"""In the format of sha256sum: `sha256sum --check SHA256SUMS` verifies a backup too."""
DATABASE = "exports.db"
FILES = "files"
MAX_BYTES = 256 * 2**20
"""Of the manifest, which names files that were missing or damaged."""
FORMAT = 1
"""Incremented when an older version could not restore the backup any more."""


@dataclass(frozen=True)
class Keys:
    """What a restore must know of the secret key. included: whether it is in the backup."""

    included: bool
    fingerprint: str
    encryption_key: str


@dataclass(frozen=True)
class Manifest:
    """version: of the app. migration: the newest of the database. rows: of each table. keys: what
    it says of the secret key, see `making`. sums: SHA-256 of SHA256SUMS.

    files_kept_in: where the finished files are, if they are not in the backup. Of the files that
    the database names: removed: by retention while the backup was made. missing: before.
    damaged: their content is not what the history says.
    """

    format: int
    version: str
    migration: str
    begun: str
    finished: str
    rows: dict[str, int]
    keys: Keys
    database_bytes: int
    files: int = 0
    files_bytes: int = 0
    files_linked: int = 0
    """Hard links, which need no space; the others were copied."""
    files_kept_in: str | None = None
    removed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    sums: str = ""


def write(folder: Path, manifest: Manifest) -> None:
    """Durably, and as a whole or not at all."""
    draft = folder / f"{NAME}.part"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(manifest), file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / NAME)
    sync_folder(folder)


def read(folder: Path) -> Manifest:
    """Raises ExportsError where there is none, or it cannot be read by this version."""
    if not folder.is_dir():
        raise ExportsError(f"{folder} is not a folder: name the folder of a backup")
    _refuse_others(folder)
    try:
        content = _bounded(folder / NAME)
        stored = json.loads(content)
        newest = int(stored["format"])
    except FileNotFoundError:
        raise ExportsError(
            f"{folder} has no {NAME}: the backup is incomplete, or this is not a backup. Use "
            "another one"
        ) from None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise ExportsError(f"{folder / NAME} is damaged: use another backup") from None
    if newest > FORMAT:
        raise ExportsError(
            f"{folder} was made by a newer version ({stored.get('version')}): restore it with that"
            " version"
        )
    try:
        return TypeAdapter(Manifest).validate_json(content, strict=True)
    except ValidationError:
        raise ExportsError(f"{folder / NAME} is damaged: use another backup") from None


def _bounded(file: Path) -> bytes:
    """Raises ValueError for a file that is too large; OSError."""
    if file.stat().st_size > MAX_BYTES:
        raise ValueError
    return file.read_bytes()


def _refuse_others(folder: Path) -> None:
    """Raises ExportsError where anything in the folder is neither a file nor a folder: a backup has
    only these. A symbolic link could bring a file of this machine into the history, and a pipe
    would be waited for."""
    for parent, folders, files in os.walk(folder):
        for path in (Path(parent, name) for name in (*folders, *files)):
            if path.is_symlink():
                raise ExportsError(
                    f"{path} is a symbolic link, and a backup has none: put what it points to in"
                    " its place, if it is part of the backup"
                )
            if not path.is_file() and not path.is_dir():
                raise ExportsError(
                    f"{path} is neither a file nor a folder, and a backup has nothing else: remove"
                    " it, or use another backup"
                )


def sums_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """SHA-256 and path of each part. Raises ExportsError for a line that is none."""
    # A byte that is no UTF-8 becomes part of a name that does not exist
    with (folder / SUMS).open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            sha256, _, name = line.rstrip("\n").partition("  ")
            path = PurePosixPath(name)
            if len(sha256) != 64 or not name or path.is_absolute() or ".." in path.parts:
                raise ExportsError(f"{folder / SUMS} is damaged: use another backup")
            yield sha256, Path(*path.parts)


def sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
