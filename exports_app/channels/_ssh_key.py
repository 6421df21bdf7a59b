"""Private keys that users enter. Their numbers are read here, and a key is made of them: libraries
that load a key look for primes in numbers of any size, and nothing else runs meanwhile."""

import re
import struct
from base64 import b64decode
from collections.abc import Iterator, Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FEWEST_BITS, MOST_BITS = 1_024, 8_192
"""Of an RSA key: to sign with a larger one would hold up everything else."""
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([^-]*)-----END \1-----")
_FORMAT = "enter a private key in OpenSSH or PEM format"
_KIND = f"enter a key of type Ed25519, ECDSA, or RSA of up to {MOST_BITS} bits"
_ENCRYPTED = "remove its passphrase (ssh-keygen -p): the key is encrypted here"
_NUMBERS = "copy the key's file again: the numbers in it do not belong together"
_MAGIC = b"openssh-key-v1\0"
_OID, _SEQUENCE, _CURVE = 0x06, 0x30, 0xA0
"""Tags of DER. The last one is the curve's (RFC 5915)."""
_LONG = 0x80
"""Where a length in DER has this bit, the others say how many bytes the length has."""
_RSA = bytes.fromhex("2a864886f70d010101")
_EC = bytes.fromhex("2a8648ce3d0201")
_ED25519 = bytes.fromhex("2b6570")
_P256, _P384, _P521 = ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()
_CURVES: Mapping[bytes, ec.EllipticCurve] = {
    bytes.fromhex("2a8648ce3d030107"): _P256,
    bytes.fromhex("2b81040022"): _P384,
    bytes.fromhex("2b81040023"): _P521,
    b"nistp256": _P256,
    b"nistp384": _P384,
    b"nistp521": _P521,
}
"""By their identifiers, and by their names in SSH."""
_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey


class _NotTakenError(ValueError):
    """A key that can be read"""


def normalised(text: str) -> str:
    """The same key as PKCS#8. A field of one line may have taken its line breaks out.

    Raises ValueError, which says what to enter instead.
    """
    try:
        key = _read(text)
    except _NotTakenError:
        raise
    except (ValueError, IndexError, struct.error):
        raise ValueError(_FORMAT) from None
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return key.private_bytes(*form, serialization.NoEncryption()).decode()


def _read(text: str) -> _Key:
    if "ENCRYPTED" in text:  # in the label, or in a header
        raise _NotTakenError(_ENCRYPTED)
    found = _PEM.search(text)
    if found is None:
        raise ValueError
    label, body = found.groups()
    data = b64decode("".join(body.split()), validate=True)
    match label:
        case "OPENSSH PRIVATE KEY":
            return _openssh(data)
        case "RSA PRIVATE KEY":
            return _rsa(data)
        case "EC PRIVATE KEY":
            return _ec(data)
        case "PRIVATE KEY":
            return _pkcs8(data)
    raise _NotTakenError(_KIND)


def _pkcs8(data: bytes) -> _Key:
    """Source: RFC 5208 and 5958."""
    _, (_, algorithm), (_, content), *_ = _inside(data)
    (_, kind), *parameters = _items(algorithm)
    if kind == _RSA:
        return _rsa(content)
    if kind == _EC:
        ((tag, curve),) = parameters
        if tag != _OID:  # a description of a curve
            raise _NotTakenError(_KIND)
        return _ec(content, curve)
    if kind == _ED25519:
        ((_, seed),) = _items(content)
        return Ed25519PrivateKey.from_private_bytes(seed)
    raise _NotTakenError(_KIND)


def _rsa(data: bytes) -> _Key:
    """Source: RFC 8017, A.1.2."""
    _, *numbers = (content for _, content in _inside(data))
    n, e, d, p, q, *_ = numbers
    return _rsa_of(n, e, d, p, q)


def _rsa_of(*numbers: bytes) -> _Key:
    n, e, d, p, q = (int.from_bytes(number) for number in numbers)
    if not FEWEST_BITS <= n.bit_length() <= MOST_BITS:
        raise _NotTakenError(_KIND)
    odd = all(number % 2 and number > 1 for number in (e, d, p, q))
    if not odd or p * q != n or max(e, d) >= n or any((d * e - 1) % (f - 1) for f in (p, q)):
        raise _NotTakenError(_NUMBERS)
    try:
        return rsa.RSAPrivateNumbers(
            p,
            q,
            d,
            rsa.rsa_crt_dmp1(d, p),
            rsa.rsa_crt_dmq1(d, q),
            rsa.rsa_crt_iqmp(p, q),
            rsa.RSAPublicNumbers(e, n),
        ).private_key(unsafe_skip_rsa_key_validation=True)
    except ValueError:
        raise _NotTakenError(_NUMBERS) from None


def _ec(data: bytes, curve: bytes = b"") -> _Key:
    """Source: RFC 5915. curve: what PKCS#8 names."""
    _, (_, number), *more = _inside(data)
    for tag, content in more:
        if tag == _CURVE and not curve:
            ((kind, name),) = _items(content)
            curve = name if kind == _OID else b""
    return _ec_of(curve, number)


def _ec_of(curve: bytes, number: bytes) -> _Key:
    found = _CURVES.get(curve)
    if found is None:
        raise _NotTakenError(_KIND)
    value = int.from_bytes(number)
    if not 0 < value < found.group_order:
        raise _NotTakenError(_NUMBERS)
    return ec.derive_private_key(value, found)


def _openssh(data: bytes) -> _Key:
    """Source: PROTOCOL.key of OpenSSH."""
    if not data.startswith(_MAGIC):
        raise ValueError
    (cipher, derivation, _), rest = _strings(data.removeprefix(_MAGIC), 3)
    if (cipher, derivation) != (b"none", b"none"):
        raise _NotTakenError(_ENCRYPTED)
    (_, private), _ = _strings(rest[4:], 2)  # after their number
    (kind,), rest = _strings(private[8:], 1)  # after two numbers that are the same
    match kind:
        case b"ssh-rsa":
            (n, e, d, _, p, q), _ = _strings(rest, 6)
            return _rsa_of(n, e, d, p, q)
        case b"ssh-ed25519":
            (_, seed), _ = _strings(rest, 2)
            return Ed25519PrivateKey.from_private_bytes(seed[:32])
        case b"ecdsa-sha2-nistp256" | b"ecdsa-sha2-nistp384" | b"ecdsa-sha2-nistp521":
            (curve, _, number), _ = _strings(rest, 3)
            return _ec_of(curve, number)
    raise _NotTakenError(_KIND)


def _strings(data: bytes, count: int) -> tuple[list[bytes], bytes]:
    """Strings of SSH (RFC 4251), and what comes after them."""
    found = []
    for _ in range(count):
        (size,) = struct.unpack_from(">I", data)
        if size > len(data) - 4:
            raise ValueError
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found, data


def _inside(data: bytes) -> list[tuple[int, bytes]]:
    """What a sequence in DER has."""
    ((tag, content),) = _items(data)
    if tag != _SEQUENCE:
        raise ValueError
    return list(_items(content))


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Values in DER, one after the other: their tags, and their content."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & _LONG:
            end = at + (size ^ _LONG)
            size, at = int.from_bytes(data[at:end]), end
        if size > len(data) - at:
            raise ValueError
        yield tag, data[at : at + size]
        at += size
