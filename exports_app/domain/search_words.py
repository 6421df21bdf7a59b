"""How people search: words in any order, parts of words, without regard to case and accents."""

import unicodedata

ACCENTS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
"""Unicode's blocks of combining marks, as ranges of a regular expression. The vowel signs of
scripts such as Devanagari are no accents and not among them."""
LETTERS = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "ς": "\N{GREEK SMALL LETTER SIGMA}",
}
"""Letters that Unicode does not decompose, and that people type without their stroke."""
LIGATURES = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}

_RANGES = [(part[0], part[2]) for part in (ACCENTS[i : i + 3] for i in range(0, len(ACCENTS), 3))]
_FOLDED = str.maketrans(LETTERS | LIGATURES)


def folded(text: str) -> str:
    """The text in lower case and without accents: ``Łódź Straße`` is ``lodz strasse``. PostgreSQL
    has the same function (migration 0036)."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text)
    return "".join(c for c in letters if not _is_accent(c)).lower().translate(_FOLDED)


def _is_accent(character: str) -> bool:
    return any(first <= character <= last for first, last in _RANGES)


def words(searched: str) -> list[str]:
    """The folded words of what was typed into a search field, each once."""
    return list(dict.fromkeys(folded(searched).split()))
