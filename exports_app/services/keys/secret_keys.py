"""The secrets behind all keys: SECRET_KEY and ENCRYPTION_KEY, or a generated file in the data
folder that can be rotated.

A generated key is the file `secret_key`. The ones before it are the lines of `secret_key.previous`,
the newest first.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from exports_app import log
from exports_app.environment import SettingsError
from exports_app.settings import MIN_KEY_LENGTH, Settings, listed_keys, new_key, private_draft

CURRENT = "secret_key"
PREVIOUS = "secret_key.previous"
LOCK = "secret_key.lock"
Stamp = tuple[tuple[int, int, int] | None, ...]

_log = log.get(__name__)


def signing(settings: Settings) -> Callable[[], Sequence[bytes]]:
    """A function that returns the secret to sign with, then those that are still accepted. It
    notices a rotation of the files. Generates the first key. Raises SettingsError for a damaged
    file."""
    others = _encoded(listed_keys(settings.secret_key_previous))
    if settings.secret_key.get_secret_value():
        fixed = _unique([settings.signing_key(), *others])
        return lambda: fixed
    files = _Generated(settings)
    files()
    return lambda: _unique([*files(), *others])


def encryption(settings: Settings) -> Callable[[], Sequence[bytes]]:
    """As `signing`, for encryption. The signing secrets are always accepted, since they encrypted
    before ENCRYPTION_KEY was set."""
    own = [key for key in [settings.encryption_key.get_secret_value()] if key]
    first, others = _encoded(own), _encoded(listed_keys(settings.encryption_key_previous))
    secrets = signing(settings)
    return lambda: _unique([*first, *secrets(), *others])


def is_generated(settings: Settings) -> bool:
    return not settings.secret_key.get_secret_value()


def rotate(settings: Settings) -> None:
    """Generate a new key; the one before stays accepted. Running servers with this data folder
    use it at once.

    The old key is added to the list of previous ones before it is replaced: after a crash in
    between it is in both, and everything stays readable. Raises SettingsError for a damaged file.
    """
    with _locked(settings):
        current, *previous = _Generated(settings)()
        _replace(settings.data_dir / PREVIOUS, b"\n".join(_unique([current, *previous])).decode())
        _replace(settings.data_dir / CURRENT, new_key())


def forget_previous(settings: Settings) -> int:
    """Accept only the current generated key from now on. Returns the number of removed ones."""
    with _locked(settings):
        _, *previous = _Generated(settings)()
        (settings.data_dir / PREVIOUS).unlink(missing_ok=True)
        _sync(settings.data_dir)
        return len(previous)


class _Generated:
    """Reads the files again once they have changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files = [settings.data_dir / CURRENT, settings.data_dir / PREVIOUS]
        self._seen: tuple[Stamp, list[bytes]] | None = None

    def __call__(self) -> list[bytes]:
        stamp = tuple(map(_stamp, self._files))
        seen = self._seen
        if seen is None:
            seen = self._seen = (stamp, self._load())
        elif seen[0] != stamp:
            try:
                loaded = self._load() if stamp[0] else seen[1]
            except SettingsError as e:  # a running server keeps the keys that it has
                _log.error("the secret key's files cannot be used", reason=str(e))
                loaded = seen[1]
            seen = self._seen = (stamp, loaded)
        return seen[1]

    def _load(self) -> list[bytes]:
        # The current key first: if it is new already, the list read after it has the one before
        return _unique([self._settings.signing_key(), *self._previous()])

    def _previous(self) -> list[bytes]:
        file = self._files[1]
        try:
            lines = file.read_bytes().split()
        except FileNotFoundError:
            return []
        if any(len(line) < MIN_KEY_LENGTH for line in lines):
            raise SettingsError(
                f"{file} is damaged: delete it, and what older keys signed is no longer accepted"
            )
        return lines


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """Two rotations at the same time would lose one of the new keys."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with os.fdopen(
        os.open(settings.data_dir / LOCK, os.O_WRONLY | os.O_CREAT, 0o600), "w"
    ) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _replace(file: Path, text: str) -> None:
    private_draft(file, text).replace(file)
    _sync(file.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        facts = file.stat()
    except FileNotFoundError:
        return None
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _encoded(keys: Sequence[str]) -> list[bytes]:
    return [key.encode() for key in keys]


def _unique(secrets: Sequence[bytes]) -> list[bytes]:
    return list(dict.fromkeys(secrets))
