"""A tenant of the user, as the page shows it."""

from dataclasses import dataclass


@dataclass
class BelongingRow:
    """A tenant that one belongs to."""

    id: str
    name: str
    role: str
