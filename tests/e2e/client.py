"""A caller of the served API, signed in as the demo's super admin."""

import time
from collections.abc import Callable
from typing import Any, Self

import httpx

DEMO = {"email": "super@admin.com", "password": "SuperAdmin123!"}


class Caller:
    """Ends with an AssertionError that shows the answer when a call is not answered as wanted."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        token = self.call("POST", "/api/auth/login", 200, json=DEMO)["accessToken"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.tenants = self.call("GET", "/api/auth/me", 200)["tenants"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def call(self, method: str, path: str, status: int, **more: Any) -> Any:
        answer = self.http.request(method, path, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def history(self, schedule_id: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.call(
            "GET", f"/api/scheduled-exports/{schedule_id}/history", 200
        )["items"]
        return items


def wait_until(what: str, condition: Callable[[], Any], seconds: float) -> Any:
    """The first true answer of the condition; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"after {seconds:.0f} s still not: {what}"
        time.sleep(0.25)  # gently: the API answers 600 calls a minute
    return found
