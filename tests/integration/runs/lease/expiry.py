"""A lease that is over."""

from exports_app.wiring import Services
from tests.doubles import FakeClock


def lose(services: Services, clock: FakeClock) -> None:
    """The leases end, and what was held waits again."""
    clock.advance(seconds=61)
    services.run_endings.recover(everything=False)
