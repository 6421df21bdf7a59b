"""The project in a folder of its own, as docs/deploying.md lays it out in /opt/exports, with a
virtual environment that a user other than root can run.

A Python below root's home, as pyenv installs it, is out of reach for that user. Then it is laid out
again beside the project, by hard links where the file system allows them.
"""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.paths import ROOT

NEEDED = (
    "alembic",
    "alembic.ini",
    "assets",
    "docs/deploy",
    "exports_app",
    "requirements.txt",
    "rxconfig.py",
)
"""What runs, of the repository."""
UNUSED = shutil.ignore_patterns("site-packages", "test", "config-*", "idlelib", "tkinter")
"""Of Python's library."""
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
READABLE = 0o444


@dataclass(frozen=True)
class Installed:
    """project: stands for /opt/exports. user: of subprocess, whom processes run as. env: what they
    need beside their settings."""

    project: Path
    user: dict[str, Any]
    env: dict[str, str]

    def give(self, path: Path) -> None:
        """The path, and all that is below it, to the user."""
        if self.user:
            owner = f"{self.user['user']}:{self.user['group']}"
            subprocess.run(["chown", "-R", owner, str(path)], check=True, timeout=60)


@contextmanager
def installation() -> Iterator[Installed]:
    whole = Path(tempfile.mkdtemp(prefix="exports-installed-"))
    whole.chmod(0o755)
    try:
        user = unprivileged()
        made = Installed(whole / "opt" / "exports", user, {})
        for name in NEEDED:
            _copy(ROOT / name, made.project / name)
        made.give(made.project)
        yield Installed(made.project, user, _make_environment(whole, made.project / ".venv", user))
    finally:
        shutil.rmtree(whole)


def copy_pages(project: Path) -> None:
    """The built pages of this version into a folder of the project that has the same sources."""
    built = "from exports_app.launch import build, env; env.prepare(); build.ensure()"
    subprocess.run([sys.executable, "-c", built], cwd=ROOT, check=True, timeout=240)
    for name in ("build", "backend"):
        shutil.copytree(ROOT / ".web" / name, project / ".web" / name)
    # Those that `serve` has built are their owner's alone
    subprocess.run(["chmod", "-R", "a+rX", str(project / ".web")], check=True, timeout=60)


def empty_environment(venv: Path, base: Path) -> Path:
    """As python -m venv makes it. base: of the Python. Returns where its packages shall be."""
    library = venv / "lib" / VERSION
    library.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(base / "bin" / VERSION)
    (venv / "pyvenv.cfg").write_text(f"home = {base / 'bin'}\n")
    return library / "site-packages"


def unprivileged() -> dict[str, Any]:
    """Nobody, where the tests are run by root; else who runs them."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _make_environment(whole: Path, venv: Path, user: dict[str, Any]) -> dict[str, str]:
    """As python -m venv makes it, with the packages of the tests' own. Returns the variables that
    its Python needs."""
    base, packages = Path(sys.base_prefix), Path(sysconfig.get_path("purelib"))
    env = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    if not _reaches(user, base / "lib" / VERSION):
        copy = whole / "python"
        (copy / "bin").mkdir(parents=True)
        _link(str(base / "bin" / VERSION), str(copy / "bin" / VERSION))
        shutil.copytree(
            base / "lib" / VERSION, copy / "lib" / VERSION, ignore=UNUSED, copy_function=_link
        )
        for shared in (base / "lib").glob("libpython*.so*"):
            _link(str(shared), str(copy / "lib" / shared.name))
        base, env = copy, {"LD_LIBRARY_PATH": str(copy / "lib")}
    ours = empty_environment(venv, base)
    node = Path(sysconfig.get_path("scripts"), "node").read_text().partition("\n")[2]
    (venv / "bin" / "node").write_text(f"#!{venv}/bin/python\n{node}")
    (venv / "bin" / "pip").write_text(f'#!/bin/sh\nexec {venv}/bin/python -m pip "$@"\n')
    for made in ("node", "pip"):
        (venv / "bin" / made).chmod(0o755)
    if _reaches(user, packages):
        ours.symlink_to(packages)
    else:
        shutil.copytree(packages, ours, copy_function=_link)
    return env


def _reaches(user: dict[str, Any], folder: Path) -> bool:
    test = ["test", "-r", str(folder), "-a", "-x", str(folder)]
    return subprocess.run(test, check=False, timeout=10, **user).returncode == 0


def _link(source: str, target: str) -> None:
    """A copy that anybody can read, without its bytes where it can be a link."""
    mode = Path(source).stat().st_mode
    if mode & READABLE == READABLE:
        try:
            os.link(source, target)
        except OSError:  # another file system
            shutil.copy2(source, target)
        return
    shutil.copy2(source, target)
    Path(target).chmod(mode | READABLE)
