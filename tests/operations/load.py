"""People and programs that use an installation all the while, through its balancer: requests at a
pace of their own, whether or not the earlier ones have been answered."""

import asyncio
import multiprocessing
import random
import ssl
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing.connection import Connection
from typing import Any

import httpx

from tests.proxies import Front

RATE = 100
"""Requests a second."""
ADDRESSES = 4
"""Of callers."""
AT_ONCE = 40
"""Requests that have no answer yet. A machine that is too slow for the rate sets the pace itself,
or the servers' lanes would refuse some."""
LATE_SECONDS = 0.2
"""What is later than this is left out, and not sent in a burst."""
PATIENCE = 30.0


@dataclass(frozen=True)
class Request:
    """share: of the requests. more: for httpx."""

    share: int
    method: str
    path: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """answers: the good ones, by the name of the request. slowest: the seconds of one answer."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0

    def __str__(self) -> str:
        rate = self.answers.total() / self.seconds
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.answers.items()))
        return (
            f"requests: {self.answers.total()} answered, {len(self.failures)} failed"
            f"\n{rate:.0f} a second: {kinds}; the slowest took {self.slowest:.1f} s"
        )


@contextmanager
def load(front: Front, requests: Mapping[str, Request]) -> Iterator[Outcome]:
    """Within it the requests are sent, by a process that shares no time with the test's own. The
    outcome is known at its end. requests: by name."""
    outcome = Outcome()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(
        target=_call, args=(front.port, front.site, front.authority.read_text(), requests, there)
    )
    process.start()
    there.close()
    try:
        assert here.poll(PATIENCE), "the callers do not start"
        here.recv()
        yield outcome
        here.send("stop")
        vars(outcome).update(vars(here.recv()))
    finally:
        process.kill()
        process.join()


def _call(
    port: int, site: str, authority: str, requests: Mapping[str, Request], test: Connection
) -> None:
    callers = _Callers(requests)
    tls = ssl.create_default_context(cadata=authority)
    asyncio.run(callers.call(port, site, tls, test))
    test.send(callers.outcome)


class _Callers:
    def __init__(self, requests: Mapping[str, Request]) -> None:
        self._requests = requests
        self._places = asyncio.Semaphore(AT_ONCE)
        self.outcome = Outcome()

    async def call(self, port: int, site: str, tls: ssl.SSLContext, test: Connection) -> None:
        """Until the test says stop, and all that was sent is answered."""
        async with AsyncExitStack() as held:
            clients = [
                await held.enter_async_context(_client(port, site, tls, number))
                for number in range(1, ADDRESSES + 1)
            ]
            test.send("started")
            begun = time.monotonic()
            async with asyncio.TaskGroup() as sending:
                await self._pace(sending, clients, test)
            self.outcome.seconds = time.monotonic() - begun

    async def _pace(
        self, sending: asyncio.TaskGroup, clients: list[httpx.AsyncClient], test: Connection
    ) -> None:
        shares = [request.share for request in self._requests.values()]
        chosen = random.Random(0)
        due = time.monotonic()
        for client in cycle(clients):
            if test.poll():
                return
            await self._places.acquire()
            due = max(due + 1 / RATE, time.monotonic() - LATE_SECONDS)
            await asyncio.sleep(due - time.monotonic())
            (name,) = chosen.choices(list(self._requests), shares)
            sending.create_task(self._send(client, name))

    async def _send(self, client: httpx.AsyncClient, name: str) -> None:
        request, begun = self._requests[name], time.monotonic()
        try:
            answer = await client.request(request.method, request.path, **request.more)
        except httpx.HTTPError as e:
            self.outcome.failures.append(f"{name}: {type(e).__name__}: {e}")
        else:
            if answer.is_success:
                self.outcome.answers[name] += 1
            else:
                failure = f"{name}: {answer.status_code} {answer.text[:200]}"
                self.outcome.failures.append(failure)
        finally:
            self._places.release()
        self.outcome.slowest = max(self.outcome.slowest, time.monotonic() - begun)


def _client(port: int, site: str, tls: ssl.SSLContext, number: int) -> httpx.AsyncClient:
    """From an address of its own, with connections that are kept."""

    async def name_the_host(request: httpx.Request) -> None:
        request.extensions["sni_hostname"] = site.partition(":")[0]

    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(
            verify=tls, local_address=f"127.0.1.{number}", limits=httpx.Limits()
        ),
        base_url=f"https://127.0.0.1:{port}",
        headers={"Host": site},
        event_hooks={"request": [name_the_host]},
        timeout=PATIENCE,
    )
