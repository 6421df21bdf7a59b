"""In which encoding a text file is: told by its first bytes, or by all of it."""

import codecs
import re
from pathlib import Path

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
_OTHER_SCRIPT = re.compile(
    rb"[\xa1-\xff]{4}"
    rb"|[a-zA-Z\xc0-\xff][\x9f\xa3\xa5\xa6\xac\xaf\xb1\xb3\xb9\xbc\xbe\xbf][a-zA-Z\xc0-\xff]"
)
"""What is in no word of a western language: so many letters beyond ASCII in a row, or a sign such
as £ between letters, which is a letter in other encodings."""


def encoding_of(path: Path) -> tuple[str, str]:
    """Python's name of the file's encoding, and its name for people. Raises ExportsError where it
    cannot be told."""
    with path.open("rb") as file:
        start = file.read(1000)
    for mark, codec, name in _MARKS:
        if start.startswith(mark):
            _check(path, codec, name)
            return codec, name
    for codec, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if start[zeros::2].count(0) > len(start) // 4 and 0 not in start[letters::2]:
            _check(path, codec, "UTF-16")
            return codec, "UTF-16"
    try:
        _decode(path, "utf-8")
    except UnicodeDecodeError:
        _check_windows(path)
        return "windows-1252", "windows-1252"
    return "utf-8", "UTF-8"


def _check(path: Path, codec: str, name: str) -> None:
    try:
        _decode(path, codec)
    except UnicodeDecodeError:
        raise ExportsError(
            f"the file begins as {name} and does not go on so: it is damaged or cut off;"
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
            if _UNUSED.search(line) or _OTHER_SCRIPT.search(line):
                strange_line = strange_line or number
    if utf_8_line:
        raise ExportsError(
            f"line {other_line} is not UTF-8, but line {utf_8_line} is: the file mixes encodings,"
            f" or was cut off within a character; {AS_UTF_8} again"
        )
    if is_old:
        raise ExportsError(
            "the file has the line ends of an old Macintosh and is not UTF-8, so that its letters"
            f" cannot be told: {AS_UTF_8}"
        )
    if strange_line:
        raise ExportsError(
            f"line {strange_line} is not UTF-8, and which encoding it is in cannot be told:"
            f" {AS_UTF_8}"
        )
