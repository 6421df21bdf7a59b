"""Child processes, and what is said about the machine. Small on purpose, and so is all that
`bench/__main__.py` imports: on Linux a child's peak memory begins with that of the process which
started it."""

import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of one ru_maxrss: bytes there, KiB on Linux."""


def environment() -> dict[str, str]:
    """Without any mail settings: set but empty also hides what .env says."""
    return os.environ | {"SMTP_HOST": ""}


def child(module: str, *arguments: object, python: str | Path = sys.executable) -> dict[str, Any]:
    """Run `python -m bench.<module>`, and read the JSON that it prints."""
    command = [python, "-m", f"bench.{module}", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def peak_mb(usage: resource.struct_rusage) -> float:
    """The highest resident memory, in units of 1,000,000 bytes."""
    return usage.ru_maxrss * RSS_UNIT / 1_000_000


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[round(part * (len(values) - 1))]


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()}, "
        f"Python {platform.python_version()}, load {load}"
    )


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def verdict(what: str, kept: bool | None) -> bool:
    """Print one aim. kept: None where it could not be measured, which is no miss."""
    print(f"- {what}: {'not measured' if kept is None else 'kept' if kept else 'MISSED'}.")
    return kept is not False
