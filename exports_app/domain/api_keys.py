"""The text of an API key: ``exa_``, 32 random characters, and a checksum of 6. The token of a feed
begins with ``exf_`` instead.

All are of base62. The checksum is the CRC-32 of the random characters, as in tokens of GitHub: a
scanner for secrets, and this app before it asks the database, tells a key from a look-alike.
"""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "exa_"
FEED_PREFIX = "exf_"
RANDOM = 32
"""Random characters: 190 bits."""
CHECKSUM = 6
"""Characters that hold any CRC-32."""
SHOWN = len(PREFIX) + 4
"""The first characters, which lists show: 166 bits stay secret."""
PATTERN = rf"\b{PREFIX}[0-9A-Za-z]{{{RANDOM + CHECKSUM}}}\b"
"""For scanners of secrets."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_KIND = f"({PREFIX}|{FEED_PREFIX})"
_WHOLE = re.compile(rf"{_KIND}([0-9A-Za-z]{{{RANDOM}}})([0-9A-Za-z]{{{CHECKSUM}}})", re.ASCII)
_LIKE = re.compile(rf"{_KIND}[0-9A-Za-z]{{{SHOWN},}}", re.ASCII)


def new(prefix: str = PREFIX) -> str:
    random = "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM))
    return f"{prefix}{random}{checksum(random)}"


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


def is_whole(key: str, prefix: str = PREFIX) -> bool:
    """Whether it has the form of a key, and its checksum."""
    parts = _WHOLE.fullmatch(key)
    return parts is not None and parts[1] == prefix and checksum(parts[2]) == parts[3]


def hash_of(key: str) -> str:
    """What the database knows a key by: SHA-256 in hex. A slow hash, as for passwords, would
    protect nothing: nobody can guess 190 random bits, however fast a guess is."""
    return hashlib.sha256(key.encode("ascii")).hexdigest()


def masked(text: str) -> str:
    """The text without keys, for logs."""
    return _LIKE.sub(r"\1…", text) if PREFIX in text or FEED_PREFIX in text else text
