"""Rules for any field, whoever's it is: ids, names, texts, choices, search words."""

import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid

LINE_ENDS = frozenset("\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")
TURNS = "remove the characters that turn the direction of text (U+202A to U+202E, U+2066 to U+2069)"
"""What to do about a name of `bounds.turns_text`."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols of Unicode that are drawn as a space."""
_LINK = re.compile(
    r"""//|\bwww\.|[a-z]:/
    |\b(?:https?|ftps?|mailto|tel|sms|data|javascript|file):\S
    |@[^\s@]+\.[^\W\d_]{2}
    |[^\W_]\.[^\W\d_]{2}[\w-]*\.?(?:[/?\#]\S|:\d)""",
    re.IGNORECASE | re.VERBOSE,
)
"""A web or email address: by its scheme, as www., or a domain before a path, a query or a port. A
domain alone is none: companies are called like that (Booking.com), and initials look like it
(Dr.No)."""
_LOOKALIKES = str.maketrans(
    {"\u2044": "/", "\u2215": "/", "\u29f8": "/", "\u3002": ".", "\ua789": ":", "\u2236": ":"}
)
"""Signs that look like those of an address, and that NFKC leaves alone."""


def field_of(pointer: str) -> str:
    """The field's name here, of a pointer such as ``/whenEmpty``."""
    return re.sub(
        "[A-Z]", lambda capital: f"_{capital.group().lower()}", pointer.strip("/").split("/", 1)[0]
    )


def pointer_of(name: str) -> str:
    """The pointer such as ``/whenEmpty``, of a field's name here."""
    first, *rest = name.split("_")
    return f"/{first}{''.join(word.capitalize() for word in rest)}"


def wrong_name(name: str) -> str | None:
    """What is wrong with the name of a tenant or of a person, which is one line; None where it is
    good."""
    if (
        len(name) > bounds.NAME
        or not name.strip()
        or has_controls(name)
        or not LINE_ENDS.isdisjoint(name)
    ):
        return f"give a name of 1 to {bounds.NAME} characters without control characters"
    if not any(is_visible(character) for character in name):
        return "give a name that can be seen: these characters are blank"
    if _LINK.search(_as_read(name)):
        return "write no web address into a name: it would be a link in emails to others"
    return TURNS if bounds.turns_text(name) else None


def _as_read(name: str) -> str:
    """The name with plain letters and signs (NFKC) for those that look like them, without
    characters that nobody sees."""
    plain = unicodedata.normalize("NFKC", name).translate(_LOOKALIKES)
    return "".join(character for character in plain if unicodedata.category(character) != "Cf")


def is_visible(character: str) -> bool:
    """Whether it leaves a mark on the screen: a letter, a number, a sign or a symbol, but for those
    that are drawn as a space."""
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def check_name(name: str, pointer: str = "/name") -> None:
    """Of a person. Raises Invalid."""
    if why := wrong_name(name):
        raise Invalid([FieldError(pointer, why)])


def one_of(values: Sequence[str]) -> str:
    return "must be one of " + ", ".join(values)


def has_controls(text: str) -> bool:
    return any(unicodedata.category(c) in {"Cc", "Cs"} for c in text)


def xml_can_hold(text: str) -> bool:
    """Whether every character is one that XML 1.0 allows (production 2, Char)."""
    return all(
        c in "\t\n\r"
        or " " <= c <= "\ud7ff"
        or "\ue000" <= c <= "\ufffd"
        or "\U00010000" <= c <= "\U0010ffff"
        for c in text
    )


def wrong_text(text: str, most: int) -> str | None:
    """What is wrong with a text of at most so many characters; None where it is good."""
    if len(text) > most:
        return bounds.at_most(most)
    return None if xml_can_hold(text) else "remove the control characters"


def is_uuid(text: str) -> bool:
    if len(text) != bounds.ID:
        return False
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def check_search(texts: Mapping[str, Any]) -> None:
    """What a list is searched for, by the parameter's name. Raises Invalid where it is too long, or
    no stored text could hold it."""
    errors = [
        FieldError(f"/{name}", bounds.at_most(bounds.SEARCH))
        if len(text) > bounds.SEARCH
        else FieldError(f"/{name}", "remove the control characters")
        for name, text in texts.items()
        if isinstance(text, str) and (len(text) > bounds.SEARCH or not xml_can_hold(text))
    ]
    if errors:
        raise Invalid(errors)
