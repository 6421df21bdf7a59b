"""The message about a finished file: HTML and plain text that say the same, and the file."""

import re
from collections.abc import Sequence
from datetime import datetime

from exports_app.channels import _header_fields, _mailbox_address, _mime_parts, _report_body
from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._mime_parts import Part
from exports_app.channels._one_line import one_line
from exports_app.domain import bidi
from exports_app.services.core.extension_points import Report

NO_REPLIES = "DR, RN, NRN, OOF, AutoReply"
"""X-Auto-Response-Suppress, in the form that Exchange documents ([MS-OXCMAIL] 2.2.3.2.14): no
receipts, no out-of-office and other automatic replies."""


class MailMessage:
    """One run's message. The attachment is encoded once for all recipients; each one's copy differs
    in a few headers, and in its link where it has one. Apart from its date and the next run it is
    the same at each attempt.

    Raises OSError where the file cannot be read.
    """

    def __init__(self, report: Report, sender: Mailbox, reply_to: Mailbox | None = None) -> None:
        """reply_to: where replies go if the report does not say it."""
        self._report, self._sender = report, sender
        own, owner = _address(report.reply_to), _address(report.owner_address)
        self._reply_to = [box for box in (own, reply_to, owner) if box]
        self._subject = _header_fields.text("Subject", title(report))
        self._shared = None if report.link else _shared(report)

    def to(self, recipient: Mailbox, message_id: str, at: datetime, url: str = "") -> Part:
        """The message with CRLF line ends. message_id, at: as for `envelope`. url: the recipient's
        own link, where the report has one."""
        shared = _shared(self._report, url) if self._shared is None else self._shared
        headers = envelope(self._sender, recipient, message_id, at, self._reply_to)
        return (headers, self._subject, *shared)


def _address(text: str | None) -> Mailbox | None:
    """None also for what is no address: it was stored under an older rule."""
    try:
        return _mailbox_address.parse(text) if text else None
    except ValueError:
        return None


def title(report: Report) -> str:
    """The subject, as people read it."""
    name = bidi.isolated(one_line(report.export_name))
    test = "[Test] " if report.is_test else ""
    return f"{test}{name} \N{EN DASH} {one_line(report.window)}"


def _shared(report: Report, url: str = "") -> Part:
    """What all copies have in common. url: of the download, in place of an attachment."""
    shared = bodies(_report_body.plain_text(report, url), _report_body.page(report, url))
    if attached := report.attachment:
        name = one_line(attached.name)
        file = _mime_parts.file(attached.path, name, attached.mime)
        shared = _mime_parts.multipart("mixed", [shared, file], name)
    return (*machine_made(), *shared)


def bodies(text: str, page: str) -> Part:
    """Both bodies, of which a mail program shows one."""
    both = [_mime_parts.text("plain", text), _mime_parts.text("html", page)]
    return _mime_parts.multipart("alternative", both, text)


def machine_made() -> Part:
    """Headers that keep automatic replies away, and the version of MIME."""
    return (
        _header_fields.token("Auto-Submitted", "auto-generated"),  # RFC 3834
        _header_fields.token("X-Auto-Response-Suppress", NO_REPLIES),
        _header_fields.token("MIME-Version", "1.0"),
    )


def envelope(
    sender: Mailbox,
    recipient: Mailbox,
    message_id: str,
    at: datetime,
    reply_to: Sequence[Mailbox] = (),
) -> bytes:
    """The headers of one copy, in ASCII unless an address needs more (then SMTPUTF8, RFC 6532).

    message_id: the local part of the Message-ID; the sender's domain completes it. at: of this
    attempt: a message that says it is days old is filed as old, or as junk. reply_to: in the order
    of preference; the first one that can be written without making the message UTF-8 for its sake
    counts. Raises ValueError where the id cannot be one.
    """
    if not re.fullmatch(r"[A-Za-z0-9._+-]{1,200}", message_id):
        raise ValueError(
            "a message id is made of ASCII letters, digits, dot, underscore, plus and minus"
        )
    is_ascii = (sender.local + recipient.local).isascii()
    replies = [box for box in reply_to if box.local.isascii() or not is_ascii]
    return b"".join(
        (
            _header_fields.date("Date", at),
            _header_fields.mailbox("From", sender),
            *(_header_fields.mailbox("Reply-To", box) for box in replies[:1]),
            _header_fields.mailbox("To", recipient),
            _header_fields.token("Message-ID", f"<{message_id}@{sender.domain}>"),
        )
    )
