"""The table of one database, and whether its aims were met."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.growth.aims import START, Aim
from bench.growth.callers import NAMES
from bench.growth.databases import KINDS
from bench.running import verdict

START_NAME = "start of the server's own work"


@dataclass(frozen=True)
class Line:
    """Milliseconds over both sizes."""

    name: str
    caller: str
    small: float
    full: float
    aim: Aim

    @property
    def is_met(self) -> bool:
        return self.aim.is_met(self.small, self.full)


def lines(small: Mapping[str, Any], full: Mapping[str, Any]) -> list[Line]:
    """In the order of the measurement. What only the full database has, as a page behind the reach
    of numbers, has no line."""
    found = []
    for key, over_full in full.items():
        if key in small:
            name, _, caller = key.partition("|")
            aim = Aim(*over_full["aim"])
            found.append(Line(name, caller, small[key]["ms"], over_full["ms"], aim))
    return found


def start_line(small: Mapping[str, Any], full: Mapping[str, Any]) -> Line:
    name = f"{START_NAME} ({small['rows']:,} and {full['rows']:,} rows read)"
    return Line(name, "", small["ms"], full["ms"], Aim(ms=START))


def table(kind: str, found: list[Line]) -> None:
    print(f"| {KINDS[kind]} | who | small ms | full ms | ratio | aim | |")
    print("|---|---|---:|---:|---:|---|---|")
    for line in found:
        ratio = f"{line.full / line.small:,.1f}" if line.small else "-"
        met = "" if line.is_met else "MISSED"
        print(
            f"| {line.name} | {NAMES[line.caller]} | {line.small:,.1f} | {line.full:,.1f} | "
            f"{ratio} | {line.aim} | {met} |"
        )
    print()


def judge(kind: str, found: list[Line]) -> bool:
    missed = [line for line in found if not line.is_met]
    for line in missed:
        who = f", {NAMES[line.caller]}" if line.caller else ""
        verdict(
            f"{KINDS[kind]}, {line.name}{who}: {line.aim} ({line.small:,.1f}, {line.full:,.1f} ms)",
            kept=False,
        )
    count = f"{len(found) - len(missed)} of {len(found)}"
    return verdict(f"{KINDS[kind]}: {count} operations cost what they may", not missed)
