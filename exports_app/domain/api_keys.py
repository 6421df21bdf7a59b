"""The text of an API key: ``exa_``, 32 random characters, and a checksum of 6.

All are of base62. The checksum is the CRC-32 of the random characters, as in tokens of GitHub: a
scanner for secrets, and this app before it asks the database, tells a key from a look-alike.
"""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "exa_"
RANDOM = 32
"""Random characters: 190 bits."""
CHECKSUM = 6
"""Characters that hold any CRC-32."""
SHOWN = len(PREFIX) + 4
"""The first characters, which lists show: 166 bits stay secret."""
PATTERN = rf"\b{PREFIX}[0-9A-Za-z]{{{RANDOM + CHECKSUM}}}\b"
"""For scanners of secrets."""
MASK = f"{PREFIX}…"

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_WHOLE = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{RANDOM}}})([0-9A-Za-z]{{{CHECKSUM}}})", re.ASCII)
_LIKE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{SHOWN},}}", re.ASCII)


def new() -> str:
    random = "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM))
    return f"{PREFIX}{random}{checksum(random)}"


def checksum(random: str) -> str:
    """Of the random characters."""
    left, digits = zlib.crc32(random.encode("ascii")), ""
    for _ in range(CHECKSUM):
        left, digit = divmod(left, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def is_like_key(token: str) -> bool:
    """Whether a bearer token means to be a key."""
    return token.startswith(PREFIX)


def is_whole(key: str) -> bool:
    """Whether it has the form of a key, and its checksum."""
    parts = _WHOLE.fullmatch(key)
    return parts is not None and checksum(parts[1]) == parts[2]


def hash_of(key: str) -> str:
    """What the database knows a key by: SHA-256 in hex. A slow hash, as for passwords, would
    protect nothing: nobody can guess 190 random bits, however fast a guess is."""
    return hashlib.sha256(key.encode("ascii")).hexdigest()


def masked(text: str) -> str:
    """The text without keys, for logs."""
    return _LIKE.sub(MASK, text) if PREFIX in text else text
