"""The message to the owners of a scheduled export: what happened to it, and a link to it."""

from collections.abc import Sequence

from exports_app.channels import _email_message
from exports_app.channels._email_message import Fact, one_line
from exports_app.channels._mailbox_address import Mailbox
from exports_app.services.core.extension_points import Note


def write(
    note: Note, sender: Mailbox, recipient: Mailbox, message_id: str
) -> Sequence[bytes | bytearray]:
    """In pieces with CRLF line ends. message_id: as for `_email_message.envelope`."""
    context = _context(note)
    message = _email_message.bodies(
        note.created_at,
        _email_message.text_of("notice", context),
        _email_message.page_of("notice", context),
    )
    return (
        _email_message.envelope(sender, recipient, message_id),
        _email_message.subject(one_line(note.title)),
        message.as_bytes(),
    )


def _context(note: Note) -> dict[str, object]:
    return {
        "tenant": one_line(note.tenant_name),
        "export": one_line(note.export_name),
        "title": one_line(note.title),
        "lead": one_line(note.lead),
        "facts": [Fact(one_line(label), one_line(value)) for label, value in note.facts],
        "url": note.url,
        "button": one_line(note.button),
        "why": one_line(note.why),
        **_email_message.looks(note.brand_color, note.logo_url),
    }
