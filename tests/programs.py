"""Programs of other projects that tests run."""

import os
import shutil
import subprocess
import sysconfig
from functools import cache
from pathlib import Path


@cache
def program(name: str, package: str = "") -> str:
    """The machine's program, else Debian's package. package: its name, where it is another."""
    package = package or name
    path = f"{os.environ['PATH']}:/usr/sbin"
    if found := shutil.which(name, path=path):
        return found
    can_install = os.geteuid() == 0 and shutil.which("apt-get") is not None
    assert can_install, f"{name} is not installed (Debian: apt-get install {package})"
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    for command in (["apt-get", "update", "-qq"], install):
        subprocess.run(command, check=True, timeout=240, env=env, stdout=subprocess.DEVNULL)
    found = shutil.which(name, path=path)
    assert found, f"Debian's package {package} has no {name}"
    return found


def of_packages(name: str) -> Path:
    """A program of requirements-dev.txt."""
    return Path(sysconfig.get_path("scripts"), name)
