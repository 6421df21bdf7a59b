"""Whether requests shall be sent to this server: not before its start is done, and no longer once
it was asked to stop. Until its port closes it serves all the same."""

from collections.abc import Callable
from enum import StrEnum


class Stage(StrEnum):
    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"


class Serving:
    """One per process, changed on its event loop only."""

    def __init__(self, stage: Stage = Stage.STARTING) -> None:
        self._stage = stage
        self._waiting: dict[object, Callable[[], None]] = {}

    @property
    def stage(self) -> Stage:
        return self._stage

    @property
    def draining(self) -> bool:
        return self._stage is Stage.DRAINING

    def started(self) -> None:
        """A server that was asked to stop during its start goes on draining."""
        if self._stage is Stage.STARTING:
            self._stage = Stage.SERVING

    def drain(self) -> None:
        self._stage = Stage.DRAINING
        for tell in list(self._waiting.values()):
            tell()

    def on_drain(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Called when it begins, at once where it has begun. Returns the function that takes it
        back."""
        if self.draining:
            tell()
        key = object()
        self._waiting[key] = tell

        def take_back() -> None:
            del self._waiting[key]

        return take_back
