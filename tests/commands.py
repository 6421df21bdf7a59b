"""The command line in processes that have everything imported when they begin: a fork takes a tenth
of a start."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from tests.paths import ROOT

Result = subprocess.CompletedProcess[str]

_PARENT = """
import io, json, os, sys, time, traceback
from exports_app import wiring
from exports_app.cli.main import main
from exports_app.doctor import examination
from exports_app.db import migrate

def run(asked):
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    for fd, path in enumerate(asked["streams"]):
        os.dup2(os.open(path, os.O_RDWR), fd)
    sys.stdin = io.TextIOWrapper(open(0, "rb"), encoding="utf-8", errors="surrogateescape")
    sys.stdout = io.TextIOWrapper(open(1, "wb"), encoding="utf-8", errors="surrogateescape")
    sys.stderr = io.TextIOWrapper(open(2, "wb"), encoding="utf-8", errors="backslashreplace")
    try:
        return main(asked["args"])
    except SystemExit as e:
        return e.code or 0
    except BaseException:
        traceback.print_exc()
        return 1

for line in sys.stdin:
    if not (child := os.fork()):
        code = run(json.loads(line))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Commands:
    """`python -m exports_app ...`, again and again. Warnings are errors there too."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-W", "error", "-c", _PARENT]
        env = os.environ | {"PYTHONUTF8": "1"}
        self._parent = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return self

    def __exit__(self, *why: object) -> None:
        self._parent.communicate()

    def run(self, args: tuple[str, ...], env: dict[str, str], typed: bytes = b"") -> Result:
        """env: the whole environment. typed: its stdin."""
        assert self._parent.stdin
        assert self._parent.stdout
        with tempfile.TemporaryDirectory(prefix="exports-command-") as folder:
            streams = [Path(folder, name) for name in ("stdin", "stdout", "stderr")]
            for stream in streams:
                stream.write_bytes(typed if stream.name == "stdin" else b"")
            asked = {"args": args, "env": env, "streams": [str(stream) for stream in streams]}
            self._parent.stdin.write(json.dumps(asked) + "\n")
            self._parent.stdin.flush()
            code = int(self._parent.stdout.readline())
            return Result(args, code, *(stream.read_text("utf-8") for stream in streams[1:]))
