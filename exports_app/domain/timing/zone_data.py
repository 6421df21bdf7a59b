"""The time zone data that this process uses: where it is read from, and what is in it.

As `zoneinfo` looks for it (PEP 615): in the system's folders first, then in the package tzdata.
"""

import hashlib
import zoneinfo
from importlib import metadata, resources
from pathlib import Path

PACKAGE = "tzdata"
_VERSION_FILES = ("tzdata.zi", "+VERSION", "version")
"""Of a system's folder; the first line of tzdata.zi is ``# version 2026a``."""


def fingerprint(name: str) -> str:
    """Of the content of a known zone's file: SHA-256 in hex, 64 characters. It changes with the
    zone's rules. Raises OSError for a zone without a file."""
    return hashlib.sha256(_content(name)).hexdigest()


def _content(name: str) -> bytes:
    for folder in zoneinfo.TZPATH:
        file = Path(folder, name)
        if file.is_file():
            return file.read_bytes()
    try:
        return resources.files(PACKAGE).joinpath("zoneinfo", *name.split("/")).read_bytes()
    except ModuleNotFoundError as e:
        raise FileNotFoundError(name) from e


def source(name: str) -> str:
    """Where a known zone is read from, with the version of the data if it is known."""
    folder = next((f for f in zoneinfo.TZPATH if Path(f, name).is_file()), None)
    if folder is None:
        return f"the package tzdata {package_version()}"
    version = _system_version(Path(folder))
    return f"{folder} ({version})" if version else folder


def package_version() -> str:
    """Of the package tzdata; "none" where it is not installed."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return "none"


def _system_version(folder: Path) -> str:
    for name in _VERSION_FILES:
        try:
            with (folder / name).open(encoding="utf-8") as file:
                return file.readline(80).strip().removeprefix("# version ")
        except (OSError, UnicodeDecodeError):
            continue
    return ""
