"""Rules of fields of any subject: ids, names, texts, choices, search words."""

import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.services.core.records import Page

LINE_ENDS = frozenset("\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")
TURNS = "remove the characters that turn the direction of text (U+202A to U+202E, U+2066 to U+2069)"
"""The error of a name for which `bounds.turns_text` is true."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols of Unicode that look like a space."""
_LINK = re.compile(
    r"""//|\bwww\.|[a-z]:/
    |\b(?:https?|ftps?|mailto|tel|sms|data|javascript|file):\S
    |@[^\s@]+\.[^\W\d_]{2}
    |[^\W_]\.[^\W\d_]{2}[\w-]*\.?(?:[/?\#]\S|:\d)""",
    re.IGNORECASE | re.VERBOSE,
)
"""A web or email address: with a scheme or www., or a domain before a path, a query or a port. A
domain alone is allowed: companies have such names (Booking.com), and initials look like one
(Dr.No)."""
_LOOKALIKES = str.maketrans(
    {"\u2044": "/", "\u2215": "/", "\u29f8": "/", "\u3002": ".", "\ua789": ":", "\u2236": ":"}
)
"""Signs that look like those of an address, and that NFKC does not change."""


def field_of(pointer: str) -> str:
    """The Python name of a field, from a pointer such as ``/whenEmpty``."""
    return re.sub(
        "[A-Z]", lambda capital: f"_{capital.group().lower()}", pointer.strip("/").split("/", 1)[0]
    )


def pointer_of(name: str) -> str:
    """The pointer such as ``/whenEmpty``, from a field's Python name."""
    first, *rest = name.split("_")
    return f"/{first}{''.join(word.capitalize() for word in rest)}"


def wrong_name(name: str) -> str | None:
    """The error of the name of a tenant or a person, which must be one line; None where it is
    valid."""
    if (
        len(name) > bounds.NAME
        or not name.strip()
        or has_controls(name)
        or not LINE_ENDS.isdisjoint(name)
    ):
        return f"enter a name of 1 to {bounds.NAME} characters without control characters"
    if not any(is_visible(character) for character in name):
        return "enter a name with visible characters"
    if _LINK.search(_as_read(name)):
        return "do not use a web address in a name: it would become a link in emails"
    return TURNS if bounds.turns_text(name) else None


def _as_read(name: str) -> str:
    """The name with lookalikes replaced by plain letters and signs (NFKC), and without invisible
    characters."""
    plain = unicodedata.normalize("NFKC", name).translate(_LOOKALIKES)
    return "".join(character for character in plain if unicodedata.category(character) != "Cf")


def is_visible(character: str) -> bool:
    """Whether it is visible: a letter, number, sign or symbol that does not look like a space."""
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def check_name(name: str, pointer: str = "/name") -> None:
    """Of a person. Raises Invalid."""
    if why := wrong_name(name):
        raise Invalid([FieldError(pointer, why)])


def line_of(name: str, most: int, pointer: str = "/name") -> str:
    """A name of one line and at most `most` characters, for people who work together. Raises
    Invalid."""
    if len(name) > most or not any(map(is_visible, name)):
        why = f"enter a name of 1 to {most} characters"
    elif has_controls(name):
        why = "remove the control characters, such as line breaks and tabs"
    elif bounds.turns_text(name):
        why = TURNS
    else:
        return name.strip()
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
    """The error of a text with at most `most` characters; None where it is valid."""
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


def check_page(page: Page) -> None:
    """Raises Invalid where all rows before the page would have to be read."""
    if page.offset > bounds.FARTHEST:
        raise Invalid(
            [
                FieldError(
                    "/page",
                    f"begins more than {bounds.FARTHEST:,} rows from the first: send nextCursor of"
                    " each response as cursor instead, or narrow the list with filters",
                )
            ]
        )


def check_search(texts: Mapping[str, Any]) -> None:
    """texts: search texts by the parameter's name. Raises Invalid for one that is too long, or has
    characters that no stored text can have."""
    errors = [
        FieldError(f"/{name}", bounds.at_most(bounds.SEARCH))
        if len(text) > bounds.SEARCH
        else FieldError(f"/{name}", "remove the control characters")
        for name, text in texts.items()
        if isinstance(text, str) and (len(text) > bounds.SEARCH or not xml_can_hold(text))
    ]
    if errors:
        raise Invalid(errors)
