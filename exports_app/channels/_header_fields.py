"""Header fields of a message as bytes, folded here.

The email package folds differently from one Python version to the next: it loses the quotes of a
long name, which makes two addresses of one, and spaces between encoded words. Whatever a value
holds, it cannot end its field.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

from exports_app.channels._mailbox_address import Mailbox

LINE = 78
"""Characters that a line should have at most, without its CRLF (RFC 5322, 2.1.1)."""
ENCODED_LINE = 76
"""The same, of a line with an encoded word (RFC 2047, 2)."""
ENCODED_WORD = 75
"""Characters of an encoded word, with its delimiters (RFC 2047, 2)."""
ENCODED_MARK = "=?"
"""The begin of an encoded word. Text that holds it is encoded, so that nobody decodes it."""

_PRINTABLE = re.compile(r"[ -~]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
"""Words that need no quotes in a name (RFC 5322, 3.2.3)."""
_DOT_ATOM = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
    r"(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)*"
)
"""A local part that needs no quotes (RFC 5322, 3.2.3; RFC 6532, 3.2)."""
_Q_LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""Bytes that the encoding Q leaves as they are, also in a name (RFC 2047, 5.3)."""
_PARAMETER_LITERAL = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~"
)
"""Bytes that need no percent encoding in a parameter (RFC 2231, 7)."""


def date(name: str, at: datetime) -> bytes:
    """A date in UTC (RFC 5322, 3.3)."""
    return token(name, format_datetime(at.astimezone(UTC).replace(microsecond=0)))


def token(name: str, value: str) -> bytes:
    """A value that needs neither quotes nor encoding: an id, a keyword, a list of them. Raises
    ValueError for one that does."""
    if not _PRINTABLE.fullmatch(value):
        raise ValueError(f"the value of {name} is not printable ASCII")
    return _field(name, value.split(" "))


def text(name: str, value: str) -> bytes:
    """Unstructured text (RFC 5322, 2.2.1), as encoded words where ASCII lines cannot hold it."""
    words = value.split(" ")
    if _is_plain(value) and _fit(name, words):
        return _field(name, words)
    return _field(name, _encoded_words(value, _room(name)), ENCODED_LINE)


def mailbox(name: str, box: Mailbox) -> bytes:
    """An address, with its name if it has one. Only a local part that is not ASCII makes the field
    UTF-8 (RFC 6532)."""
    address = f"{_local_part(box.local)}@{box.domain}"
    if not box.name:
        return _field(name, [address])
    words = _phrase(box.name)
    if _is_plain(box.name) and _fit(name, words):
        return _field(name, [*words, f"<{address}>"])
    encoded = _encoded_words(box.name, _room(name))
    return _field(name, [*encoded, f"<{address}>"], ENCODED_LINE)


def with_parameters(name: str, value: str, /, **parameters: str) -> bytes:
    """A value of MIME with its parameters (RFC 2045, 5.1; RFC 2231)."""
    written = [part for key, content in parameters.items() for part in _parameter(key, content)]
    parts = [value, *written]
    return _field(name, [f"{part};" for part in parts[:-1]] + parts[-1:])


def _field(name: str, words: Iterable[str], limit: int = LINE) -> bytes:
    """The field, folded between words. A word that is longer than a line stands alone."""
    lines, line = [], f"{name}:"
    begin = len(line)
    for word in words:
        if len(line) > begin and len(line) + 1 + len(word) > limit:
            lines.append(line)
            line, begin = "", 0
        line += f" {word}"
    return "".join(f"{folded}\r\n" for folded in [*lines, line]).encode()


def _is_plain(value: str) -> bool:
    """Whether it can be written as it is: printable ASCII with single spaces between its words,
    since folding keeps no others."""
    return (
        _PRINTABLE.fullmatch(value) is not None
        and ENCODED_MARK not in value
        and value == " ".join(value.split())
    )


def _fit(name: str, words: list[str]) -> bool:
    """Whether each word fits into a line; the first stands behind the name."""
    return len(name) + 2 + len(words[0]) <= LINE and all(len(word) < LINE for word in words)


def _room(name: str) -> int:
    """Characters for the first word of a line that begins with the name."""
    return min(ENCODED_WORD, ENCODED_LINE - len(name) - 2)


def _phrase(name: str) -> list[str]:
    """A name in ASCII, in quotes where it needs them (RFC 5322, 3.2.5)."""
    if not _ATOMS.fullmatch(name):
        name = _quoted(name)
    return name.split(" ")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _local_part(local: str) -> str:
    """In quotes where it needs them and has none."""
    quoted = len(local) > 1 and local.startswith('"') and local.endswith('"')
    return local if quoted or _DOT_ATOM.fullmatch(local) else _quoted(local)


def _encoded_words(value: str, first: int) -> Iterator[str]:
    """Encoded words in UTF-8 (RFC 2047), in Q where people can read most of it, else in B. None
    splits a character. first: the most characters of the first one."""
    content = value.encode("utf-8", "replace")
    literal = sum(byte in _Q_LITERAL or byte == ord(" ") for byte in content)
    is_q = 2 * literal > len(content)
    most, piece, size = first, bytearray(), 0
    for character in value:
        added = character.encode("utf-8", "replace")
        grown = size + _q_size(added) if is_q else len(piece) + len(added)
        if _word_size(grown, is_q=is_q) > most:
            yield _encoded_word(bytes(piece), is_q=is_q)
            most, piece, size = ENCODED_WORD, bytearray(), 0
        piece += added
        size += _q_size(added)
    yield _encoded_word(bytes(piece), is_q=is_q)


def _word_size(grown: int, *, is_q: bool) -> int:
    """Characters of an encoded word. grown: its characters in Q, its bytes in B."""
    return len("=?utf-8?q?") + (grown if is_q else -(-grown // 3) * 4) + len("?=")


def _q_size(content: bytes) -> int:
    return sum(1 if byte in _Q_LITERAL or byte == ord(" ") else 3 for byte in content)


def _encoded_word(content: bytes, *, is_q: bool) -> str:
    if not is_q:
        return f"=?utf-8?b?{b64encode(content).decode()}?="
    written = "".join(
        "_" if byte == ord(" ") else chr(byte) if byte in _Q_LITERAL else f"={byte:02X}"
        for byte in content
    )
    return f"=?utf-8?q?{written}?="


def _parameter(key: str, value: str) -> Iterator[str]:
    """In quotes, or encoded and in several parts where a line cannot hold it (RFC 2231, 3 and
    4)."""
    quoted = f"{key}={_quoted(value)}"
    if _is_plain(value) and len(quoted) < LINE - 1:
        yield quoted
        return
    encoded = [_percent(character) for character in value]
    whole = f"{key}*=utf-8''{''.join(encoded)}"
    if len(whole) < LINE - 1:
        yield whole
        return
    number, part = 0, f"{key}*0*=utf-8''"
    for character in encoded:
        if len(part) + len(character) >= LINE - 1:
            yield part
            number += 1
            part = f"{key}*{number}*="
        part += character
    yield part


def _percent(character: str) -> str:
    return "".join(
        chr(byte) if byte in _PARAMETER_LITERAL else f"%{byte:02X}"
        for byte in character.encode("utf-8", "replace")
    )
