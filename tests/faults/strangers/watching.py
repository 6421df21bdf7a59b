"""What an attack costs the server, and a person beside it."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.ui.house import House
from tests.e2e.ui.wire import ROOT
from tests.faults.strangers.connections import STRANGER, tally
from tests.paths import ROOT as REPOSITORY

MANY_NETWORKS = "2001:db8:7::/48"
LIST = f"{ROOT}.exports_app___ui___pages___scheduled_exports___list___state____list_state"


def processes(pid: int) -> list[int]:
    """The process and all below it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parents[int(entry.name)] = int(
                (entry / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def memory(pids: list[int]) -> float:
    """MB of theirs alone."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                total += int(line.split()[1])
    return total / 1024


def cpu(pids: list[int]) -> float:
    """Seconds of CPU time that they have used so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def incidents(log: str) -> Iterator[str]:
    """What the log says about strangers' websockets."""
    for line in log.splitlines():
        with suppress(ValueError):
            entry = json.loads(line)
            if entry.get("address") in {STRANGER, MANY_NETWORKS} and entry["event"].startswith(
                "a websocket"
            ):
                yield entry["event"]


@dataclass
class Figures:
    more: float = 0.0
    """MB at the highest, beyond those before."""
    left: float = 0.0
    """MB afterwards, beyond those before."""
    cpu: float = 0.0
    slowest: float = 0.0
    """Seconds, of another person's page."""
    answers: int = 0
    log_lines: int = 0
    seconds: float = 0.0
    """The whole attack."""
    incidents: Counter[str] = field(default_factory=Counter)
    """Log lines about strangers' websockets, by what they say."""


class Bystander:
    """Another person, who searches their list all the while; in a process of its own, since the
    attack keeps this one busy."""

    def __init__(self, url: str, cookie: str) -> None:
        command = [sys.executable, "-m", "tests.faults.bystander", url, LIST]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(cookie)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def start(self) -> None:
        self._say("go")

    def stop(self) -> list[float]:
        """The seconds that each answer took."""
        out, _ = self._process.communicate("stop\n", timeout=60)
        assert self._process.returncode == 0, "the bystander's page broke"
        return [float(line) for line in out.splitlines()]


@contextmanager
def watched(house: House) -> Iterator[Figures]:
    """The figures are complete when the block has ended."""
    company = house.company("Bystanders")
    pids = processes(house.server.process.pid)
    figures = Figures()
    log = house.log()
    bystander = Bystander(house.url, house.cookie(company.admin))
    before = memory(pids)
    cpu_before = cpu(pids)
    began = time.monotonic()
    over = threading.Event()
    tally.reset()

    def sample() -> None:
        while not over.wait(0.02):
            figures.more = max(figures.more, memory(pids) - before)

    sampler = threading.Thread(target=sample)
    sampler.start()
    bystander.start()
    try:
        yield figures
    finally:
        answers = bystander.stop()
        over.set()
        sampler.join()
        figures.slowest, figures.answers = max(answers, default=0.0), len(answers)
        figures.left, figures.cpu = memory(pids) - before, cpu(pids) - cpu_before
        figures.log_lines = len(log().splitlines())
        figures.seconds = time.monotonic() - began
        figures.incidents = Counter(incidents(log()))
        print(
            f"\n{figures.more:+.0f} MB at the highest, {figures.left:+.0f} MB afterwards, "
            f"{figures.cpu:.1f} s of CPU,"
            f" slowest of {figures.answers} answers {figures.slowest * 1000:.0f} ms, "
            f"{figures.log_lines} log lines,"
            f" {figures.seconds:.1f} s; {tally.handshakes} handshakes, {tally.packets} packets, "
            f"{tally.bytes / 1e6:.1f} MB;"
            f" {dict(figures.incidents)}"
        )
