"""Tags of scheduled exports: kept as they were typed, compared without regard to case."""

import unicodedata
from collections.abc import Iterable

from exports_app.domain import bounds


def tidy(tag: str) -> str:
    """Without spaces around it, with single ones in it, and with composed letters. One that is too
    long is refused later: composing it could take seconds."""
    composed = tag if len(tag) > bounds.TAG else unicodedata.normalize("NFC", tag)
    return " ".join(composed.split())


def folded(tag: str) -> str:
    """Equal for tags that are the same one."""
    return tidy(tag).casefold()


def merged(tags: Iterable[str]) -> tuple[str, ...]:
    """Each once, as it was typed first; empty ones are left out."""
    found: dict[str, str] = {}
    for tag in tags:
        found.setdefault(folded(tag), tidy(tag))
    found.pop("", None)
    return tuple(found.values())


def changed(tags: Iterable[str], add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[str]:
    """The tags with some added and others removed."""
    dropped = {folded(tag) for tag in remove}
    return [tag for tag in merged((*tags, *add)) if folded(tag) not in dropped]
