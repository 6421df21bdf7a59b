"""Header fields of messages, read as strictly as the RFCs allow: part of `mime_checker`."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

SOFT, ENCODED = 78, 76
ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]"
ATOM = rf"{ATEXT}+"
DOT_ATOM = rf"{ATOM}(?:\.{ATOM})*"
QUOTED = r'"(?:[^"\\\r\n]|\\[\x20-\x7e])*"'
LITERAL = r"\[[\x21-\x5a\x5e-\x7e]*\]"
WORD = rf"(?:{QUOTED}|{ATOM})"
ADDR_SPEC = rf"(?:{QUOTED}|{DOT_ATOM})@(?:{DOT_ATOM}|{LITERAL})"
MAILBOX = re.compile(rf"(?:{ADDR_SPEC}|{WORD}(?: {WORD})* <{ADDR_SPEC}>)")
MESSAGE_ID = re.compile(rf"<{DOT_ATOM}@(?:{DOT_ATOM}|{LITERAL})>")
DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} \+0000"
)
ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9-]+)\?([BbQq])\?([!->@-~]+)\?=")
IN_PHRASE = re.compile(r"[A-Za-z0-9!*+/=_-]+")
"""What an encoded word of a name may hold (RFC 2047, 5.3)."""
TOKEN = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+"
VALUE = re.compile(rf"({TOKEN})/({TOKEN})|({TOKEN})")
PARAMETER = re.compile(rf"; ({TOKEN})=({QUOTED}|{TOKEN})")
EXTENDED = re.compile(r"(?:[A-Za-z0-9!#$&+.^_`{|}~-]|%[0-9A-F]{2})*")


@dataclass
class Field:
    name: str
    lines: list[bytes]

    @property
    def value(self) -> str:
        """Unfolded."""
        return b"".join(self.lines).decode().partition(":")[2].removeprefix(" ")


def split(raw: bytes) -> tuple[list[Field], bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    fields: list[Field] = []
    for line in head.split(b"\r\n") if head else []:
        if line[:1] in {b" ", b"\t"} and fields:
            fields[-1].lines.append(line)
        else:
            fields.append(Field(line.partition(b":")[0].decode("latin-1"), [line]))
    return fields, body


def field_faults(field: Field) -> Iterator[str]:
    for fault in line_faults(field):
        yield f"{field.name}: {fault}"
    checks = {
        "from": _mailbox,
        "to": _mailbox,
        "reply-to": _mailbox,
        "subject": _unstructured,
        "date": _date,
        "message-id": _message_id,
        "mime-version": lambda value: [] if value == "1.0" else ["not 1.0"],
    }
    check = checks.get(field.name.lower(), lambda _: [])
    for fault in check(field.value):
        yield f"{field.name}: {fault}: {field.value!r}"


def line_faults(field: Field) -> Iterator[str]:
    if not re.fullmatch(r"[!-9;-~]+", field.name):
        yield "no field name"
    for number, line in enumerate(field.lines):
        content = line.partition(b":")[2] if number == 0 else line
        if not content.strip():
            yield "a line of nothing but white space"
        if number and not re.match(rb" [^ \t]", line):
            yield "folded at more than one space"
        try:
            line.decode()
        except UnicodeDecodeError:
            yield "not UTF-8"
        if re.search(rb"[\x00-\x08\x0b-\x1f\x7f\t]", line):
            yield "a control character"
        has_spaces = b" " in line.strip().partition(b": ")[2]
        most = ENCODED if b"=?" in line and b"?=" in line else SOFT
        if len(line) > most and has_spaces:
            yield f"a line of {len(line)} characters that could be folded"


def _mailbox(value: str) -> Iterator[str]:
    if not MAILBOX.fullmatch(value):
        yield "not one address"
        return
    phrase = value.rpartition(" <")[0]
    words = re.findall(WORD, phrase)
    for word in words:
        if word.startswith('"'):
            if "=?" in word:
                yield "an encoded word in quotes"
        elif word.startswith("=?") or word.endswith("?="):
            yield from _encoded_word(word, in_phrase=True)


def _unstructured(value: str) -> Iterator[str]:
    if not value.isascii():
        yield "not ASCII"
    for word in value.split(" "):
        if "=?" in word or "?=" in word:
            yield from _encoded_word(word)
        if not word:
            yield "two spaces, which programs make one"


def _encoded_word(word: str, *, in_phrase: bool = False) -> Iterator[str]:
    found = ENCODED_WORD.fullmatch(word)
    if not found:
        yield f"no encoded word: {word}"
        return
    if len(word) > 75:
        yield f"an encoded word of {len(word)} characters"
    charset, encoding, text = found.groups()
    try:
        if encoding in "Bb":
            content = base64.b64decode(text, validate=True)
        else:
            if in_phrase and not IN_PHRASE.fullmatch(text):
                yield f"characters that Q does not allow in a name: {text}"
            if re.search(r"=(?![0-9A-F]{2})", text):
                yield f"wrong Q: {text}"
            content = binascii.a2b_qp(text.encode(), header=True)
        content.decode(charset)
    except (binascii.Error, UnicodeDecodeError, LookupError) as e:
        yield f"an encoded word that decodes to no text: {e}"


def _date(value: str) -> Iterator[str]:
    found = DATE.fullmatch(value)
    if not found:
        yield "no date in UTC"
    elif f"{datetime.strptime(value, '%a, %d %b %Y %H:%M:%S %z'):%a}" != found[1]:
        yield "another day of the week"


def _message_id(value: str) -> Iterator[str]:
    if not MESSAGE_ID.fullmatch(value):
        yield "no message id"


def decoded(field: Field) -> tuple[dict[str, str], list[str]]:
    """The parameters by name, and what is wrong with them."""
    value, wrong = field.value, list[str]()
    begin = VALUE.match(value)
    rest = value[begin.end() :] if begin else value
    if not begin or PARAMETER.sub("", rest):
        wrong.append(f"wrong syntax: {value!r}")
    plain: dict[str, str] = {}
    parts: dict[str, dict[int, str]] = {}
    for key, given in PARAMETER.findall(rest):
        content = re.sub(r"\\(.)", r"\1", given[1:-1]) if given.startswith('"') else given
        sectioned = re.fullmatch(r"([^*]+)(?:\*(\d+))?\*", key)
        name, number = (sectioned[1], int(sectioned[2] or 0)) if sectioned else (key, -1)
        if name in plain or number in parts.get(name, {}) or (name in parts and not sectioned):
            wrong.append(f"{name} twice")
        if sectioned:
            parts.setdefault(name, {})[number] = content
        else:
            plain[name] = content
            if "*" in key or not content.isascii() or "=?" in content:
                wrong.append(f"{key} is not written as RFC 2231 says: {content!r}")
    for name, sections in parts.items():
        if name in plain:
            wrong.append(f"{name} twice")
        plain[name], faults_of_it = _extended(sections)
        wrong += [f"{name} {fault}" for fault in faults_of_it]
    return plain, wrong


def _extended(sections: dict[int, str]) -> tuple[str, list[str]]:
    """A value in several parts, percent-encoded, and what is wrong with it."""
    wrong = []
    if sorted(sections) != list(range(len(sections))):
        wrong.append(f"has the parts {sorted(sections)}")
    joined = "".join(sections[number] for number in sorted(sections))
    charset, _, text = joined.partition("''")
    if charset.lower() != "utf-8" or not EXTENDED.fullmatch(text):
        wrong.append(f"is not percent-encoded UTF-8: {joined!r}")
    wrong += [
        f"splits a byte: {part!r}"
        for part in sections.values()
        if re.search(r"%(?![0-9A-F]{2})", part)
    ]
    content = re.sub(r"%([0-9A-F]{2})", lambda byte: chr(int(byte[1], 16)), text)
    try:
        return content.encode("latin-1").decode(), wrong
    except UnicodeDecodeError:
        return "", [*wrong, f"is no UTF-8: {text!r}"]
