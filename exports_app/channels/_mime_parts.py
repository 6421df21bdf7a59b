"""The parts of a message (RFC 2045, 2046) as bytes. The same content is the same bytes at every
attempt, which the email package's random boundaries are not."""

from binascii import b2a_base64, b2a_qp
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from exports_app.channels import _header_fields
from exports_app.domain import file_names

BLOCK = 57 * 4096
"""Bytes of a file that are encoded at a time: whole lines."""
LINE = 76
"""Characters of a line of base64 (RFC 2045, 6.8)."""
MOST_NAMED = 60
"""Characters of a file's name that a line holds."""

Part = Sequence[bytes | bytearray]
"""Fields, an empty line and the content, in pieces. Each piece ends a line."""


def text(subtype: str, content: str) -> Part:
    """A text in UTF-8, as quoted-printable: it passes any server."""
    lines = "\r\n".join(content.split("\n")).encode("utf-8", "replace")
    encoded = b2a_qp(lines, istext=True)
    return (
        _header_fields.with_parameters("Content-Type", f"text/{subtype}", charset="utf-8"),
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
        encoded if encoded.endswith(b"\r\n") else encoded + b"\r\n",
    )


def file(path: Path, name: str, mime: str) -> Part:
    """A file to save, byte for byte. name: of any script. mime: may have parameters, such as
    ``text/csv; charset=utf-8``. Raises OSError."""
    kind, *parameters = (part.strip() for part in mime.split(";"))
    given = dict(parameter.split("=", 1) for parameter in parameters if parameter)
    # For programs that read no file name by RFC 2231. Both forms of one parameter beside each other
    # would be an error of syntax
    given["name"] = file_names.ascii_fallback(name, MOST_NAMED)
    return (
        _header_fields.with_parameters("Content-Type", kind, **given),
        b"Content-Transfer-Encoding: base64\r\n",
        _header_fields.with_parameters("Content-Disposition", "attachment", filename=name),
        b"\r\n",
        _base64(path),
    )


def multipart(subtype: str, parts: Sequence[Part], seed: str) -> Part:
    """The parts together. seed: makes the boundary, which is the same for the same seed; it ends up
    in no part, since neither quoted-printable nor base64 can hold ``=_`` (RFC 2045, 6.7)."""
    boundary = f"=_{subtype}_{sha256(seed.encode('utf-8', 'replace')).hexdigest()[:32]}"
    pieces: list[bytes | bytearray] = [
        _header_fields.with_parameters("Content-Type", f"multipart/{subtype}", boundary=boundary),
        b"\r\n",
    ]
    for part in parts:  # the end of a part's last line belongs to the boundary (RFC 2046, 5.1.1)
        pieces += [f"--{boundary}\r\n".encode(), *part]
    return (*pieces, f"--{boundary}--\r\n".encode())


def _base64(path: Path) -> bytes | bytearray:
    """A file in lines, in memory once."""
    content = bytearray()
    with path.open("rb") as source:
        while block := source.read(BLOCK):
            encoded = b2a_base64(block, newline=False)
            content += (
                b"\r\n".join(
                    encoded[start : start + LINE] for start in range(0, len(encoded), LINE)
                )
                + b"\r\n"
            )
    return content
