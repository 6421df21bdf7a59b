"""Names of files that every file system, mail program and browser takes, in the script of the name
that they are made of."""

import re
import unicodedata
from collections.abc import Sequence

from slugify import slugify

from exports_app.domain import bounds

MOST_BYTES = 255
"""Of a file's name on Linux, macOS and Windows, as UTF-8."""
ZIP = ".zip"
MOST_ASCII = 80
"""Characters of a name in ASCII, as a part of a file's name."""
UNNAMED = "export"

_APART_KINDS = frozenset({"Pd", "Pi", "Pf"})
"""Dashes and quotation marks, which stand between words in any script."""
_REFUSED_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, invisible formatting, and what is no character."""
_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
"""They are part of the spelling of Persian and of many emoji."""
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
_DASHES = re.compile(r"-{2,}")


def joined(parts: Sequence[str], named: int, extension: str) -> str:
    """The parts with ``_`` between them. parts[named]: a name that people chose, shortened where
    the whole would be too long, also as a ZIP; the others are ASCII without separators. None of
    Windows' reserved names (CON, NUL) can come of it, since it has more than one part."""
    made = [*parts]
    made[named] = ""
    rest = len("_".join(made)) + len(f".{extension}{ZIP}")
    made[named] = part_of(parts[named], MOST_BYTES - rest)
    return f"{'_'.join(made)}.{extension}"


def part_of(name: str, most: int) -> str:
    """A part of a file's name, of at most `most` bytes: in lower case with hyphens between its
    words, and in its own script, composed (NFC)."""
    if name.isascii():
        return slugify(name, max_length=min(MOST_ASCII, most)) or UNNAMED
    composed = unicodedata.normalize("NFC", bounds.without_turns(name).lower())
    kept = _DASHES.sub("-", "".join(map(_allowed, composed)))
    return _shortened(_trimmed(kept), most) or UNNAMED


def ascii_fallback(file_name: str, most: int = MOST_BYTES) -> str:
    """The file's name in ASCII and at most `most` characters, for programs that read no other."""
    if len(file_name) <= most and _PLAIN.fullmatch(file_name):
        return file_name
    stem, _, extension = file_name.rpartition(".")
    ending = f".{slugify(extension)}"
    # The time of a run is written with capitals
    parts = [slugify(p, lowercase=not p.isascii()) or UNNAMED for p in stem.split("_")]
    return "_".join(parts)[: most - len(ending)].strip("_-") + ending


def _allowed(character: str) -> str:
    """The character, or what stands for it."""
    kind = unicodedata.category(character)
    if kind in _REFUSED_KINDS and character not in _JOINERS and not character.isspace():
        return ""
    # Of ASCII only letters and digits stay, as in a slug: Windows and shells read the other signs
    apart = character.isspace() or character.isascii() or kind in _APART_KINDS
    return "-" if apart and not character.isalnum() else character


def _trimmed(name: str) -> str:
    """Without hyphens around it, and without marks and joiners that belong to a character before
    it."""
    name = name.strip("-" + "".join(_JOINERS))
    while name and _continues(name[0]):
        name = name[1:].lstrip("-")
    return name


def _shortened(name: str, most: int) -> str:
    """Cut between two characters as people see them."""
    if len(name.encode()) <= most:
        return name
    end = len(name.encode()[:most].decode(errors="ignore"))
    while end > 0 and (_continues(name[end]) or name[end - 1] in _JOINERS):
        end -= 1
    return _trimmed(name[:end])


def _continues(character: str) -> bool:
    """Whether it is a part of the character before it."""
    return unicodedata.category(character).startswith("M") or character in _JOINERS
