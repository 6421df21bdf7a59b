"""More callers than a server can serve at a time, each of whom asks again as soon as it is
answered."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

PATIENCE = 300.0
"""Seconds that any answer may take: only one that never comes is an error of its own."""


@dataclass
class Load:
    """answers: by path, status and code of a problem. slowest: seconds, by path. odd: refusals that
    do not say when to come again."""

    answers: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    slowest: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)

    def note(self, name: str, answer: httpx.Response, seconds: float) -> None:
        problem = answer.headers.get("content-type") == "application/problem+json"
        code = answer.json()["code"] if problem else ""
        self.answers[(name, answer.status_code, code)] += 1
        self.slowest[name] = max(self.slowest[name], seconds)  # type: ignore[assignment]
        if answer.status_code == 503 and not answer.headers.get("retry-after", "").isdecimal():
            self.odd.append(f"{name}: {answer.status_code} {answer.text[:200]}")

    def statuses(self, name: str) -> dict[int, int]:
        found: Counter[int] = Counter()
        for (asked, status, _), count in self.answers.items():
            if asked == name:
                found[status] += count
        return dict(found)

    def codes(self, name: str) -> set[str]:
        return {code for asked, _, code in self.answers if asked == name and code}


async def _ask(
    http: httpx.AsyncClient, load: Load, name: str, path: str, gap: float, until: float
) -> None:
    while time.monotonic() < until:
        began = time.monotonic()
        answer = await http.get(path)
        load.note(name, answer, time.monotonic() - began)
        # Whoever is refused comes again later, as it was told, but sooner
        await asyncio.sleep(gap or (0.2 if answer.status_code == 503 else 0))


async def press(
    url: str, token: str, paths: dict[str, str], connections: int, seconds: float
) -> Load:
    """So many connections ask for the paths by turns, and one more asks for health five times a
    second."""
    load, until = Load(), time.monotonic() + seconds
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    headers = {"Authorization": f"Bearer {token}"}
    names = list(paths)
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE, limits=limits, headers=headers) as many,
        httpx.AsyncClient(base_url=url, timeout=PATIENCE) as one,
    ):
        callers = [
            _ask(many, load, name, paths[name], 0, until)
            for name in (names[number % len(names)] for number in range(connections))
        ]
        await asyncio.gather(*callers, _ask(one, load, "health", "/api/health", 0.2, until))
    return load


def sign_in(url: str, email: str, password: str) -> str:
    """An access token."""
    answer = httpx.post(
        f"{url}/api/auth/login", json={"email": email, "password": password}, timeout=PATIENCE
    )
    answer.raise_for_status()
    token: str = answer.json()["accessToken"]
    return token
