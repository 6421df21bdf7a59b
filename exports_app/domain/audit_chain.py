"""Hashes and signatures of the audit's chains.

An exported file can be checked with these functions, without a database. They define a file format:
never change how existing entries become bytes. A new field of entries is left out where it is
empty, so that older hashes stay valid.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

INSTALLATION = "installation"
"""The chain of entries of no tenant. The other chains are named by their tenant's id."""
_FORMAT = "exports_app audit 1"


def chain_of(tenant_id: str | None) -> str:
    return tenant_id or INSTALLATION


def tenant_of(chain: str) -> str | None:
    """None for the chain of the installation."""
    return None if chain == INSTALLATION else chain


def canonical(fields: Mapping[str, Any]) -> bytes:
    """The fields as bytes: JSON with sorted names, in ASCII, without those that are None."""
    kept = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), default=str).encode("ascii")


def beginning(chain: str) -> str:
    """The previous hash of a chain's first link."""
    return hashlib.sha256(f"{_FORMAT}\n{chain}".encode()).hexdigest()


def link(previous: str, position: int, fields: Mapping[str, Any]) -> str:
    """The hash of an entry at a position, from the one before it. In hex."""
    return hashlib.sha256(
        b"\n".join((previous.encode(), str(position).encode(), canonical(fields)))
    ).hexdigest()


def sign(key: bytes, fields: Mapping[str, Any]) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.digest(key, canonical(fields), "sha256").hex()


def is_signed(keys: Sequence[bytes], fields: Mapping[str, Any], signature: str) -> bool:
    """Whether it was signed with one of the keys."""
    given = signature.encode("utf-8", "surrogatepass")
    return any(hmac.compare_digest(sign(key, fields).encode(), given) for key in keys)
