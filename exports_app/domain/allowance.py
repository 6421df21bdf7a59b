"""What is left of a limit on calls."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowance:
    """policy: the limit's name, for callers. limit: calls in `window` seconds. remaining: calls
    that are left now. resets_in: whole seconds until the oldest call that counts no longer does, at
    least 1; then there is one more."""

    policy: str
    limit: int
    window: int
    remaining: int
    resets_in: int
