"""Changes that are checked before their transaction."""

from collections.abc import Iterator

from exports_app.domain.errors import ExportsError, VersionConflict

ROUNDS = 5


def rounds(outrun: type[ExportsError] = VersionConflict) -> Iterator[int]:
    """How often a change is checked anew because someone else made another one between the check
    and the transaction. Raises outrun after the last round, so that no request goes on for as long
    as others keep writing. Leave the loop with break or return."""
    yield from range(ROUNDS)
    raise outrun
