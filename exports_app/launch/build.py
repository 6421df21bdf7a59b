"""Build the web pages if their sources changed."""

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path

from exports_app.launch import project
from exports_app.launch.errors import StartError

# Pages are built from the UI and from the labels of plugins and rules. Services, database, API and
# engine are not in the build.
SOURCES = (
    "rxconfig.py",
    "assets",
    "exports_app/exports_app.py",
    "exports_app/launch/env.py",
    "exports_app/launch/plugin.py",
    "exports_app/ui",
    "exports_app/domain",
    "exports_app/export_types",
    "exports_app/formats",
    "exports_app/channels",
)
LOCK = "reflex.lock"
"""The pinned npm packages. A build may rewrite the file: the stamp holds its state afterwards."""
GENERATED = Path("assets/external")

WEB = Path(".web")
BUILT = WEB / "build" / "client"
STAMP = WEB / "build" / ".sources"
"""Reflex deletes it with the build, since `make dev` builds into the same folder."""
LOG = WEB / "build.log"
TAIL = 40


def ensure() -> None:
    """Build the pages unless the last complete build has the same sources.

    The current folder must be the project's root. Raises StartError if the build fails; the end of
    its output goes to stderr, all of it to .web/build.log.
    """
    with _alone() as lock:
        sources = fingerprint(SOURCES)
        if _is_current(sources):
            return
        print("building the web pages (once, about half a minute) …", flush=True)
        STAMP.unlink(missing_ok=True)
        try:
            _export(lock)
        finally:
            _sort(Path(LOCK, "package.json"))
        if not (BUILT / "index.html").is_file():
            raise StartError(f"the build made no pages: see {LOG}")
        draft = STAMP.with_suffix(".new")
        draft.write_text(_stamp(sources), encoding="utf-8")
        draft.replace(STAMP)


def is_built() -> bool:
    """Whether the pages of these sources are built. The current folder must be the project's
    root."""
    return _is_current(fingerprint(SOURCES))


def fingerprint(paths: tuple[str, ...]) -> str:
    """Hash the files in and below `paths`, and the installed version of Reflex. Node's does not
    count: an image has the built pages, and no Node."""
    total = hashlib.sha256()
    for dist in sorted(f"{d.name}=={d.version}".lower() for d in distributions()):
        if dist.startswith("reflex"):
            total.update(f"{dist}\0".encode())
    for path in paths:
        for file in _files(project.source(path)):
            content = file.read_bytes()
            name = file.relative_to(project.ROOT) if file.is_absolute() else file
            total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = (f for f in path.rglob("*") if f.is_file() and not f.is_relative_to(GENERATED))
    return sorted(f for f in files if f.suffix == ".py" or "exports_app" not in path.parts)


def _stamp(sources: str) -> str:
    return f"{sources} {fingerprint((LOCK,))}\n"


def _is_current(sources: str) -> bool:
    return (
        (BUILT / "index.html").is_file()
        and STAMP.is_file()
        and STAMP.read_text(encoding="utf-8") == _stamp(sources)
    )


@contextmanager
def _alone() -> Iterator[int]:
    """Allow one build at a time in this folder. Yields the lock's file descriptor."""
    with Path("rxconfig.py").open("rb") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield f.fileno()


def _sort(file: Path) -> None:
    """Sort the file's keys: Reflex changes their order, and the committed file must not change."""
    if file.is_file():
        content = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _export(lock: int) -> None:
    WEB.mkdir(exist_ok=True)
    draft = Path(f".web.log.{os.getpid()}")
    try:
        code = _run(draft, lock)
        text = draft.read_text(encoding="utf-8", errors="replace")
        WEB.mkdir(exist_ok=True)
        draft.replace(LOG)
    finally:
        draft.unlink(missing_ok=True)
    if code:
        print("\n".join(reason_of(text.splitlines())), file=sys.stderr, flush=True)
        raise StartError(
            f"the web pages did not build (exit code {code}): the whole output is in {LOG}"
        )


def reason_of(lines: list[str]) -> list[str]:
    """The lines of a failed build to show: what npm calls an error, else the last ones. npm ends
    with a long list of what it was doing."""
    errors = list[str]()
    is_error = False
    for line in lines:
        if line.startswith("npm "):
            is_error = line.startswith("npm error")
        if is_error:  # also what a long line goes on with
            errors.append(line)
    return (errors or lines)[-TAIL:]


def _run(log: Path, lock: int) -> int:
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    with log.open("wb") as out:
        # A session of its own, so that ending it also ends npm and node. It inherits the lock: if
        # this process is killed, the next start waits until the build has ended.
        build = subprocess.Popen(  # noqa: S603 (our own command)
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
        )
        try:
            return build.wait()
        except BaseException:  # whatever ends the start, such as a signal, must end the build too
            _end(build)
            raise


def _end(build: "subprocess.Popen[bytes]") -> None:
    for how, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, None)):
        try:
            os.killpg(build.pid, how)
            build.wait(patience)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
