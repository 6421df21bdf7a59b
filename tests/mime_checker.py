"""A strict reader of messages, written against the RFCs and not against our writer or the email
package: `faults` lists what a message does that it may not, or should not.

RFC 5322 (lines, fields, dates, addresses), RFC 2045 and 2046 (parts), RFC 2047 (encoded words), RFC
2231 (parameters), RFC 6532 (UTF-8 in headers).
"""

import base64
import binascii
import re
from collections.abc import Generator, Iterator

from tests.mime_fields import Field, decoded, field_faults, line_faults, split

HARD = 998
ONCE = {"date", "from", "to", "subject", "message-id", "mime-version", "content-type"}
AT_MOST_ONCE = {"reply-to", "sender", "cc", "auto-submitted", "x-auto-response-suppress"}


def faults(raw: bytes) -> list[str]:
    """Empty for a message that keeps to all rules."""
    return list(_message(raw))


def parameters(raw: bytes, wanted: str, key: str) -> list[str]:
    """The decoded values of a parameter in all fields of a name, in the order of the parts."""
    pattern = re.compile(rb"(?im)^" + wanted.encode() + rb":(?:.*)(?:\r\n[ \t].*)*\r\n")
    fields = [Field(wanted, found[0][:-2].split(b"\r\n")) for found in pattern.finditer(raw)]
    values = [decoded(field)[0].get(key) for field in fields]
    return [value for value in values if value is not None]


def _message(raw: bytes) -> Iterator[str]:
    yield from _lines(raw)
    fields, body = split(raw)
    names = [field.name.lower() for field in fields]
    for name in ONCE:
        if names.count(name) != 1:
            yield f"{name} stands there {names.count(name)} times"
    for name in AT_MOST_ONCE:
        if names.count(name) > 1:
            yield f"{name} stands there {names.count(name)} times"
    for field in fields:
        yield from field_faults(field)
    yield from _part(fields, body, "the message")


def _lines(raw: bytes) -> Iterator[str]:
    if not raw.endswith(b"\r\n"):
        yield "the last line has no end"
    if re.search(rb"\r(?!\n)|(?<!\r)\n", raw):
        yield "a CR or LF stands alone"
    if b"\0" in raw:
        yield "a NUL"
    for line in raw.split(b"\r\n"):
        if len(line) > HARD:
            yield f"a line of {len(line)} bytes"


def _part(fields: list[Field], body: bytes, where: str) -> Iterator[str]:
    by_name = {field.name.lower(): field for field in fields}
    names = [field.name.lower() for field in fields]
    for name in {name for name in names if name.startswith("content-")}:
        if names.count(name) != 1:
            yield f"{where}: {name} stands there {names.count(name)} times"
        given, wrong = decoded(by_name[name])
        yield from (f"{where}: {name}: {fault}" for fault in wrong)
    if "content-type" not in by_name:
        yield f"{where}: no content type"
        return
    kind = by_name["content-type"].value.partition(";")[0]
    given, _ = decoded(by_name["content-type"])
    if kind.startswith("multipart/"):
        yield from _multipart(by_name, given.get("boundary", ""), body, where)
    else:
        yield from _leaf(by_name, kind, given, body, where)


def _multipart(by_name: dict[str, Field], boundary: str, body: bytes, where: str) -> Iterator[str]:
    if "content-transfer-encoding" in by_name:
        yield f"{where}: a multipart with an encoding"
    if not re.fullmatch(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]", boundary):
        yield f"{where}: no boundary: {boundary!r}"
        return
    lines = re.split(rb"(?m)^--" + re.escape(boundary.encode()) + rb"(--)?\r\n", body)
    pieces, ends = lines[::2], lines[1::2]
    if not ends or ends[-1] != b"--" or b"--" in ends[:-1]:
        yield f"{where}: the last boundary is missing, or not the last"
    if pieces[0] or pieces[-1]:
        yield f"{where}: text outside of the parts"
    for number, piece in enumerate(pieces[1:-1], start=1):
        if b"--" + boundary.encode() in piece:
            yield f"{where}: the boundary stands within a part"
        fields, content = split(piece)
        for field in fields:
            yield from (f"{field.name}: {fault}" for fault in line_faults(field))
        yield from _part(fields, content, f"{where}, part {number}")


def _leaf(
    by_name: dict[str, Field], kind: str, given: dict[str, str], body: bytes, where: str
) -> Iterator[str]:
    encoding = by_name["content-transfer-encoding"].value if len(by_name) > 1 else ""
    match encoding:
        case "quoted-printable":
            content = yield from _quoted_printable(body, where)
        case "base64":
            content = yield from _base64(body, where)
        case _:
            yield f"{where}: the encoding {encoding!r}"
            return
    if kind.startswith("text/") and "content-disposition" not in by_name:
        try:
            content.decode(given.get("charset", "us-ascii"))
        except (UnicodeDecodeError, LookupError) as e:
            yield f"{where}: not in its charset: {e}"


def _quoted_printable(body: bytes, where: str) -> Generator[str, None, bytes]:
    for line in body.split(b"\r\n"):
        if len(line) > 76:
            yield f"{where}: a line of {len(line)} characters"
        if not re.fullmatch(rb"(?:[!-<>-~ \t]|=[0-9A-F]{2})*=?", line):
            yield f"{where}: wrong quoted-printable: {line!r}"
        if line.endswith((b" ", b"\t")):
            yield f"{where}: white space at the end of a line"
    return binascii.a2b_qp(body)


def _base64(body: bytes, where: str) -> Generator[str, None, bytes]:
    lines = body.removesuffix(b"\r\n").split(b"\r\n")
    for number, line in enumerate(lines):
        last = number == len(lines) - 1
        if len(line) > 76 or (len(line) < 76 and not last):
            yield f"{where}: line {number} has {len(line)} characters"
    try:
        return base64.b64decode(b"".join(lines), validate=True)
    except binascii.Error as e:
        yield f"{where}: no base64: {e}"
        return b""
