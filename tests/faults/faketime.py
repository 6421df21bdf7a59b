"""libfaketime, under which a process believes in another time of day."""

import os
import shutil
import subprocess
from pathlib import Path


def faketime() -> Path:
    """Debian's library; it is installed where that may be done."""
    if (found := _library()) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            "stdout": subprocess.DEVNULL,
            "timeout": 300,
        }
        subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)
        subprocess.run(["apt-get", "install", "-y", "-qq", "faketime"], check=True, **quiet)
        found = _library()
    assert found is not None, "libfaketime is needed: apt-get install faketime"
    return found


def _library() -> Path | None:
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
