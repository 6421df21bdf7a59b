"""The programs that make the files, and one run of each in a process of its own: seconds, memory,
size of the file.

Ours is the engine's child process alone, timed from before its start to its end: that is what a run
waits for. A rival's time begins after its imports; the sqlite3 command's is the whole process.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import environment
from bench.rivals import cli
from bench.running import ROOT, peak_mb

OURS = "ours"


@dataclass(frozen=True)
class Candidate:
    """module: of bench.rivals; empty for ours, sqlite3 and exceljs."""

    format: str
    name: str
    module: str = ""

    @property
    def missing(self) -> str:
        """Why it cannot be measured here; empty where it can."""
        return (
            "the sqlite3 command is not installed"
            if self.name == SQLITE and not shutil.which("sqlite3")
            else ""
        )


SQLITE = "sqlite3 CLI"
EXCELJS = "exceljs"
PANDAS = "pandas"
STDLIB = "stdlib"
BARE_FETCH = Candidate("fetch", "bare fetch", "texts")
"""Fetches the rows and makes no file: no candidate can be faster."""
RIVALS = (
    Candidate("csv", STDLIB, "texts"),
    Candidate("csv", PANDAS, "frame"),
    Candidate("csv", SQLITE),
    Candidate("json", STDLIB, "texts"),
    Candidate("json", PANDAS, "frame"),
    Candidate("xml", "lxml", "markup"),
    Candidate("excel", "openpyxl", "excel_openpyxl"),
    Candidate("excel", "xlsxwriter", "excel_xlsxwriter"),
    Candidate("excel", "rustpy-xlsxwriter", "excel_rust"),
    Candidate("excel", EXCELJS),
)


def candidates(formats: Iterable[str]) -> list[Candidate]:
    """The bare fetch, then of each of our formats ours and the rivals."""
    listed = [BARE_FETCH]
    for name in formats:
        listed += [
            Candidate(name, OURS),
            *(rival for rival in RIVALS if rival.format == name),
        ]
    return listed


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mb: float
    file_mb: float


def run(candidate: Candidate, task_file: Path, path: Path) -> Measured:
    """Make the file. Raises SystemExit where that fails."""
    if candidate.name == OURS:
        seconds, peak = ours(candidate.format, json.loads(task_file.read_text()), path)
    elif candidate.name == SQLITE:
        seconds, peak = _sqlite(json.loads(task_file.read_text()), path)
    elif candidate.name == EXCELJS:
        script = ROOT / "bench" / "rivals" / "exceljs.cjs"
        seconds, peak = _rival(
            environment.node(), "--no-warnings", script, environment.FOLDER, task_file, path
        )
    else:
        module = f"bench.rivals.{candidate.module}"
        seconds, peak = _rival(environment.PYTHON, "-m", module, candidate.format, task_file, path)
    return Measured(seconds, peak, path.stat().st_size / 1_000_000)


def ours(file_format: str, task: dict[str, Any], path: Path) -> tuple[float, float]:
    """As exports_app/engine/file_producer.py starts it. Returns seconds and peak MB."""
    formats = task["formats"]
    whole = (
        {k: v for k, v in task.items() if k != "formats"}
        | formats[file_format]
        | {"path": str(path)}
    )
    began = time.perf_counter()
    command = [sys.executable, "-m", "exports_app.engine.subprocess_entry"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(whole).encode() + b"\n")
    process.stdin.flush()  # it stays open: the child ends when it is closed
    output, peak = _end(process)
    seconds = time.perf_counter() - began
    answer = json.loads(output.splitlines()[-1])
    if not answer.get("done"):
        raise SystemExit(f"the child did not make the {file_format} file: {answer}")
    return seconds, peak


def _sqlite(task: dict[str, Any], path: Path) -> tuple[float, float]:
    began = time.perf_counter()
    with path.open("wb") as file:
        process = subprocess.Popen(
            ["sqlite3", "-batch", "-readonly", task["database"]], stdin=subprocess.PIPE, stdout=file
        )
        assert process.stdin is not None
        process.stdin.write(cli.script(task).encode())
        process.stdin.close()
        _, peak = _end(process)
    return time.perf_counter() - began, peak


def _rival(*command: str | Path) -> tuple[float, float]:
    output, peak = _end(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
    return json.loads(output)["seconds"], peak


def _end(process: "subprocess.Popen[bytes]") -> tuple[bytes, float]:
    """Its output, and its peak memory in MB. Raises SystemExit where it failed."""
    output = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{process.args!r} ended with {process.returncode}")
    return output, peak_mb(usage)
