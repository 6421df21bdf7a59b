"""People and programs that use an installation all the while, through its balancer."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx

from tests.proxies import Front

CALLERS = 4
EACH = 25
"""Requests a second of each caller."""

Request = Callable[[httpx.Client], httpx.Response]


class Load:
    """requests: what each caller sends in turn, by name."""

    def __init__(self, front: Front, requests: Mapping[str, Request]) -> None:
        self._front = front
        self._requests = requests
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.answers = Counter[str]()
        """Good ones, by the name of the request."""
        self.failures = list[str]()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._call, args=(f"127.0.1.{number}",))
            for number in range(1, CALLERS + 1)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _call(self, address: str) -> None:
        with self._front.client(address) as client:
            due = time.monotonic()
            while True:
                for name, request in self._requests.items():
                    due = max(due + 1 / EACH, time.monotonic())
                    if self._over.wait(due - time.monotonic()):
                        return
                    self._note(name, self._outcome(client, request))

    def _outcome(self, client: httpx.Client, request: Request) -> str:
        """Empty where the answer is good."""
        try:
            answer = request(client)
        except httpx.HTTPError as e:
            return f"{type(e).__name__}: {e}"
        return "" if answer.is_success else f"{answer.status_code} {answer.text[:200]}"

    def _note(self, name: str, failure: str) -> None:
        with self._lock:
            if failure:
                self.failures.append(f"{name}: {failure}")
            else:
                self.answers[name] += 1
