"""What a mail server's refusal, or a failed connection, means: our error with a sentence to act
on."""

import ssl

from aiosmtplib.errors import (
    SMTPConnectResponseError,
    SMTPHeloError,
    SMTPResponseException,
    SMTPTimeoutError,
)

from exports_app.channels._smtp.server import Server
from exports_app.domain.errors import DeliveryError, DeliveryUnknown

GOING_AWAY = 421
"""The server closes the connection (RFC 5321, 3.8): this says nothing about the message."""
TOO_LARGE = 552
"""RFC 1870, 6.1."""
NOT_SIGNED_IN = frozenset({530, 535})
"""RFC 4954, 6."""
LONGEST = 1000
"""Characters of a reply that are kept."""


def text_of(refusal: SMTPResponseException) -> str:
    """The reply as one line of printable characters, e.g. ``550 5.1.1 no such user``: any database
    can store it."""
    text = refusal.message.encode("utf-8", "replace").decode()
    words = "".join(c if c.isprintable() else " " for c in text).split()
    return f"{refusal.code} {' '.join(words)}"[:LONGEST].strip()


def is_permanent(refusal: SMTPResponseException) -> bool:
    return refusal.code >= 500


def refused(refusal: SMTPResponseException) -> DeliveryError:
    return DeliveryError(text_of(refusal), permanent=is_permanent(refusal))


def setting_to_check(refusal: SMTPResponseException) -> str:
    """Which setting may be wrong where the server refuses the sender."""
    if refusal.code == TOO_LARGE:
        return "ATTACH_MAX_MB: the message is too large for the mail server"
    if refusal.code in NOT_SIGNED_IN:
        return "SMTP_USER and SMTP_PASS"
    return "SMTP_FROM"


def lost(server: Server, *, complete: bool) -> DeliveryError:
    """The connection was lost within a message. complete: whether its end was written; a server
    that has not seen the end must not deliver it (RFC 5321, 4.1.1.4)."""
    what = f"the connection to {server} was lost"
    if complete:
        return DeliveryUnknown(f"{what} after the message was sent: it may have arrived, or not")
    return DeliveryError(
        f"{what} while the message was being sent: it has not arrived", permanent=False
    )


def given_up(server: Server, seconds: float | None, *, complete: bool) -> DeliveryError:
    """Nobody waits for the message any more. seconds: how long it was waited for; None: the run
    stopped. complete: as in `lost`."""
    if complete:
        why = "the run stopped" if seconds is None else f"{seconds:g} s were over"
        return DeliveryUnknown(
            f"{why} before {server} had confirmed the message: it may have arrived, or not"
        )
    if seconds is None:
        text = f"the run stopped before {server} had the message: it has not arrived"
    else:
        text = (
            f"the mail server {server} took longer than {seconds:g} s: check SMTP_HOST, SMTP_PORT "
            "and SMTP_TLS"
        )
    return DeliveryError(text, permanent=False)


def unreachable(server: Server, error: Exception) -> DeliveryError:
    """Connecting, TLS or the greeting failed."""
    where = f"the mail server {server}"
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        text = (
            f"the certificate of {where} is not trusted ({cause.verify_message}): check "
            "SMTP_HOST, or the certificate"
        )
    elif isinstance(cause, ssl.SSLError):
        text = (
            f"no TLS connection to {where} ({cause.reason or 'handshake failed'}): check "
            "SMTP_TLS and SMTP_PORT"
        )
    elif isinstance(error, SMTPResponseException) and error.code < 0:
        text = f"{where} does not speak SMTP: check SMTP_HOST and SMTP_PORT"
    elif isinstance(error, SMTPConnectResponseError | SMTPHeloError | SMTPResponseException):
        text = f"{where} refused the connection: {text_of(error)}"
    elif isinstance(error, SMTPTimeoutError):
        text = f"{where} did not answer in time: check SMTP_HOST, SMTP_PORT and SMTP_TLS"
    elif isinstance(cause, OSError) and cause.strerror:
        text = f"{where} cannot be reached ({cause.strerror}): check SMTP_HOST and SMTP_PORT"
    else:
        text = (
            f"{where} cannot be reached, or closed the connection: check SMTP_HOST, SMTP_PORT "
            "and SMTP_TLS"
        )
    return DeliveryError(text, permanent=False)
