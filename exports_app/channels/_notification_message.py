"""The message to the owners of a scheduled export: what happened to it, and a link to it."""

from datetime import datetime

from exports_app.channels import _email_message, _header_fields
from exports_app.channels._email_message import Fact, one_line, sentence
from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._mime_parts import Part
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
            _email_message.text_of("notice", context), _email_message.page_of("notice", context)
        ),
    )


def _context(note: Note) -> dict[str, object]:
    return {
        "tenant": one_line(note.tenant_name),
        "export": one_line(note.export_name),
        "title": sentence(note.title),
        "lead": sentence(note.lead),
        "facts": [Fact(one_line(label), one_line(value)) for label, value in note.facts],
        "url": note.url,
        "button": one_line(note.button),
        "why": sentence(note.why),
        **_email_message.looks(note.brand_color, note.logo_url),
    }
