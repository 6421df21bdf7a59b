"""The message about a finished file: HTML and plain text that say the same, and the file."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from exports_app.channels import _header_fields, _mailbox_address, _mime_parts
from exports_app.channels._mailbox_address import Mailbox
from exports_app.channels._mime_parts import Part
from exports_app.domain import bidi, bounds, humanize
from exports_app.domain.colors import readable_on
from exports_app.services.core.extension_points import Report

NEUTRAL = "#1F2937"
UNKNOWN = "known when the file is made"
COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
NO_REPLIES = "DR, RN, NRN, OOF, AutoReply"
"""X-Auto-Response-Suppress, in the form that Exchange documents ([MS-OXCMAIL] 2.2.3.2.14): no
receipts, no out-of-office and other automatic replies."""


@dataclass(frozen=True)
class Fact:
    label: str
    value: str


class MailMessage:
    """One run's message. The attachment is encoded once for all recipients; each one's copy differs
    in a few headers, and in its link where it has one. Apart from its date it is the same at each
    attempt.

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
    shared = bodies(plain_text(report, url), html(report, url))
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


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"isolated": bidi.isolated, "bdi": _bdi}
    return templates


def _bdi(sentence: str) -> Markup:
    """A sentence as HTML, its isolated names as elements."""
    return Markup(  # noqa: S704 (escaped before)
        str(escape(sentence)).replace(bidi.FSI, "<bdi>").replace(bidi.PDI, "</bdi>")
    )


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def plain_text(report: Report, url: str = "") -> str:
    return text_of("report", _context(report, url))


def html(report: Report, url: str = "") -> str:
    return page_of("report", _context(report, url))


def text_of(template: str, context: Mapping[str, object]) -> str:
    return _templates().get_template(f"{template}.txt.j2").render(context)


def page_of(template: str, context: Mapping[str, object]) -> str:
    """The page with its styles inlined: mail programs drop style sheets."""
    return _inliner().inline(_templates().get_template(f"{template}.html.j2").render(context))


def looks(brand_color: str, logo_url: str | None) -> dict[str, object]:
    """The tenant's colors and logo, under the names that the templates use."""
    brand = brand_color if COLOR.fullmatch(brand_color) else NEUTRAL
    logo = logo_url if (logo_url or "").startswith("https://") else None
    return {"brand": brand, "on_brand": readable_on(brand), "logo": logo}


def _context(report: Report, url: str) -> dict[str, object]:
    return {
        "tenant": one_line(report.tenant_name),
        "export": one_line(report.export_name),
        "facts": facts(report),
        "lead": lead(report),
        "url": url,
        **looks(report.brand_color, report.logo_url),
    }


def lead(report: Report) -> str:
    """Where the file is."""
    if report.link:
        return (
            f"You can download the file until {_instant(report, report.link.expires_at)}. Anyone "
            "with the link can download it."
        )
    attached = (
        "The file is attached to this message, packed as ZIP"
        if report.zipped
        else "The file is attached to this message"
    )
    return (
        f"{attached}. There was no data in this period: it has no rows."
        if report.record_count == 0
        else f"{attached}."
    )


def _instant(report: Report, at: datetime) -> str:
    """In the schedule's time zone."""
    local = at.astimezone(ZoneInfo(report.timezone))
    return f"{local.day} {local:%b %Y, %H:%M} ({report.timezone})"


def _sent(report: Report) -> str:
    if report.link:
        return "Download link"
    if report.zipped is None:
        return "Attached"
    return "Attached as ZIP" + (
        "" if report.zipped.size is None else f", {humanize.size(report.zipped.size)}"
    )


def facts(report: Report) -> list[Fact]:
    """The facts of both bodies, in their order."""
    return [
        Fact("Export", one_line(report.export_name)),
        Fact("Type", one_line(report.type_label)),
        Fact("Period", one_line(report.window)),
        Fact("Records", UNKNOWN if report.record_count is None else f"{report.record_count:,}"),
        Fact("Format", one_line(report.format_label)),
        Fact("File", one_line(report.file_name)),
        Fact("Size", UNKNOWN if report.file_size is None else humanize.size(report.file_size)),
        Fact("Sent as", _sent(report)),
        Fact("Created", _instant(report, report.created_at)),
    ]


def one_line(text: str) -> str:
    """Without control characters, line breaks and characters that change the direction of text: no
    name can end a header or a line, or make the text beside it read differently."""
    return _one_line(bounds.without_turns(text))


def sentence(text: str) -> str:
    """As `one_line`, of a text with names that `bidi.isolated` has isolated."""
    return _one_line(bidi.only_isolated(text))


def _one_line(text: str) -> str:
    return " ".join(
        "".join(
            " " if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"} else c for c in text
        ).split()
    )
