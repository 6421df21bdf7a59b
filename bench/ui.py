"""`python -m bench.ui`: how fast the pages answer, follow a change, and load. Prints a section of
docs/performance.md.

The real server over a database of its own, a headless Chromium, and websockets that stand for
further open pages.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, Page, Playwright, async_playwright

from bench import clicks, company
from bench.pages import PATH, close_pages, open_pages
from bench.running import child, machine, percentile, say, verdict
from exports_app.services.identity.sessions import SESSION_COOKIE
from tests.browser import FLAGS, find
from tests.e2e.server import start_server

CLICK_AIM, BUSY_AIM, PUSH_AIM, WEIGHT_AIM = 150, 200, 500, 450
"""Milliseconds (95 of 100; while exports are made; of a push), kilobytes of 1,000 bytes."""
EXPORTS, EXPORT_ROWS = 20, company.LARGE_CAMPAIGNS * company.LARGE_DAYS
OPEN_PAGES = 50
CHURN_SECONDS = 60


@dataclass
class Found:
    weight: "Weight"
    took: dict[str, list[clicks.Answer]]
    busy: dict[str, list[clicks.Answer]]
    """While EXPORTS are made."""
    share: float
    """Of the time of those clicks in which exports were still waited for."""
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
    return percentile([one.took for one in answers], 0.95)


async def open_browser(playwright: Playwright) -> Browser:
    path = find(playwright)
    return await playwright.chromium.launch(executable_path=path, args=list(FLAGS))


async def signed_in(browser: Browser, url: str, session: str) -> Page:
    context = await browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    await context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": url}])
    page = await context.new_page()
    await page.add_init_script(f"({clicks.NOTE_FRAMES})()")
    return page


async def first_load(page: Page) -> Weight:
    """Open the list and wait for it: what came over the wire, compressed as it came."""
    weight, wire = Weight(), await page.context.new_cdp_session(page)

    def ended(event: dict[str, Any]) -> None:
        weight.requests += 1
        weight.bytes += int(event["encodedDataLength"])

    def frame(event: dict[str, Any]) -> None:
        weight.socket_bytes += len(event["response"]["payloadData"])

    wire.on("Network.loadingFinished", ended)
    wire.on("Network.webSocketFrameReceived", frame)
    wire.on(
        "Network.requestWillBeSent",
        lambda e: weight.hosts.add(urlsplit(e["request"]["url"]).netloc),
    )
    wire.on("Network.webSocketCreated", lambda e: weight.hosts.add(urlsplit(e["url"]).netloc))
    await wire.send("Network.enable")
    await page.goto(PATH)
    await page.locator(clicks.ROW).first.wait_for()
    await page.wait_for_load_state("networkidle")
    await wire.detach()
    weight.hosts.discard("")  # data: addresses
    return weight


async def pushes(
    page: Page, url: str, seeded: dict[str, Any], changes: int
) -> dict[str, list[float]]:
    """Rename the first schedule through the API, again and again. Milliseconds from the commit."""
    await page.goto(PATH)
    await page.locator(clicks.ROW).first.wait_for()
    others = await open_pages(url, seeded["session"], OPEN_PAGES - 1)
    newest = seeded["newest"]
    took: dict[str, list[float]] = {"answered": [], "seen": [], "first": [], "last": []}
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        login = await http.post(
            "/api/auth/login", json={"email": company.EMAIL, "password": company.PASSWORD}
        )
        http.headers["Authorization"] = f"Bearer {login.json()['accessToken']}"
        for number in range(changes + 2):
            name = f"Renamed {number:03}"
            waiting = [one.wait_for(name) for one in others]
            await clicks.arm(page, "", "named", [newest, name])
            answer = await http.put(f"/api/scheduled-exports/{newest}", json={"name": name})
            answered = time.time()
            answer.raise_for_status()
            seen = (await clicks.answered(page)).end
            came = await asyncio.wait_for(asyncio.gather(*waiting), 30)
            # Stamped by the service within its transaction: a little before the commit
            commit = datetime.fromisoformat(answer.json()["updatedAt"]).timestamp()
            if number >= 2:
                took["answered"].append((answered - commit) * 1000)
                took["seen"].append(seen - commit * 1000)
                took["first"].append((min(came) - commit) * 1000)
                took["last"].append((max(came) - commit) * 1000)
            await asyncio.sleep(0.5)
    await close_pages(others)
    return took


async def beside_exports(
    page: Page, url: str, seeded: dict[str, Any], samples: int
) -> tuple[dict[str, list[clicks.Answer]], float]:
    """Clicks while EXPORTS large files are made, all asked for at once; and the share of the time
    that these took."""
    path = f"/api/scheduled-exports/{seeded['large']}"
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        login = await http.post(
            "/api/auth/login", json={"email": company.EMAIL, "password": company.PASSWORD}
        )
        http.headers["Authorization"] = f"Bearer {login.json()['accessToken']}"
        began = time.monotonic()
        for _ in range(EXPORTS):
            (await http.post(f"{path}/trigger")).raise_for_status()
        ended = asyncio.create_task(_until_made(http, path))
        took = await clicks.measure(page, seeded, samples)
        clicked = time.monotonic() - began
        made = await ended - began
    say(
        f"{EXPORTS} exports of {EXPORT_ROWS:,} rows took {made:.0f} s, "
        f"the clicks beside them {clicked:.0f} s"
    )
    return took, min(1.0, made / clicked)


async def _until_made(http: httpx.AsyncClient, path: str) -> float:
    while True:
        items = (await http.get(f"{path}/history")).json()["items"]
        if failed := [one["error"] for one in items if one["status"] == "failed"]:
            raise SystemExit(f"an export failed: {failed[0]}")
        if not [one for one in items if one["status"] in {"pending", "processing"}]:
            return time.monotonic()
        await asyncio.sleep(1)


def worker_of(pid: int) -> int:
    """The server's only child, which does the work."""
    found = [p for p in Path("/proc").iterdir() if p.name.isdigit() and _parent(p) == pid]
    return max((int(p.name) for p in found), key=lambda one: resources(one)["rss"])


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def resources(pid: int) -> dict[str, float]:
    lines = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    rss = int(lines["VmRSS"].split()[0]) * 1024 / 1_000_000
    return {
        "rss": rss,
        "files": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": int(lines["Threads"]),
    }


async def churn(url: str, session: str) -> int:
    """Open pages and close them again, for a minute. Returns how many."""
    opened, deadline = 0, time.monotonic() + CHURN_SECONDS
    while time.monotonic() < deadline:
        pages = await open_pages(url, session, OPEN_PAGES)
        await close_pages(pages)
        opened += len(pages)
    await asyncio.sleep(3)  # what ends, ends
    return opened


async def measure(url: str, pid: int, seeded: dict[str, Any], samples: int) -> Found:
    async with async_playwright() as playwright:
        browser = await open_browser(playwright)
        page = await signed_in(browser, url, seeded["session"])
        weight = await first_load(page)
        say(f"first load: {weight.bytes / 1000:.0f} KB")
        await page.goto(PATH)
        took = await clicks.measure(page, seeded, samples)
        say("clicks are measured")
        busy, share = await beside_exports(page, url, seeded, max(2, samples // 6))
        pushed = await pushes(page, url, seeded, samples)
        say("pushes are measured")
        await browser.close()
    worker = worker_of(pid)
    before = resources(worker)
    opened = await churn(url, seeded["session"])
    return Found(weight, took, busy, share, pushed, before, resources(worker), opened)


def line(name: str, values: Sequence[float]) -> str:
    p50, high, worst = percentile(values, 0.5), percentile(values, 0.95), max(values)
    return f"| {name} | {len(values)} | {p50:,.0f} | {high:,.0f} | {worst:,.0f} |"


def report(found: Found, schedules: int) -> bool:
    """Print the tables. Returns whether every aim is kept."""
    every = [one for answers in found.took.values() for one in answers]
    print(
        f"| click to answer, {schedules:,} schedules | samples | p50 ms | p95 ms | max ms | "
        "waiting p50 | drawing p50 |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, answers in [*found.took.items(), ("all of them", every)]:
        waiting, drawing = (
            percentile([getattr(a, part) for a in answers], 0.5) for part in ("waiting", "drawing")
        )
        print(f"{line(name, [a.took for a in answers])} {waiting:,.0f} | {drawing:,.0f} |")
    beside = [one for answers in found.busy.values() for one in answers]
    print(
        line(
            f"all of them, while {EXPORTS} exports of {EXPORT_ROWS:,} rows are made",
            [a.took for a in beside],
        ),
        "| |",
    )
    print(
        f"\n| commit to change, {OPEN_PAGES} open pages | samples | p50 ms | p95 ms | max ms |\n"
        "|---|---:|---:|---:|---:|"
    )
    words = {
        "answered": "API's answer",
        "first": "first other page has it",
        "seen": "seen in the browser",
        "last": "last other page has it",
    }
    for key, name in words.items():
        print(line(name, found.pushed[key]))
    print(f"\n| worker's | before | after {found.opened} pages came and went |\n|---|---:|---:|")
    for key, name in (("rss", "memory MB"), ("files", "open files"), ("threads", "threads")):
        print(f"| {name} | {found.before[key]:,.0f} | {found.after[key]:,.0f} |")
    kilo, slow = (
        found.weight.bytes / 1000,
        {n for n, v in found.took.items() if p95(v) >= CLICK_AIM},
    )
    print(
        f"\nThe first page: {kilo:.0f} KB in {found.weight.requests} requests to "
        f"{len(found.weight.hosts)} host,"
        f" and {found.weight.socket_bytes / 1000:.0f} KB of data before compression.\n"
    )
    grown = found.after["rss"] - found.before["rss"]
    say(
        f"memory grew by {1000 * grown / max(1, found.opened):.0f} KB for a page; "
        "each state is kept for half an hour"
    )
    return all(
        [
            verdict(
                f"every click answered within {CLICK_AIM} ms, 95 of 100 "
                f"(all together: {p95(every):.0f} ms)"
                + (f"; slower: {', '.join(sorted(slow))}" if slow else ""),
                not slow,
            ),
            verdict(
                f"the same within {BUSY_AIM} ms while {EXPORTS} exports are made "
                f"({p95(beside):.0f} ms; they took {found.share:.0%} of the time)",
                p95(beside) < BUSY_AIM,
            ),
            verdict(
                f"a change seen within {PUSH_AIM} ms, 95 of 100",
                percentile(found.pushed["seen"], 0.95) < PUSH_AIM
                and percentile(found.pushed["last"], 0.95) < PUSH_AIM,
            ),
            verdict(f"the first page at most {WEIGHT_AIM} KB", kilo <= WEIGHT_AIM),
            verdict("everything from one host", len(found.weight.hosts) == 1),
            verdict(
                "no files and threads left over",
                found.after["files"] - found.before["files"] < 5
                and found.after["threads"] - found.before["threads"] < 5,
            ),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ui", description=__doc__.splitlines()[0])
    parser.add_argument("--schedules", type=int, default=10_000, help="10,000 by default")
    parser.add_argument("--samples", type=int, default=30, help="of each action; 30 by default")
    given = parser.parse_args()
    described = machine()
    with tempfile.TemporaryDirectory(prefix="exports-bench-") as folder:
        say(f"seeding {given.schedules:,} schedules")
        seeded = child("company", Path(folder) / "data", given.schedules)
        env = {"DEMO": "0", "SMTP_HOST": "", "LOG_LEVEL": "warning"}
        with start_server(Path(folder), env, backend_only=False) as server:
            found = asyncio.run(measure(server.url, server.process.pid, seeded, given.samples))
    print(f"{described}\n")
    return 0 if report(found, given.schedules) else 1


if __name__ == "__main__":
    sys.exit(main())
