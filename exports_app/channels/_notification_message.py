"""The message to the owners of a scheduled export: what happened to it, and a link to it."""

from datetime import datetime

from exports_app.channels import _email_message, _header_fields, _mail_page
from exports_app.channels._mail_page import Fact
from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._mime_parts import Part
from exports_app.channels._one_line import one_line, sentence
from exports_app.services.core.extension_points import Note


def write(
    note: Note,
    sender: Mailbox,
    recipient: Mailbox,
    message_id: str,
    at: datetime,
    reply_to: Mailbox | None = None,
) -> Part:
    """With CRLF line ends. message_id, at: as for `_email_message.envelope`."""
    context = _context(note)
    replies = [reply_to] if reply_to else []
    return (
        _email_message.envelope(sender, recipient, message_id, at, replies),
        _header_fields.text("Subject", sentence(note.title)),
        *_email_message.machine_made(),
        *_email_message.bodies(
            _mail_page.text_of("notice", context), _mail_page.page_of("notice", context)
        ),
    )


def _context(note: Note) -> dict[str, object]:
    return {
        "tenant": one_line(note.tenant_name),
        "title": sentence(note.title),
        "lead": sentence(note.lead),
        "facts": [Fact(one_line(label), one_line(value)) for label, value in note.facts],
        "fact_size": 14,
        "url": note.url,
        "button": one_line(note.button),
        "why": sentence(note.why),
        **_mail_page.looks(note.brand_color, note.logo_url),
    }
