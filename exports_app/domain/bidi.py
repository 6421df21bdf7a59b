"""Names in right-to-left scripts within a sentence in English (UAX #9)."""

import re
import unicodedata

from exports_app.domain import bounds

FSI = "\N{FIRST STRONG ISOLATE}"
PDI = "\N{POP DIRECTIONAL ISOLATE}"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_ISOLATED_OR_TURN = re.compile(f"{FSI}([^{bounds.TURNS}]*){PDI}|[{bounds.TURNS}]")


def isolated(name: str) -> str:
    """The name, isolated if it has right-to-left characters: signs in it and around it stay on
    their side. Without characters that turn text, which old names may have."""
    name = bounds.without_turns(name)
    return f"{FSI}{name}{PDI}" if has_right_to_left(name) else name


def has_right_to_left(text: str) -> bool:
    return not text.isascii() and any(
        unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text
    )


def only_isolated(text: str) -> str:
    """A sentence with its isolated names, without any other character that turns text."""
    return _ISOLATED_OR_TURN.sub(lambda found: found[0] if found[1] is not None else "", text)
