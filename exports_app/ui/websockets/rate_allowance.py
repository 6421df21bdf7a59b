"""How much may be done in a time, and when the next one's turn is."""

import time
from dataclasses import dataclass, field


@dataclass
class Allowance:
    """So many a second, and a reserve that is full at the beginning. More is not refused: it has to
    wait for its turn.

    rate: units per second. reserve: units.
    """

    rate: float
    reserve: float
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left, self._at = self.reserve, time.monotonic()

    def spend(self, units: float = 1.0) -> float:
        """Seconds until the turn of what is spent here: 0 as long as the reserve lasts. Those who
        share an allowance get one turn after another, in the order in which they came."""
        wait = self.ahead(units)
        self._left -= units
        return wait

    def ahead(self, units: float = 1.0) -> float:
        """Seconds until the turn of so much, were it spent now."""
        self._refill()
        return max(0.0, (units - self._left) / self.rate)

    @property
    def full(self) -> bool:
        self._refill()
        return self._left >= self.reserve

    def _refill(self) -> None:
        now = time.monotonic()
        self._left = min(self.reserve, self._left + (now - self._at) * self.rate)
        self._at = now
