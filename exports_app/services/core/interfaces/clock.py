"""The time."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Now, as an aware UTC instant. Injected, so that tests set it."""
