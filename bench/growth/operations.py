"""What is measured: a name, who does it, and its aim."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.growth.aims import FLAT, Aim

Step = Callable[[], Awaitable[None]]
CALLS = 9


async def nothing() -> None:
    """Before an operation that needs no preparation."""


@dataclass(frozen=True)
class Operation:
    """do: what is timed; it returns milliseconds where it times itself. before, after: what is not
    timed. calls: how often, of which the median counts."""

    name: str
    caller: str
    do: Callable[[], Awaitable[float | None]]
    aim: Aim = FLAT
    before: Step = nothing
    after: Step = nothing
    calls: int = CALLS
    warm: bool = True
    """Whether it is done once before, untimed."""

    @property
    def key(self) -> str:
        return f"{self.name}|{self.caller}"
