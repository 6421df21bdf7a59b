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
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, Page, Playwright, async_playwright

from bench import clicks, company
from bench.more_clicks import Header, History, Runs
from bench.pages import PATH, close_pages, open_pages
from bench.running import child, machine, say
from bench.ui_report import (
    EXPORT_ROWS,
    EXPORTS,
    OPEN_PAGES,
    Measurements,
    Weight,
    report,
    report_pushes,
)
from exports_app.services.identity.cookies import SESSION_COOKIE
from tests.browser import FLAGS, find
from tests.e2e.server import start_server

CHURN_SECONDS = 60


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
    """Rename the first schedule through the API, again and again. Milliseconds from the request."""
    await page.goto(PATH)
    await page.locator(clicks.ROW).first.wait_for()
    others = await open_pages(url, seeded["others"])
    newest = seeded["newest"]
    took: dict[str, list[float]] = {"answered": [], "seen": [], "first": [], "last": []}
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        login = await http.post(
            "/api/auth/login", json={"email": company.EMAIL, "password": company.PASSWORD}
        )
        http.headers["Authorization"] = f"Bearer {login.json()['accessToken']}"
        for number in range(changes + 2):
            name = f"Renamed {number:03}"
            waiting = [other.wait_for(name) for other in others]
            await clicks.arm(page, "", "named", [newest, name])
            sent = time.time()
            answer = await http.put(f"/api/scheduled-exports/{newest}", json={"name": name})
            answered = time.time()
            answer.raise_for_status()
            seen = (await clicks.answered(page)).end
            came = await asyncio.wait_for(asyncio.gather(*waiting), 30)
            if number >= 2:
                took["answered"].append((answered - sent) * 1000)
                took["seen"].append(seen - sent * 1000)
                took["first"].append((min(came) - sent) * 1000)
                took["last"].append((max(came) - sent) * 1000)
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
        took = await clicks.measure([_list(page, seeded)], samples)
        clicked = time.monotonic() - began
        made = await ended - began
    say(
        f"{EXPORTS} exports of {EXPORT_ROWS:,} rows took {made:.0f} s, the clicks beside them"
        f" {clicked:.0f} s"
    )
    return took, min(1.0, made / clicked)


def _list(page: Page, seeded: dict[str, Any]) -> clicks.List:
    return clicks.List(page, seeded["newest"], seeded["count"])


async def _until_made(http: httpx.AsyncClient, path: str) -> float:
    while True:
        items = (await http.get(f"{path}/history")).json()["items"]
        if failed := [run["error"] for run in items if run["status"] == "failed"]:
            raise SystemExit(f"an export failed: {failed[0]}")
        if not [run for run in items if run["status"] in {"pending", "processing"}]:
            return time.monotonic()
        await asyncio.sleep(1)


def worker_of(pid: int) -> int:
    """The server's only child, which does the work."""
    children = [p for p in Path("/proc").iterdir() if p.name.isdigit() and _parent(p) == pid]
    return max((int(p.name) for p in children), key=lambda child: resources(child)["rss"])


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
        pages = await open_pages(url, [session] * OPEN_PAGES)
        await close_pages(pages)
        opened += len(pages)
    await asyncio.sleep(3)  # what ends, ends
    return opened


async def measure(url: str, pid: int, seeded: dict[str, Any], samples: int) -> Measurements:
    async with async_playwright() as playwright:
        browser = await open_browser(playwright)
        page = await signed_in(browser, url, seeded["session"])
        weight = await first_load(page)
        say(f"first load: {weight.bytes / 1000:.0f} KB")
        others = [Runs(page), History(page, seeded["newest"]), Header(page, seeded["count"])]
        took = await clicks.measure([_list(page, seeded), *others], samples)
        say("clicks are measured")
        busy, share = await beside_exports(page, url, seeded, max(2, samples // 6))
        pushed = await pushes(page, url, seeded, samples)
        say("pushes are measured")
        await browser.close()
    worker = worker_of(pid)
    before = resources(worker)
    opened = await churn(url, seeded["session"])
    return Measurements(weight, took, busy, share, pushed, before, resources(worker), opened)


async def measure_pushes(url: str, seeded: dict[str, Any], samples: int) -> dict[str, list[float]]:
    async with async_playwright() as playwright:
        browser = await open_browser(playwright)
        page = await signed_in(browser, url, seeded["session"])
        pushed = await pushes(page, url, seeded, samples)
        await browser.close()
    return pushed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ui", description=__doc__.splitlines()[0])
    parser.add_argument("--schedules", type=int, default=10_000, help="10,000 by default")
    parser.add_argument("--samples", type=int, default=30, help="of each action; 30 by default")
    parser.add_argument(
        "--only-pushes", action="store_true", help="only how soon open pages show a change"
    )
    args = parser.parse_args()
    described = machine()
    with tempfile.TemporaryDirectory(prefix="exports-bench-") as folder:
        say(f"seeding {args.schedules:,} schedules")
        seeded = child("company", Path(folder) / "data", args.schedules)
        env = {"DEMO": "0", "SMTP_HOST": "", "LOG_LEVEL": "warning"}
        with start_server(Path(folder), env, backend_only=False) as server:
            if args.only_pushes:
                pushed = asyncio.run(measure_pushes(server.url, seeded, args.samples))
            else:
                measured = asyncio.run(
                    measure(server.url, server.process.pid, seeded, args.samples)
                )
    print(f"{described}\n")
    kept = report_pushes(pushed) if args.only_pushes else report(measured, args.schedules)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
