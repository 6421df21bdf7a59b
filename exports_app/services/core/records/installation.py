"""What all processes of an installation share beside the database."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class InstallationRecord:
    """salt: random, of the fingerprints. signing_key, encryption_key: fingerprints of the newest
    keys. file_store: the id that the store of finished files holds itself. time_zone: of TZ. What
    is not noted yet is empty."""

    salt: str
    signing_key: str = ""
    encryption_key: str = ""
    file_store: str = ""
    time_zone: str = ""


@dataclass(frozen=True)
class Maintenance:
    """While it is on, no run begins. since: when it began; None: it is off. reason: one line for
    everyone, or empty. ended_at: when the last one ended; None while it is on, or there was
    none."""

    since: datetime | None = None
    reason: str = ""
    ended_at: datetime | None = None

    @property
    def is_on(self) -> bool:
        return self.since is not None
