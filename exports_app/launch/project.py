"""The folder that Reflex works in: rxconfig.py, the assets, the pinned npm packages, and the build
of the pages.

In a checkout it is the root. An installed package may be read-only, and several installations may
share it: each has the folder in its DATA_DIR, with copies of what the package ships.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exports_app import environment, settings
from exports_app.launch.errors import StartError
from exports_app.settings import Settings

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parent
SHIPPED = PACKAGE / "_project"
"""Only in an installed package: see pyproject.toml."""
FOLDERS = ("assets", "reflex.lock")
FOLDER = "pages"
"""In DATA_DIR."""
STAMP = ".shipped"
"""Which files were copied. A build changes the copies of the npm packages."""


def enter() -> Settings:
    """Make the folder the current one, for this process and those it starts, and return the
    settings: `.env` and the paths in it stay those of the folder that the command began in.

    Raises StartError, also in a checkout for any other folder; SettingsError.
    """
    current = settings.get()
    if not SHIPPED.is_dir():
        if Path.cwd() != ROOT:
            raise StartError(f"start it in its own folder: cd {ROOT}")
        return current
    url = current.database_url.get_secret_value()
    if url.startswith("sqlite:") and not url.startswith("sqlite:////"):
        raise StartError("DATABASE_URL must name an absolute path: sqlite:////folder/exports.db")
    folder = current.data_dir.absolute() / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _copy(folder)
    except OSError as e:
        raise StartError(
            f"the data folder {current.data_dir} cannot be written: {e.strerror}"
        ) from None
    environment.keep_folder()
    os.environ["DATA_DIR"] = str(folder.parent)
    os.chdir(folder)
    settings.get.cache_clear()
    return settings.get()


def source(path: str) -> Path:
    """Of the app's sources, by its path in a checkout."""
    is_code = Path(path).parts[0] == PACKAGE.name
    return ROOT / path if is_code and SHIPPED.is_dir() else Path(path)


def _copy(folder: Path) -> None:
    stamp, shipped = folder / STAMP, _fingerprint()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == shipped:
        return
    stamp.unlink(missing_ok=True)
    for name in FOLDERS:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    for file in _shipped():  # without the modes, which may be read-only
        target = folder / file.relative_to(SHIPPED)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    stamp.write_text(shipped, encoding="utf-8")


def _shipped() -> list[Path]:
    return sorted(file for file in SHIPPED.rglob("*") if file.is_file())


def _fingerprint() -> str:
    total = hashlib.sha256()
    for file in _shipped():
        content = file.read_bytes()
        total.update(f"{file.relative_to(SHIPPED)}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Another server of the same data folder waits."""
    with Path(folder, ".lock").open("wb") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield
