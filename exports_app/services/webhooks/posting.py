"""One POST to an endpoint, through the guard."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from exports_app.outbound.errors import Refused, Unreachable
from exports_app.outbound.guard import Guard

SECONDS = 15.0
"""For an attempt in all, as Standard Webhooks 1.0 recommends."""
SHOWN = 4_096
"""Bytes of an answer's body that are read and kept."""
SHOWN_HEAD = 2_048
"""Characters of its headers that are kept."""


@dataclass(frozen=True)
class Answer:
    """status: None where none came. error: None for success. head: the headers."""

    milliseconds: int
    status: int | None = None
    head: str | None = None
    body: str | None = None
    retry_after: str | None = None
    error: str | None = None


def post(guard: Guard, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Never raises what the other side causes."""
    from exports_app.outbound import http  # takes 0.1 s to import, and many commands never send

    began = time.monotonic()

    def taken() -> int:
        return round((time.monotonic() - began) * 1000)

    try:
        with (
            http.client(guard, seconds=SECONDS, most=SHOWN) as client,
            client.stream("POST", url, headers=dict(headers), content=body) as answer,
        ):
            start, lost = bytearray(), ""
            try:
                for part in answer.iter_raw():
                    start += part
            except (Refused, Unreachable) as e:  # the status says what became of it
                lost = "" if isinstance(e, Refused) else e.message
            status = answer.status_code
            return Answer(
                taken(),
                status,
                _head(answer.http_version, status, answer.headers.multi_items()),
                _text(bytes(start[:SHOWN])),
                answer.headers.get("retry-after"),
                _error(status, lost),
            )
    except (Refused, Unreachable) as e:
        return Answer(taken(), error=e.message)


def _error(status: int, lost: str) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return (
            f"the server answered {status}: redirects are not followed. Enter the address that it"
            " leads to"
        )
    return f"the server answered {status}" + (f" ({lost})" if lost else "")


def _head(version: str, status: int, headers: list[tuple[str, str]]) -> str:
    lines = [f"{version} {status}", *(f"{name}: {value}" for name, value in headers)]
    return _clean("\n".join(lines)[:SHOWN_HEAD])


def _text(body: bytes) -> str:
    return _clean(body.decode("utf-8", "replace"))


def _clean(text: str) -> str:
    """Without characters that a database, JSON or XML cannot hold."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\ufffd" for c in text)
