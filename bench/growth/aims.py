"""What an operation may cost, and where it may be called."""

from dataclasses import dataclass

RATIO = 3.0
"""Times its cost over the small database."""
NOTHING = 5.0
"""Milliseconds: an operation that takes less over the full database costs nothing that counts."""
OF_A_TENANT = 50.0
"""Milliseconds of a list, a history or a search of one tenant, over the full database."""
CHECKED = 100.0
"""Milliseconds of a list of runs with a filter that is checked on 10,000 of them."""
FIRST_BYTE = 100.0
START = 6_000.0
SWEEP = 60_000.0
"""Milliseconds of the hourly sweep: a minute of the hour."""


@dataclass(frozen=True)
class Aim:
    """ratio: at most so many times the small database's cost; None: it is not judged by it. ms: at
    most so many milliseconds over the full one."""

    ratio: float | None = RATIO
    ms: float | None = None

    def is_met(self, small: float, full: float) -> bool:
        if self.ms is not None and full > self.ms:
            return False
        return self.ratio is None or full < NOTHING or full <= self.ratio * small

    def __str__(self) -> str:
        parts = [f"{self.ratio:g} times"] if self.ratio is not None else []
        return ", ".join(parts + ([f"{self.ms:,.0f} ms"] if self.ms is not None else []))


FLAT = Aim()
TENANTS = Aim(ms=OF_A_TENANT)
"""What one tenant sees."""
LOOKED = Aim(None, CHECKED)
