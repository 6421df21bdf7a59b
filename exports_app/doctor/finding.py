"""The result of a check of the doctor, and whether there is a database to check."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from exports_app.settings import Settings


@dataclass(frozen=True)
class Finding:
    good: bool
    what: str
    detail: str
    warning: bool = False
    """Nothing is broken, but it should be looked at."""

    @property
    def word(self) -> str:
        if not self.good:
            return "BAD"
        return "warn" if self.warning else "ok"


def is_new(settings: Settings) -> bool:
    return settings.embedded and not Path(make_url(settings.url).database or "").exists()
