"""Where an installation keeps what a backup holds."""

import hashlib
import hmac
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from exports_app.domain.errors import ExportsError
from exports_app.launch import lock
from exports_app.services.keys import secret_keys
from exports_app.settings import Settings

ON_A_SERVER = (
    "the database is PostgreSQL, which has backups of its own: use pg_dump or point-in-time"
    " recovery, and copy files and key (docs/recovery.md, Backups of PostgreSQL)"
)


@dataclass(frozen=True)
class Places:
    """files: the folder of the finished files; None where they are in a bucket."""

    data: Path
    database: Path
    files: Path | None

    @property
    def keys(self) -> tuple[Path, Path]:
        """The current generated key, and those before it. They may not be there."""
        return self.data / secret_keys.CURRENT, self.data / secret_keys.PREVIOUS


def places_of(settings: Settings) -> Places:
    """Raises ExportsError for a database server."""
    database = lock.database_file(settings)
    if database is None:
        raise ExportsError(ON_A_SERVER)
    data = settings.data_dir.resolve()
    if settings.files_url.startswith("s3://"):
        return Places(data, database, None)
    return Places(data, database, (Path(settings.files_url or data) / "files").resolve())


def fingerprint(settings: Settings) -> str:
    """Tells two secret keys apart, and nothing else about them."""
    key = settings.signing_key()
    return hmac.new(key, b"fingerprint of a backup", hashlib.sha256).hexdigest()[:16]


def put(source: Path, target: Path) -> bool:
    """Put a finished file, which never changes, at another place: as a hard link on the same file
    system, else as a copy. Returns whether it is a link."""
    source = source.resolve(strict=True)  # of a link to a file, the file
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
        return False
    return True


def require_space(folder: Path, needed: int) -> None:
    """Raises ExportsError where the disk of the folder has less than so many bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ExportsError(
            f"{folder} has {free / 1e9:,.1f} GB free, and {needed / 1e9:,.1f} GB are needed: make"
            " room, or choose another disk"
        )
