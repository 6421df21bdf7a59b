"""In which encoding a text file is: told by its first bytes, or by all of it."""

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from exports_app.domain.errors import ExportsError

AS_UTF_8 = "save it as 'CSV UTF-8'"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),  # begins like UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_CHUNK = 1 << 20
_UNUSED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""What windows-1252 does not have."""
_LETTER = rb"[a-zA-Z\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xff]"
_NORTHERN = rb"\xc4\xc5\xc6\xd5\xd6\xd8\xdc\xe4\xe5\xe6\xf5\xf6\xf8\xfc"
"""Letters that are words without others, as in `öö` or `ÆØÅ`."""
_STRANGE = (
    rb"[\xa1-\xff]{4}",
    rb"\xa4",  # ¤ is the euro in ISO 8859-15
    rb"LETTER[\x80\x82-\x89\x8b\x93-\x95\x98\x99\x9b\x9f]LETTER",
    rb"LETTER[\xa3\xa5\xa6\xac\xaf\xb1\xb3\xb6\xb9\xbc-\xbf\xf7]LETTER",
    rb"LETTER[\x82-\x84\x88\x89\x98\xa6\xaf\xbf]",
    rb"LETTER[\xa3\xa5\xb1](?![ \xa0]?\d)",  # £ behind a word, but not GB£5
    rb"[\x83\x86-\x89\x98\x99\xa3\xa5\xa6\xac\xae\xaf\xf7]LETTER",
    rb"[a-z\xdf-\xff][\x8a\x8c\x8e\x9f]",  # a capital after a small letter
    rb"LETTER[\x8a\x8c\x8e][a-z]|\x9f[a-z]",
    rb"[\xc0-\xff]\xb7[\xc0-\xff]",
    rb"(?<![\w\x80-\xff])(?![NORTHERN]+(?![\w\x80-\xff]))[\xc0-\xff]{2,3}(?![\w\x80-\xff])",
)
_OTHER_SCRIPT = re.compile(
    b"|".join(_STRANGE).replace(b"LETTER", _LETTER).replace(b"NORTHERN", _NORTHERN)
)
"""What is in no word of a western language: so many letters beyond ASCII in a row or alone, or a
sign such as £ or „ at a letter, which is a letter in other encodings."""
_WORD = re.compile(r"[^\s,;|\"']+")
_OTHER_LETTER = re.compile(r"[^\W\x00-\x7f]")
_WORDS = 5
_LONGEST = 30
"""Characters of a word."""


class Encoding(NamedTuple):
    """codec: Python's name. name: that for people. words: the first with letters beyond ASCII, as
    they were read, where other encodings have other letters for the same bytes."""

    codec: str
    name: str
    words: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What someone should check; empty for nothing."""
        if not self.words:
            return ""
        words = ", ".join(self.words)
        return f"read as {self.name}, with words such as {words}: if they are wrong, {AS_UTF_8}"


def encoding_of(path: Path) -> Encoding:
    """Raises ExportsError where the encoding cannot be told."""
    with path.open("rb") as file:
        start = file.read(1000)
    for mark, codec, name in _MARKS:
        if start.startswith(mark):
            _check(path, codec, name)
            return Encoding(codec, name)
    for codec, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if start[zeros::2].count(0) > len(start) // 4 and 0 not in start[letters::2]:
            _check(path, codec, "UTF-16")
            return Encoding(codec, "UTF-16")
    try:
        _decode(path, "utf-8")
    except UnicodeDecodeError:
        _check_windows(path)
        return Encoding("windows-1252", "windows-1252", _words(path))
    return Encoding("utf-8", "UTF-8")


def _check(path: Path, codec: str, name: str) -> None:
    try:
        _decode(path, codec)
    except UnicodeDecodeError:
        raise ExportsError(
            f"the file begins as {name}, but then is not valid {name}: it is damaged or cut off;"
            f" {AS_UTF_8} again"
        ) from None


def _decode(path: Path, codec: str) -> None:
    """Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder(codec)()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)


def _check_windows(path: Path) -> None:
    """Raises ExportsError where the bytes that are no UTF-8 may be something else than
    windows-1252."""
    utf_8_line, other_line, strange_line, is_old = 0, 0, 0, False
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_CHUNK), b""), 1):
            if line.isascii():
                continue
            try:
                line.decode()
                utf_8_line = utf_8_line or number
            except UnicodeDecodeError:
                other_line = other_line or number
            is_old = is_old or b"\r" in line.rstrip(b"\r\n")
            if not strange_line and (_UNUSED.search(line) or _OTHER_SCRIPT.search(line)):
                strange_line = number
    if utf_8_line:
        raise ExportsError(
            f"line {other_line} is not UTF-8, but line {utf_8_line} is: the file mixes encodings,"
            f" or was cut off within a character; {AS_UTF_8} again"
        )
    if is_old:
        raise ExportsError(
            "the file has the line endings of old Mac systems and is not UTF-8, so its encoding"
            f" is unknown: {AS_UTF_8}"
        )
    if strange_line:
        raise ExportsError(
            f"line {strange_line} is not UTF-8, and its encoding is unknown: {AS_UTF_8}"
        )


def _words(path: Path) -> tuple[str, ...]:
    """The first of a file in windows-1252."""
    words: dict[str, None] = {}
    with path.open("rb") as file:
        while len(words) < _WORDS and (line := file.readline(_CHUNK)):
            if not line.isascii():
                found = _WORD.findall(line.decode("windows-1252"))
                words |= dict.fromkeys(w[:_LONGEST] for w in found if _OTHER_LETTER.search(w))
    return tuple(words)[:_WORDS]
