"""Names and sentences as one line of a message."""

import unicodedata

from exports_app.domain import bidi, bounds


def one_line(text: str) -> str:
    """Without control characters, line breaks and characters that change the direction of text: no
    name can end a header or a line, or make the text beside it read differently."""
    return _one_line(bounds.without_turns(text))


def sentence(text: str) -> str:
    """As `one_line`, of a text with names that `bidi.isolated` has isolated."""
    return _one_line(bidi.only_isolated(text))


def _one_line(text: str) -> str:
    return " ".join(
        "".join(
            " " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} else c for c in text
        ).split()
    )
