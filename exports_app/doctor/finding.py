"""The result of a check of the doctor, and whether there is a database to check."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from sqlalchemy import make_url

from exports_app.settings import Settings

LIMIT = 10.0
"""Seconds for each check."""


@dataclass(frozen=True)
class Finding:
    good: bool
    what: str
    detail: str
    warning: bool = False
    """Nothing is broken, but it should be looked at."""
    cause: str = ""
    """The stable code of what is wrong; empty: the name of the check."""

    @property
    def word(self) -> str:
        if not self.good:
            return "BAD"
        return "warn" if self.warning else "ok"

    @property
    def code(self) -> str:
        return self.cause or self.what.lower().replace(" ", "_")

    def as_json(self) -> dict[str, str]:
        level = {"BAD": "error", "warn": "warning", "ok": "ok"}[self.word]
        return {"code": self.code, "level": level, "check": self.what, "detail": self.detail}


def limited(
    what: str, check: Callable[[], Iterable[Finding]], seconds: float = LIMIT
) -> Iterator[Finding]:
    """The findings of a check, which is left alone after so many seconds: its thread ends with the
    process, whatever it waits for."""
    findings = list[Finding]()
    failures = list[Exception]()

    def run() -> None:
        try:
            findings.extend(check())
        except Exception as e:  # noqa: BLE001 (raised below, in the thread that asked)
            failures.append(e)

    thread = Thread(target=run, daemon=True, name=f"check of {what}")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        detail = f"no answer within {seconds:g} seconds, although it accepts connections"
        yield Finding(False, what, detail, cause="no_answer")
        return
    if failures:
        raise failures[0]
    yield from findings


def is_new(settings: Settings) -> bool:
    return settings.embedded and not Path(make_url(settings.url).database or "").exists()
