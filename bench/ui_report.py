"""The tables of `python -m bench.ui`, and whether its aims are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench import clicks, company
from bench.running import percentile, say, verdict

CLICK_AIM = 150
"""Milliseconds, 95 of 100."""
BUSY_AIM = 200
"""Milliseconds, 95 of 100, while exports are made."""
PUSH_AIM = 500
"""Milliseconds until a change is seen, 95 of 100."""
WEIGHT_AIM = 450
"""Kilobytes of 1,000 bytes."""
EXPORTS = 20
EXPORT_ROWS = company.LARGE_CAMPAIGNS * company.LARGE_DAYS
OPEN_PAGES = 50


@dataclass
class Measurements:
    weight: "Weight"
    took: dict[str, list[clicks.Answer]]
    busy: dict[str, list[clicks.Answer]]
    """Clicks while EXPORTS are made."""
    share: float
    """Share of the time of those clicks in which exports were unfinished."""
    pushed: dict[str, list[float]]
    before: dict[str, float]
    after: dict[str, float]
    opened: int
    """Pages that were opened and closed between before and after."""


@dataclass
class Weight:
    """The first load of the list, with an empty cache."""

    bytes: int = 0
    requests: int = 0
    socket_bytes: int = 0
    hosts: set[str] = field(default_factory=set)


def p95(answers: Sequence[clicks.Answer]) -> float:
    return percentile([answer.took for answer in answers], 0.95)


def report(measurements: Measurements, schedules: int) -> bool:
    """Print the tables. Returns whether every aim is kept."""
    _print_clicks(measurements, schedules)
    _print_pushes(measurements.pushed)
    _print_resources(measurements)
    return all(_verdicts(measurements))


def report_pushes(pushed: dict[str, list[float]]) -> bool:
    """Print this table alone. Returns whether its aim is kept."""
    _print_pushes(pushed)
    return _kept_pushes(pushed)


def _answers(by_name: dict[str, list[clicks.Answer]]) -> list[clicks.Answer]:
    return [answer for answers in by_name.values() for answer in answers]


def _line(name: str, values: Sequence[float]) -> str:
    p50, high = percentile(values, 0.5), percentile(values, 0.95)
    return f"| {name} | {len(values)} | {p50:,.0f} | {high:,.0f} | {max(values):,.0f} |"


def _print_clicks(measurements: Measurements, schedules: int) -> None:
    print(
        f"| click to answer, {schedules:,} schedules | samples | p50 ms | p95 ms | max ms |"
        " waiting p50 | drawing p50 |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    rows = [*measurements.took.items(), ("all of them", _answers(measurements.took))]
    for name, answers in rows:
        waiting, drawing = (
            percentile([getattr(a, part) for a in answers], 0.5) for part in ("waiting", "drawing")
        )
        print(f"{_line(name, [a.took for a in answers])} {waiting:,.0f} | {drawing:,.0f} |")
    busy = f"all of them, while {EXPORTS} exports of {EXPORT_ROWS:,} rows are made"
    print(_line(busy, [a.took for a in _answers(measurements.busy)]), "| |")


def _print_pushes(pushed: dict[str, list[float]]) -> None:
    print(
        f"\n| request to change, {OPEN_PAGES} people's pages | samples | p50 ms | p95 ms | max ms |"
    )
    print("|---|---:|---:|---:|---:|")
    names = {
        "answered": "API's answer",
        "first": "first other page has it",
        "seen": "seen in the browser",
        "last": "last other page has it",
    }
    for key, name in names.items():
        print(_line(name, pushed[key]))


def _print_resources(measurements: Measurements) -> None:
    before, after = measurements.before, measurements.after
    opened, weight = measurements.opened, measurements.weight
    print(f"\n| worker's | before | after {opened} pages came and went |\n|---|---:|---:|")
    for key, name in (("rss", "memory MB"), ("files", "open files"), ("threads", "threads")):
        print(f"| {name} | {before[key]:,.0f} | {after[key]:,.0f} |")
    print(
        f"\nThe first page: {weight.bytes / 1000:.0f} KB in {weight.requests} requests to"
        f" {len(weight.hosts)} host, and {weight.socket_bytes / 1000:.0f} KB of data before"
        " compression.\n"
    )
    grown = 1000 * (after["rss"] - before["rss"]) / max(1, opened)
    say(f"memory grew by {grown:.0f} KB for a page; each state is kept for half an hour")


def _verdicts(measurements: Measurements) -> list[bool]:
    before, after = measurements.before, measurements.after
    took, busy = measurements.took, p95(_answers(measurements.busy))
    slow = sorted(name for name, answers in took.items() if p95(answers) >= CLICK_AIM)
    all_clicks = (
        f"every click answered within {CLICK_AIM} ms, 95 of 100"
        f" (all together: {p95(_answers(took)):.0f} ms)"
    )
    busy_clicks = (
        f"the same within {BUSY_AIM} ms while {EXPORTS} exports are made ({busy:.0f} ms;"
        f" they took {measurements.share:.0%} of the time)"
    )
    left_over = {key: after[key] - before[key] for key in ("files", "threads")}
    return [
        verdict(all_clicks + (f"; slower: {', '.join(slow)}" if slow else ""), not slow),
        verdict(busy_clicks, busy < BUSY_AIM),
        _kept_pushes(measurements.pushed),
        verdict(
            f"the first page at most {WEIGHT_AIM} KB",
            measurements.weight.bytes / 1000 <= WEIGHT_AIM,
        ),
        verdict("everything from one host", len(measurements.weight.hosts) == 1),
        verdict("no files and threads left over", max(left_over.values()) < 5),
    ]


def _kept_pushes(pushed: dict[str, list[float]]) -> bool:
    slowest = max(percentile(pushed[key], 0.95) for key in ("seen", "last"))
    return verdict(f"a change seen within {PUSH_AIM} ms, 95 of 100", slowest < PUSH_AIM)
