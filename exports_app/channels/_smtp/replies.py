"""What a mail server's refusal, or a failed connection, means: our error with a sentence to act
on."""

import re
import ssl
from collections.abc import Mapping

from aiosmtplib import SMTPResponse
from aiosmtplib.errors import (
    SMTPConnectResponseError,
    SMTPResponseException,
    SMTPTimeoutError,
)

from exports_app.channels._smtp.server import Server
from exports_app.domain.errors import DeliveryError, DeliveryUnknown, MessageTooLarge
from exports_app.domain.humanize import counted

GOING_AWAY = 421
"""The server closes the connection (RFC 5321, 3.8): this says nothing about the message."""
UNKNOWN_PARAMETER = frozenset({500, 501, 504, 555})
"""What follows the address in MAIL is not understood (RFC 5321, 4.2.3)."""
TOO_LARGE = 552
"""Without an enhanced code, the message is too large (RFC 1870, 6.1); with one, that code tells
this from a full mailbox."""
SIZES = frozenset({"5.3.4", "5.2.3"})
"""Enhanced codes of what is too large: for the server, or for this mailbox (RFC 3463, 3.3 and
3.4)."""
ENHANCED = re.compile(r"\s*(5\.\d{1,3}\.\d{1,3})\b|.*\(#(5\.\d{1,3}\.\d{1,3})\)", re.DOTALL)
"""A permanent error's enhanced code, where RFC 2034 puts it or as qmail writes it."""
FULL = re.compile(r"quota|\bfull\b", re.IGNORECASE)
"""In a 552 without an enhanced code: there is no room in the mailbox. RFC 5321's own text,
"exceeded storage allocation", leaves it open: a smaller message may help."""
GREETED = re.compile(r"\b(HELO|EHLO)\b", re.IGNORECASE)
"""In a refusal of MAIL or RCPT: by then the server tells what it thinks of our name, as Postfix
does (smtpd_delay_reject)."""
NOT_SIGNED_IN = frozenset({530, 535})
"""RFC 4954, 6."""
POSITIVE, INTERMEDIATE = 2, 3
"""First digits of replies (RFC 5321, 4.2.1)."""
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


def is_positive(reply: SMTPResponse) -> bool:
    """By its first digit, since servers use other codes than the usual ones (RFC 5321, 4.2.1)."""
    return reply.code // 100 == POSITIVE


def goes_on(reply: SMTPResponse) -> bool:
    """Whether the server waits for more: the message, after DATA."""
    return reply.code // 100 == INTERMEDIATE


def is_too_large(refusal: SMTPResponseException) -> bool:
    """Whether a smaller message might be accepted."""
    if not is_permanent(refusal):
        return False
    if enhanced := ENHANCED.match(refusal.message):
        return (enhanced[1] or enhanced[2]) in SIZES
    return refusal.code == TOO_LARGE and not FULL.search(refusal.message)


def refused(refusal: SMTPResponseException, *, of_sender: bool = False) -> DeliveryError:
    """A refusal of the envelope or the message. of_sender: of MAIL."""
    text = text_of(refusal)
    if is_too_large(refusal):
        return MessageTooLarge(f"{text} (too large for the mail server)", for_all=of_sender)
    setting = _setting_to_check(refusal, of_sender=of_sender and is_permanent(refusal))
    hint = f" (check {setting})" if setting else ""
    return DeliveryError(f"{text}{hint}", permanent=is_permanent(refusal))


def _setting_to_check(refusal: SMTPResponseException, *, of_sender: bool) -> str:
    """Which setting may be wrong; empty: probably none."""
    if GREETED.search(refusal.message):
        return "SMTP_HELO"
    if not of_sender:
        return ""
    return "SMTP_USER and SMTP_PASS" if refusal.code in NOT_SIGNED_IN else "SMTP_FROM"


def size_limit(extensions: Mapping[str, str]) -> int | None:
    """Bytes of a message that a server takes, by its answer to EHLO (RFC 1870, 4); None: no limit.
    extensions: keyword, in small letters, to what follows it."""
    limit = extensions.get("size", "").strip()
    return int(limit) or None if limit.isascii() and limit.isdigit() else None


def beyond(server: Server, size: int, limit: int) -> MessageTooLarge:
    """A message that the server would refuse. Both in bytes."""
    return MessageTooLarge(
        f"the message has {counted(size, 'byte')}, and the mail server {server} takes at most "
        f"{limit:,}",
        for_all=True,
    )


def refused_hello(server: Server, name: str, refusal: SMTPResponseException) -> DeliveryError:
    """The server refused EHLO or HELO. name: ours."""
    check = "" if refusal.code == GOING_AWAY else " (check SMTP_HELO)"
    return DeliveryError(
        f"the mail server {server} refused us as {name}: {text_of(refusal)}{check}",
        permanent=False,
    )


def closing(server: Server, reply: SMTPResponseException) -> str:
    """Why another connection must carry the message. reply: 421, or what is none."""
    if reply.code == GOING_AWAY:
        return text_of(reply)
    return f"the mail server {server} sent an invalid SMTP reply"


def silent(server: Server) -> DeliveryError:
    """For the messages that are not tried any more."""
    return DeliveryError(
        f"not sent: the mail server {server} left earlier messages without an answer",
        permanent=False,
    )


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
    elif isinstance(error, SMTPConnectResponseError | SMTPResponseException):
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
