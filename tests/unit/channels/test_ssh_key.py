"""Private keys that users enter."""

import struct
from base64 import encodebytes
from typing import Any

import asyncssh
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exports_app.channels._ssh_key import normalised
from tests.gilwatch import watched

PEM, NONE = serialization.Encoding.PEM, serialization.NoEncryption()
PKCS8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
OPENSSH = serialization.PrivateFormat.OpenSSH
RSA_KEY = rsa.generate_private_key(65_537, 2_048)
EC_KEYS = [ec.generate_private_key(curve) for curve in (ec.SECP256R1(), ec.SECP384R1())]
P521 = ec.derive_private_key(5, ec.SECP521R1())
ED25519 = Ed25519PrivateKey.generate()
PRIME, FACTOR = (1 << 4_423) - 1, (1 << 2_203) - 1
"""Primes, which takes seconds to find out."""
DH, DHX = "2a864886f70d010301", "2a8648ce3e0201"
DSA, EC = "2a8648ce380401", "2a8648ce3d0201"
MOST = 0.25
"""Seconds of CPU. Each of these keys takes far less to refuse, and seconds to load."""


def text(key: Any, form: serialization.PrivateFormat = PKCS8) -> str:
    return str(key.private_bytes(PEM, form, NONE).decode())


def der(tag: int, *content: bytes) -> bytes:
    inside = b"".join(content)
    size = len(inside)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + length + inside


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1))


def pkcs8(oid: str, *parameters: bytes) -> str:
    algorithm = der(0x30, der(6, bytes.fromhex(oid)), *parameters)
    return pem("PRIVATE KEY", der(0x30, integer(0), algorithm, der(4, integer(5))))


def pem(label: str, data: bytes) -> str:
    body = encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


def openssh(cipher: bytes, derivation: bytes, options: bytes) -> str:
    strings = [cipher, derivation, options]
    head = b"".join(struct.pack(">I", len(part)) + part for part in strings)
    return pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0" + head + struct.pack(">I", 1))


def of_numbers(p: int, q: int, d: int) -> str:
    numbers = rsa.RSAPrivateNumbers(p, q, d, 3, 3, 3, rsa.RSAPublicNumbers(65_537, p * q))
    return text(numbers.private_key(unsafe_skip_rsa_key_validation=True), TRADITIONAL)


@pytest.mark.parametrize(
    ("key", "form"),
    [
        *[(RSA_KEY, form) for form in (PKCS8, TRADITIONAL, OPENSSH)],
        *[(key, form) for key in (*EC_KEYS, P521) for form in (PKCS8, TRADITIONAL, OPENSSH)],
        *[(ED25519, form) for form in (PKCS8, OPENSSH)],
    ],
)
@pytest.mark.parametrize("one_line", [False, True])
def test_a_key_of_each_kind_and_format_stays_the_same_key(
    key: Any, form: serialization.PrivateFormat, one_line: bool
) -> None:
    typed = text(key, form).replace("\n", "") if one_line else text(key, form)
    found = normalised(typed)
    assert found == text(key)
    assert asyncssh.import_private_key(found).export_public_key() == (
        asyncssh.import_private_key(text(key)).export_public_key()
    )


def test_parameters_before_a_key_are_left_out() -> None:
    """As OpenSSL writes them."""
    curve = pem("EC PARAMETERS", der(6, bytes.fromhex("2a8648ce3d030107")))
    assert normalised(f"{curve}{text(EC_KEYS[0], TRADITIONAL)}") == text(EC_KEYS[0])


CURVE = der(
    0x30,
    integer(1),
    der(0x30, der(6, bytes.fromhex("2a8648ce3d0101")), integer(PRIME)),
    der(0x30, der(4, b"\1" * 550), der(4, b"\2" * 550)),
    der(4, b"\4" + b"\3" * 1_100),
    integer(FACTOR),
    integer(1),
)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (pkcs8(DHX, der(0x30, integer(PRIME), integer(2), integer(FACTOR))), "of type Ed25519"),
        (pkcs8(DH, der(0x30, integer(PRIME), integer(2))), "of type Ed25519"),
        (pkcs8(DSA, der(0x30, integer(PRIME), integer(FACTOR), integer(3))), "of type Ed25519"),
        (pkcs8(EC, CURVE), "of type Ed25519"),
        (pem("EC PRIVATE KEY", der(0x30, integer(1), der(4, b"\5"), der(0xA0, CURVE))), "Ed25519"),
        (pem("EC PRIVATE KEY", der(0x30, integer(1), der(4, b"\5"))), "Ed25519"),
        (pem("DSA PRIVATE KEY", der(0x30, integer(0), integer(PRIME))), "Ed25519"),
        (text(Ed448PrivateKey.generate()), "Ed25519"),
        (text(ec.derive_private_key(5, ec.SECP256K1())), "Ed25519"),
        (of_numbers((1 << 6_000) - 1, (1 << 5_999) + 1, 3), "up to 8192 bits"),
        (of_numbers((1 << 300) - 1, (1 << 299) + 1, 3), "up to 8192 bits"),
        (of_numbers((1 << 4_000) - 1, (1 << 3_999) + 1, 3), "do not belong together"),
        (text(RSA_KEY)[:800] + "-----END PRIVATE KEY-----", "OpenSSH or PEM"),
        (openssh(b"aes256-ctr", b"bcrypt", b"\0\0\0\1s\x7f\xff\xff\xff"), "passphrase"),
        (pem("ENCRYPTED PRIVATE KEY", b"\x30\0"), "passphrase"),
        (pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\xff\xff\xff\xff"), "OpenSSH or PEM"),
        (pem("PRIVATE KEY", b"\x30\x80" * 3_000), "OpenSSH or PEM"),
        (pem("CERTIFICATE", b"\x30\0"), "OpenSSH or PEM"),
        ("-----BEGIN RSA PRIVATE KEY-----" * 300, "OpenSSH or PEM"),
    ],
)
def test_a_key_that_is_not_taken_says_why_and_holds_up_nothing(typed: str, words: str) -> None:
    with watched() as lock, pytest.raises(ValueError, match=words):
        normalised(typed)
    assert lock.longest < MOST
